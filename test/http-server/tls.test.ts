import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Fastify from "fastify";
import { pino } from "pino";
import t from "tap";
import { createListeners } from "../../src/http-server/listeners.ts";

const skip = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not here";

/** What openssl's client makes of a port with this version alone: the version agreed on, or null when it was refused. */
function agreed(port: number, version: "-tls1" | "-tls1_1" | "-tls1_2" | "-tls1_3"): Promise<string | null> {
  // Security level 0: the client itself would refuse what is old otherwise.
  const args = ["s_client", "-connect", `127.0.0.1:${port}`, version, "-cipher", "ALL:@SECLEVEL=0"];
  return new Promise((resolve, reject) => {
    const client = spawn("openssl", args, { stdio: ["ignore", "pipe", "pipe"], timeout: 10_000 });
    let text = "";
    client.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    client.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    client.once("error", reject);
    client.once("close", () => {
      if (!/CONNECTED/.test(text)) reject(new Error(`openssl did not connect: ${text}`));
      if (!/Cipher is (?!\(NONE\))/.test(text)) return resolve(null);
      // The first is that of the session, the second that of the cipher, where there is no session yet.
      resolve((/Protocol *: *(\S+)/.exec(text) ?? /New, (\S+),/.exec(text))?.[1] ?? "");
    });
  });
}

t.test("D-05 the https listener refuses TLS 1.1 and older, and speaks 1.2 and 1.3", { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-tls-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [keyPath, certPath] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-keyout",
      keyPath,
      "-out",
      certPath,
    ],
    { stdio: "ignore" },
  );
  const [key, cert] = [readFileSync(keyPath, "utf8"), readFileSync(certPath, "utf8")];
  const listeners = createListeners({
    app: Fastify(),
    hostNames: new Set(),
    log: pino({ level: "silent" }),
    address: "127.0.0.1",
    port: 0,
    https: { port: 0, key, cert },
    socketPath: join(folder, "socket"),
  });
  await listeners.start?.(new AbortController().signal);
  t.teardown(() => listeners.stop?.());
  const port = listeners.ports.https ?? 0;
  t.equal(await agreed(port, "-tls1"), null);
  t.equal(await agreed(port, "-tls1_1"), null);
  t.match(await agreed(port, "-tls1_2"), /^TLSv1\.2/);
  t.match(await agreed(port, "-tls1_3"), /^TLSv1\.3/);

  // A server that takes it shows that the client would have spoken it.
  const old: Server = createServer({ key, cert, minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" });
  await new Promise<void>((resolve) => old.listen(0, "127.0.0.1", resolve));
  t.teardown(() => old.close());
  t.match(await agreed((old.address() as AddressInfo).port, "-tls1_1"), /^TLSv1\.1/);
});
