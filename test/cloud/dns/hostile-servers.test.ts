import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import t, { type Test } from "tap";
import { PdnsPublisher } from "../../../src/cloud/dns/pdns-publisher.ts";
import { Rfc2136Publisher } from "../../../src/cloud/dns/rfc2136-publisher.ts";
import type { DnsPublisher } from "../../../src/cloud/ports.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { MessageStream, framed } from "../../../src/kernel/message-stream.ts";
import { macIn, signMessage, type SignOptions, type TsigKey } from "../../../src/protocol/dns/tsig.ts";

const ZONE = "tv.example";
const KEY: TsigKey = { name: "key", algorithm: "hmac-sha256", secret: Buffer.alloc(32, 1) };
const BOX = [{ name: `box.${ZONE}`, sets: [{ type: "A", ttl: 60, values: ["192.0.2.1"] }] }] as const;
const open = new AbortController().signal;

/** A name server that does with each message what it is told. */
async function nameServer(
  t: Test,
  act: (message: Buffer, socket: Socket, n: number) => void,
): Promise<number> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    const stream = new MessageStream(65_535);
    socket.on("data", (chunk: Buffer) => {
      for (const message of stream.take(chunk) ?? []) act(message, socket, count++);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function publisher(t: Test, port: number, deadline = 5000): DnsPublisher {
  const one = new Rfc2136Publisher({ host: "127.0.0.1", port, key: KEY, clock: systemClock, deadline });
  t.teardown(() => one.close());
  return one;
}

function answerTo(
  request: Buffer,
  rcode: number,
  options: SignOptions & { key?: TsigKey | null } = {},
): Buffer {
  const head = Buffer.alloc(12);
  request.copy(head, 0, 0, 2);
  head.writeUInt16BE(0xa800 | rcode, 2);
  const { key = KEY, ...rest } = options;
  if (key === null) return head;
  return signMessage(head, key, Date.now() / 1000, { requestMac: macIn(request) ?? Buffer.alloc(0), ...rest })
    .bytes;
}

t.test("a good answer, octet by octet, after others' answers", async (t) => {
  const port = await nameServer(t, (message, socket) => {
    const stray = answerTo(message, 5);
    stray.writeUInt16BE(stray.readUInt16BE(0) ^ 1, 0);
    for (const octet of Buffer.concat([framed(stray), framed(Buffer.alloc(3)), framed(answerTo(message, 0))]))
      socket.write(Buffer.from([octet]));
  });
  await publisher(t, port).publish(ZONE, BOX, open);
});

t.test("answers that are not believed, and refusals", async (t) => {
  const cases: [string, string, (request: Buffer) => Buffer][] = [
    ["unsigned", "dns-refused", (request) => answerTo(request, 0, { key: null })],
    [
      "another secret",
      "dns-refused",
      (request) => answerTo(request, 0, { key: { ...KEY, secret: Buffer.alloc(32) } }),
    ],
    [
      "for another request",
      "dns-refused",
      (request) => answerTo(request, 0, { requestMac: Buffer.alloc(32) }),
    ],
    ["SERVFAIL", "dns-unavailable", (request) => answerTo(request, 2)],
    ["REFUSED", "dns-refused", (request) => answerTo(request, 5)],
    ["REFUSED, unsigned", "dns-refused", (request) => answerTo(request, 5, { key: null })],
    ["NOTIMP", "dns-refused", (request) => answerTo(request, 4, { key: null })],
    ["NOTZONE", "dns-refused", (request) => answerTo(request, 10)],
    ["FORMERR", "dns-refused", (request) => answerTo(request, 1)],
    ["BADKEY", "dns-refused", (request) => answerTo(request, 9, { error: "BADKEY" })],
    ["BADTIME", "dns-refused", (request) => answerTo(request, 9, { error: "BADTIME", serverTime: 1e9 })],
    ["no answer at all", "dns-unavailable", (request) => Buffer.from(request)],
  ];
  let now: (request: Buffer) => Buffer = (request) => request;
  const port = await nameServer(t, (message, socket) => void socket.write(framed(now(message))));
  const one = publisher(t, port);
  for (const [what, code, answer] of cases) {
    now = answer;
    await t.rejects(one.publish(ZONE, BOX, open), { name: "TellyportError", code }, what);
  }
  now = (request) => answerTo(request, 0);
  await one.publish(ZONE, BOX, open);
});

t.test("a server that is silent", async (t) => {
  const port = await nameServer(t, () => undefined);
  const one = publisher(t, port, 200);
  await t.rejects(one.publish(ZONE, BOX, open), { code: "dns-unavailable", message: /within 200 ms/ });
  await t.rejects(one.read(`box.${ZONE}`, "A", open), { code: "dns-unavailable" });
  const patient = publisher(t, port);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error("stopped")), 50);
  await t.rejects(patient.publish(ZONE, BOX, abort.signal), { message: "stopped" });
  setTimeout(() => void patient.close(), 50);
  await t.rejects(patient.publish(ZONE, BOX, open), { code: "dns-unavailable" });
  await t.rejects(patient.publish(ZONE, BOX, open), { code: "dns-unavailable" }, "it stays closed");
});

t.test("a server that hangs up", async (t) => {
  let messages = 0;
  const after = await nameServer(t, (message, socket) => {
    messages++;
    socket.end(framed(answerTo(message, 0)));
  });
  const one = publisher(t, after);
  for (let n = 0; n < 3; n++) await one.publish(ZONE, BOX, open);
  const second = await nameServer(t, (message, socket, n) => {
    // Dead just when it is asked again: the kept connection looked alive.
    if (n === 1) socket.resetAndDestroy();
    else socket.write(framed(answerTo(message, 0)));
  });
  const two = publisher(t, second);
  await two.publish(ZONE, BOX, open);
  await two.publish(ZONE, BOX, open);
  messages = 0;
  const always = await nameServer(t, (_, socket) => {
    messages++;
    socket.destroy();
  });
  await t.rejects(publisher(t, always).publish(ZONE, BOX, open), { code: "dns-unavailable" });
  t.equal(messages, 1, "a new connection is not tried twice");
});

t.test("calls at once wait for each other", async (t) => {
  let open = 0;
  const port = await nameServer(t, (message, socket) => {
    t.equal(++open, 1);
    setTimeout(() => {
      open--;
      socket.write(framed(answerTo(message, 0)));
    }, 20);
  });
  const one = publisher(t, port);
  const signal = new AbortController().signal;
  await Promise.all([1, 2, 3].map(() => one.publish(ZONE, BOX, signal)));
});

t.test("an API that misbehaves", async (t) => {
  const api = async (act: RequestListener): Promise<DnsPublisher> => {
    const server = createHttpServer(act);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    const one = new PdnsPublisher({
      api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      apiKey: "key",
      dns: { host: "127.0.0.1", port: 1 },
      clock: systemClock,
      deadline: 300,
    });
    t.teardown(() => one.close());
    return one;
  };
  const answers =
    (status: number, body = ""): RequestListener =>
    (_, response) =>
      void response.writeHead(status).end(body);
  const cases: [string, RequestListener][] = [
    ["dns-unavailable", () => undefined],
    ["dns-unavailable", (request) => void request.socket.destroy()],
    ["dns-unavailable", answers(500)],
    ["dns-unavailable", answers(503)],
    ["dns-unavailable", (_, response) => void response.writeHead(200).write("x".repeat(300_000))],
    ["dns-unavailable", (_, response) => void response.writeHead(200).write("x")],
    ["dns-refused", answers(401)],
    ["dns-refused", answers(404)],
    ["dns-refused", answers(422, "{}")],
    ["dns-refused", (_, response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()],
  ];
  for (const [code, act] of cases) await t.rejects((await api(act)).publish(ZONE, BOX, open), { code });
  await (await api(answers(204))).publish(ZONE, BOX, open);
  const abort = AbortSignal.timeout(50);
  await t.rejects((await api(() => undefined)).publish(ZONE, BOX, abort), { name: "TimeoutError" });
});
