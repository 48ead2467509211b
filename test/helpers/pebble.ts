import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runProgram } from "./daemon.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** A real certificate authority of the test's own. */
export interface Pebble {
  /** Of ACME. */
  readonly directory: string;
  readonly port: number;
  /** What its https is to be trusted by, PEM, and where that lies. */
  readonly ca: string;
  readonly caFile: string;
  /** Its https certificate's key, for who stands in front of it. */
  readonly key: string;
  /** The certificate at the top of what it issues, PEM; a new one with each start. */
  root(): Promise<string>;
  /** Everything it wrote. */
  output(): string;
  stop(): Promise<void>;
}

export interface PebbleOptions {
  /** Where it asks for TXT records, `ADDRESS:PORT`. */
  readonly dns: string;
  /** `PEBBLE_...`; by default it neither sleeps, nor refuses nonces, nor takes authorizations over. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it listens; default loopback. */
  readonly address?: string;
  /** Default: a free one of this machine. */
  readonly port?: number;
  /** Command before it, e.g. a network namespace's. */
  readonly wrapper?: readonly string[];
  /** Accounts have to belong to one of these: key ids and their HMAC keys. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
}

/** Starts Pebble; it ends with the test. */
export async function startPebble(t: Teardown, options: PebbleOptions): Promise<Pebble> {
  const { address = "127.0.0.1", wrapper = [], externalAccounts } = options;
  const folder = await temporaryFolder(t);
  const [key, cert, config] = ["key.pem", "cert.pem", "pebble.json"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const made = await runProgram("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=pebble".split(" "),
    ...["-addext", `subjectAltName=IP:${address},IP:127.0.0.1,DNS:localhost`, "-keyout", key, "-out", cert],
  ]);
  if (made.code !== 0) throw new Error(`openssl: ${made.stderr}`);
  const [port, management] = [options.port ?? (await freePort()), await freePort()];
  await writeFile(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `${address}:${port}`,
        managementListenAddress: `${address}:${management}`,
        certificate: cert,
        privateKey: key,
        httpPort: 5002,
        tlsPort: 5001,
        externalAccountBindingRequired: externalAccounts !== undefined,
        externalAccountMACKeys: externalAccounts ?? {},
      },
    }),
  );
  const command = [...wrapper, "pebble", "-config", config, "-dnsserver", options.dns];
  const env = {
    PEBBLE_VA_NOSLEEP: "1",
    PEBBLE_WFE_NONCEREJECT: "0",
    PEBBLE_AUTHZREUSE: "0",
    ...options.env,
  };
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  t.teardown(stop);
  let text = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => {
        text = `${text}${line}\n`.slice(-100_000);
        if (line.includes("ACME directory available")) resolve();
      });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`pebble ended with ${code}: ${text.slice(-2000)}`)));
  });
  return {
    directory: `https://${address}:${port}/dir`,
    port,
    ca: await readFile(cert, "utf8"),
    caFile: cert,
    key: await readFile(key, "utf8"),
    async root() {
      // By a program, which can be in the namespace.
      const ask = `fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
      const node = [...wrapper, process.execPath, "-e", ask, `https://${address}:${management}/roots/0`];
      const answer = await runProgram(node[0] as string, node.slice(1), {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: cert },
      });
      if (!answer.stdout.includes("BEGIN CERTIFICATE")) throw new Error(`no root: ${answer.stderr}`);
      return answer.stdout;
    },
    output: () => text,
    stop,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
