import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Channels } from "../../src/protocol/api.ts";
import { CLI, tellyport, type Daemon, type Finished } from "./daemon.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** A playback that `tellyport remote play` keeps alive. */
export interface RemotePlayback {
  readonly id: string;
  /** Absolute URL of the multivariant playlist. */
  readonly hls: string;
  readonly child: ChildProcess;
  /** Standard error so far. */
  errors(): string;
  stop(): Promise<number | null>;
}

/** A paired client without a browser: the real `tellyport remote`. */
export interface Phone {
  readonly env: NodeJS.ProcessEnv;
  readonly client: string;
  run(...args: string[]): Promise<Finished>;
  channels(): Promise<Channels["channels"]>;
  /** @param more arguments, such as `--low-latency` */
  play(channel: string, ...more: string[]): Promise<RemotePlayback>;
}

/** Opens an offer on the box and pairs a new client with its code. @param role default: owner first, then viewer */
export async function pairPhone(
  t: Teardown,
  box: Pick<Daemon, "openOffer" | "url">,
  role?: string,
): Promise<Phone> {
  const offer = await box.openOffer(role);
  const env = { ...process.env, TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
  const paired = await tellyport(["remote", "pair", box.url, "--code", offer.code, "--json"], { env });
  if (paired.code !== 0) throw new Error(`pairing failed: ${paired.stderr}`);
  const run = (...args: string[]): Promise<Finished> => tellyport(["remote", ...args], { env });
  return {
    env,
    client: (JSON.parse(paired.stdout) as { client: string }).client,
    run,
    async channels() {
      const { code, stdout, stderr } = await run("channels", "--json");
      if (code !== 0) throw new Error(`no channels: ${stderr}`);
      return (JSON.parse(stdout) as Channels).channels;
    },
    play: (channel, ...more) => play(t, env, [channel, ...more]),
  };
}

async function play(t: Teardown, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<RemotePlayback> {
  const child = spawn(process.execPath, [CLI, "remote", "play", ...args, "--json"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  };
  t.teardown(stop);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) =>
      setImmediate(() => reject(new Error(`remote play ended with ${code}: ${errors}`))),
    );
  });
  const { id, hls } = JSON.parse(line) as { id: string; hls: string };
  return { id, hls, child, errors: () => errors, stop };
}
