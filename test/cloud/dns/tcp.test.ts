import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createSocket } from "node:dgram";
import { decode, encode } from "dns-packet";
import t, { type Test } from "tap";
import { MessageStream, framed } from "../../../src/kernel/message-stream.ts";
import {
  createNameServer,
  type NameServer,
  type NameServerOptions,
} from "../../../src/cloud/dns/name-server.ts";
import { Zone } from "../../../src/cloud/dns/zone.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { eventually } from "../../helpers/daemon.ts";
import { freePort } from "../../helpers/free-port.ts";

const ZONE = "tv.example";
const zone = new Zone({ origin: ZONE, nameServers: [{ name: `ns1.${ZONE}`, addresses: ["192.0.2.53"] }] }, 0);
zone.publish(
  [
    {
      name: `many.${ZONE}`,
      sets: [{ type: "TXT", ttl: 60, values: Array.from({ length: 60 }, (_, n) => `${n}`.padEnd(240, "x")) }],
    },
  ],
  0,
);
const question = (name: string, type: "A" | "TXT" = "A", id = 1): Buffer =>
  encode({ id, questions: [{ name, type }] });

async function server(
  t: Test,
  more: Partial<NameServerOptions> = {},
): Promise<NameServer & { readonly port: number }> {
  const one = createNameServer({
    zones: [zone],
    listen: [{ address: "127.0.0.1", port: 0 }],
    clock: systemClock,
    log: createLog({ level: "silent" }),
    ...more,
  });
  await one.start();
  t.teardown(() => one.stop());
  return { ...one, port: one.addresses[0]?.port ?? 0 };
}

async function join(t: Test, port: number): Promise<Socket & { readonly answers: Buffer[] }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  t.teardown(() => socket.destroy());
  const stream = new MessageStream(65_535);
  const answers: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => answers.push(...(stream.take(chunk) ?? [])));
  await once(socket, "connect");
  return Object.assign(socket, { answers });
}

t.test("several queries a connection, however they are cut up", async (t) => {
  const { port } = await server(t);
  const socket = await join(t, port);
  const bytes = Buffer.concat([1, 2, 3].map((id) => framed(question(`ns1.${ZONE}`, "A", id))));
  for (const octet of bytes) socket.write(Buffer.from([octet]));
  await eventually("three answers", () => socket.answers.length === 3);
  t.same(
    socket.answers.map((answer) => decode(answer).id),
    [1, 2, 3],
  );
  socket.write(framed(question(`many.${ZONE}`, "TXT", 4)));
  await eventually("a long one", () => socket.answers.length === 4);
  t.ok((socket.answers[3]?.length ?? 0) > 14_000);
  t.equal(decode(socket.answers[3] ?? Buffer.alloc(0)).answers?.length, 60);
});

t.test("what is no query ends the connection", async (t) => {
  const { port, counters } = await server(t);
  for (const bytes of [framed(Buffer.alloc(11)), framed(Buffer.alloc(12, 0xff)), Buffer.from([0x20, 0, 1])]) {
    const socket = await join(t, port);
    socket.write(bytes);
    await once(socket, "close");
    t.equal(socket.answers.length, 0);
  }
  await eventually("none is left", () => counters.connections === 0);
});

t.test("who is silent, or too slow, goes", async (t) => {
  const { port } = await server(t, { tcp: { idleMs: 300 } });
  const socket = await join(t, port);
  const from = performance.now();
  const drip = setInterval(() => socket.write(Buffer.from([0])), 50);
  await once(socket, "close");
  clearInterval(drip);
  t.ok(performance.now() - from < 5000, "octets that make no query do not keep it open");
});

t.test("connections are limited", async (t) => {
  const { port, counters } = await server(t, { tcp: { perNetwork: 3, inAll: 3 } });
  const three = [await join(t, port), await join(t, port), await join(t, port)];
  const fourth = await join(t, port);
  await once(fourth, "close");
  t.equal(counters.refusedConnections, 1);
  three[0]?.write(framed(question(ZONE)));
  await eventually("the others are served", () => three[0]?.answers.length === 1);
  const small = await server(t, { tcp: { perNetwork: 10, inAll: 2 } });
  const [first, second] = [await join(t, small.port), await join(t, small.port)];
  first?.write(framed(question(ZONE)));
  await eventually("an answer", () => first?.answers.length === 1);
  const third = await join(t, small.port);
  await once(second as Socket, "close");
  third.write(framed(question(ZONE)));
  await eventually("the one that was idle has made room", () => third.answers.length === 1);
  t.equal(small.counters.connections, 2);
});

t.test("who takes no answers is not read from", async (t) => {
  const { port, counters } = await server(t);
  const socket = await join(t, port);
  socket.pause();
  const thousand = Buffer.concat(Array.from({ length: 1000 }, () => framed(question(`many.${ZONE}`, "TXT"))));
  socket.write(thousand);
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.ok(counters.tcpQueries < 700, `${counters.tcpQueries} of 1000 queries were answered into the void`);
  socket.resume();
  await eventually("all answers", () => socket.answers.length === 1000);
  t.equal(counters.tcpQueries, 1000);
});

t.test(
  "one that asks without end holds up nobody, and none has more than a thousand questions open",
  async (t) => {
    const { port, counters } = await server(t);
    const ask = (count: number) =>
      Buffer.concat(Array.from({ length: count }, () => framed(question(`ns1.${ZONE}`))));
    const greedy = await Promise.all(Array.from({ length: 20 }, () => join(t, port)));
    for (const socket of greedy) socket.write(ask(1000));
    const modest = await join(t, port);
    modest.write(ask(1));
    await eventually("the modest one is served", () => modest.answers.length === 1, 5000, 1);
    await eventually("and then all", () => greedy.every(({ answers }) => answers.length === 1000));
    t.equal(counters.tcpQueries, 20_001);
    const [first] = greedy;
    first?.pause();
    first?.write(ask(3000));
    await eventually("it is cut off", () => counters.connections === 20);
  },
);

t.test("over UDP the same answer goes out so often only", async (t) => {
  const { port, counters } = await server(t, { answersPerSecond: 5 });
  const socket = createSocket("udp4");
  t.teardown(() => socket.close());
  const answers: Buffer[] = [];
  socket.on("message", (message) => answers.push(message));
  for (let n = 0; n < 100; n++) socket.send(question(`ns1.${ZONE}`), port, "127.0.0.1");
  await eventually("all have come", () => counters.udpQueries === 100);
  await eventually("all answers too", () => answers.length === 100 - counters.limited);
  const cut = answers.filter((answer) => decode(answer).flag_tc);
  t.equal(cut.length, counters.slipped);
  t.ok(answers.length - cut.length < 20);
  t.ok(cut.every((answer) => answer.length <= question(`ns1.${ZONE}`).length));
});

t.test("where it cannot listen", async (t) => {
  const { port } = await server(t);
  await t.rejects(server(t, { listen: [{ address: "127.0.0.1", port }] }), { code: "port-in-use" });
  await t.rejects(server(t, { listen: [{ address: "192.0.2.1", port: await freePort() }] }), {
    code: "address-not-available",
  });
});

t.test("IPv6 and IPv4, each its own", async (t) => {
  const one = await server(t, {
    listen: [
      { address: "127.0.0.1", port: 0 },
      { address: "::1", port: 0 },
    ],
  });
  t.equal(one.addresses.length, 2);
  const socket = createSocket("udp6");
  t.teardown(() => socket.close());
  socket.send(question(`ns1.${ZONE}`), one.addresses[1]?.port ?? 0, "::1");
  const [answer] = (await once(socket, "message")) as [Buffer];
  t.match(decode(answer), { answers: [{ data: "192.0.2.53" }] });
});
