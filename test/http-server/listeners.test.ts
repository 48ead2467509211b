import { statSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import Fastify from "fastify";
import { pino } from "pino";
import t from "tap";
import { createListeners } from "../../src/http-server/listeners.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("listeners: at no time can anybody but its user open the command line's socket", async (t) => {
  const socketPath = join(await temporaryFolder(t), "control.sock");
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));
  const listeners = createListeners({
    app: Fastify(),
    hostNames: new Set(),
    log: pino({ level: "silent" }),
    address: "127.0.0.1",
    port: 0,
    https: null,
    socketPath,
  });
  const modes = new Set<number>();
  let over = false;
  const watching = (async () => {
    while (!over) {
      const mode = statSync(socketPath, { throwIfNoEntry: false })?.mode;
      if (mode !== undefined) modes.add(mode & 0o777);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await listeners.start?.(new AbortController().signal);
  t.equal(statSync(socketPath).mode & 0o777, 0o600, "whoever may open it is the owner: no group is");
  over = true;
  await watching;
  t.ok(
    [...modes].every((mode) => (mode & 0o077) === 0),
    [...modes].map((mode) => mode.toString(8)).join(", "),
  );
  t.equal(process.umask(), 0, "files of others are as before");
  await listeners.stop?.();
});

t.test("listeners: a server that stops leaves nothing that keeps the process or the port", async (t) => {
  const socketPath = join(await temporaryFolder(t), "control.sock");
  const make = (port: number) =>
    createListeners({
      app: Fastify(),
      hostNames: new Set(),
      log: pino({ level: "silent" }),
      address: "127.0.0.1",
      port,
      https: null,
      socketPath,
    });
  const first = make(0);
  await first.start?.(new AbortController().signal);
  const { http } = first.ports;
  await first.stop?.();
  t.equal(statSync(socketPath, { throwIfNoEntry: false }), undefined);
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(http, "127.0.0.1", resolve));
  t.equal((probe.address() as AddressInfo).port, http);
  await new Promise((resolve) => probe.close(resolve));
});

t.test("listeners: an address that this machine does not have is said in words", async (t) => {
  const socketPath = join(await temporaryFolder(t), "control.sock");
  // RFC 5737 §3: nobody's.
  for (const address of ["198.51.100.1", "2001:db8::1"]) {
    const listeners = createListeners({
      app: Fastify(),
      hostNames: new Set(),
      log: pino({ level: "silent" }),
      address,
      port: 0,
      https: null,
      socketPath,
    });
    await t.rejects(Promise.resolve(listeners.start?.(new AbortController().signal)), {
      code: "address-not-available",
      message: new RegExp(`${address}.*http\\.address`),
    });
  }
});
