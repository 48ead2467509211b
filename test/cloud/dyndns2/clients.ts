import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram, type Finished } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";

/** ddclient and inadyn as their users configure them, towards any dyndns2 endpoint. */

/** An endpoint, and a name there. */
export interface Endpoint {
  /** HOST:PORT, plain http. */
  readonly server: string;
  readonly host: string;
  readonly user: string;
  readonly token: string;
}

/** A client that runs as long as its test. */
export interface Running {
  /** Everything that it wrote. */
  output(): string;
  /** Null while it lives. */
  exitCode(): number | null;
  /** Tells it to try again now, as far as it can be told. */
  nudge(): Promise<void>;
  stop(): Promise<void>;
}

/** A script that prints what a file says: the address that the client has in the internet. */
export async function addressOf(t: Teardown, address: string) {
  const folder = await temporaryFolder(t);
  const [file, script] = [join(folder, "address"), join(folder, "print")];
  await writeFile(file, address);
  await writeFile(script, `#!/bin/sh\ncat ${file}\n`);
  await chmod(script, 0o755);
  return { script, change: (to: string) => writeFile(file, to) };
}

/** How a client learns its address: it asks the endpoint's /checkip, or runs a script. */
export type Source = "checkip" | { readonly script: string };

export interface Inadyn {
  readonly config: string;
  readonly cache: string;
}

/** @param ipv6 of a section of its own; null: there is none */
export async function inadynConfig(
  t: Teardown,
  { server, host, user, token }: Endpoint,
  ipv4: Source | null,
  ipv6: Source | null,
): Promise<Inadyn> {
  const cache = await temporaryFolder(t);
  const config = join(cache, "inadyn.conf");
  const section = (name: string, parameter: string, source: Source): string => `custom ${name} {
  username = ${user}
  password = ${token}
  ssl = false
  ddns-server = ${server}
  ddns-path = "/nic/update?hostname=%h&${parameter}=%i"
  hostname = ${host}
  ${
    source === "checkip"
      ? `checkip-server = ${server}\n  checkip-path = /checkip\n  checkip-ssl = false`
      : `checkip-command = "${source.script}"`
  }
}
`;
  await writeFile(
    config,
    // The endpoint sees a client on loopback.
    `allow-ipv6 = true\nverify-address = false\nperiod = 30\n${ipv4 === null ? "" : section("tv4", "myip", ipv4)}${
      ipv6 === null ? "" : section("tv6:2", "myipv6", ipv6)
    }`,
  );
  return { config, cache };
}

export function inadynOnce({ config, cache }: Inadyn): Promise<Finished> {
  return runProgram("inadyn", ["-1", "-n", "--force", ...inadynArgs(config, cache)]);
}

export function inadynDaemon(t: Teardown, { config, cache }: Inadyn): Running {
  const child = spawn("inadyn", ["-n", ...inadynArgs(config, cache)]);
  // SIGUSR1: a forced update.
  return running(t, child, async () => void child.kill("SIGUSR1"));
}

function inadynArgs(config: string, cache: string): string[] {
  return ["-l", "debug", "-f", config, `--cache-dir=${cache}`, "--no-pidfile"];
}

export interface Ddclient {
  readonly config: string;
  readonly cache: string;
}

/** @param hosts default: the endpoint's */
export async function ddclientConfig(
  t: Teardown,
  { server, host, user, token }: Endpoint,
  source: Source,
  hosts: readonly string[] = [host],
): Promise<Ddclient> {
  const folder = await temporaryFolder(t);
  const config = join(folder, "ddclient.conf");
  const use =
    source === "checkip" ? `use=web\nweb=http://${server}/checkip` : `use=cmd\ncmd=${source.script}`;
  await writeFile(
    config,
    `ssl=no\n${use}\nprotocol=dyndns2\nserver=${server}\nscript=/nic/update\nlogin=${user}\npassword='${token}'\n${hosts.join(",")}\n`,
  );
  await chmod(config, 0o600);
  return { config, cache: join(folder, "cache") };
}

export function ddclientOnce({ config, cache }: Ddclient): Promise<Finished> {
  return runProgram("ddclient", [
    ...["-file", config, "-cache", cache, "-force", "-verbose", "-noquiet", "-daemon=0"],
  ]);
}

/** @param period s */
export function ddclientDaemon(t: Teardown, { config, cache }: Ddclient, period: number): Running {
  const args = ["-file", config, "-cache", cache, "-verbose", "-noquiet", "-foreground", `-daemon=${period}`];
  const child = spawn("ddclient", args);
  return running(t, child, async () => {
    // After a failure it waits five minutes: so long ago was its last attempt. It reads the file anew each time.
    const text = await readFile(cache, "utf8");
    await writeFile(cache, text.replaceAll(/\b(atime|mtime)=\d+/g, "$1=1000000000"));
    child.kill("SIGHUP");
  });
}

function running(t: Teardown, child: ChildProcess, nudge: () => Promise<void>): Running {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const over = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
    await over;
    clearTimeout(timer);
  };
  t.teardown(stop);
  return { output: () => text, exitCode: () => child.exitCode, nudge, stop };
}
