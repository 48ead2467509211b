import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import type { Readable } from "node:stream";
import fastify from "fastify";
import t from "tap";
import { FakeClock } from "../../helpers/fake-clock.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import { eventRoutes } from "../../../src/share/events/event-routes.ts";
import { EventStreams } from "../../../src/share/events/event-streams.ts";
import { audioTrack, house, principal, service, settle } from "../fakes.ts";

const channel = (id: string, more: Partial<Channel> = {}): Channel => ({
  id,
  number: 1,
  name: id,
  provider: null,
  kind: "tv",
  scrambled: false,
  now: null,
  next: null,
  codecs: null,
  availability: "free",
  ...more,
});

interface Seen {
  readonly event: string;
  readonly data: unknown;
}

/** Reads events as they come; comments are kept as `comment`. */
function reader(stream: Readable): Seen[] {
  const seen: Seen[] = [];
  stream.on("data", (chunk: Buffer) => {
    for (const block of chunk.toString().split("\n\n")) {
      if (block === "") continue;
      const event = /^event: (.*)$/m.exec(block)?.[1] ?? "comment";
      const data = /^data: (.*)$/m.exec(block)?.[1];
      seen.push({ event, data: data === undefined ? block : JSON.parse(data) });
    }
  });
  return seen;
}

function scene() {
  const clock = new FakeClock();
  let list = [channel("a"), channel("b")];
  const events = new EventStreams({ channels: () => list, clock, inAll: 3, perClient: 2 });
  events.start();
  return { clock, events, set: (channels: Channel[]) => (list = channels) };
}

t.test("event streams: a snapshot, then what changed, at most once a second", async (t) => {
  const { clock, events, set } = scene();
  const seen = reader(events.open(principal("phone")));
  await settle();
  t.match(seen, [{ event: "snapshot", data: { channels: [{ id: "a" }, { id: "b" }] } }]);
  set([channel("a"), channel("b", { availability: "busy" })]);
  for (let i = 0; i < 10; i++) events.channelsChanged();
  clock.advance(999);
  await settle();
  t.equal(seen.length, 1);
  clock.advance(1);
  await settle();
  t.match(seen[1], { event: "channels", data: { channels: [{ id: "b", availability: "busy" }] } });
  t.equal((seen[1]?.data as { channels: unknown[] }).channels.length, 1);
  events.channelsChanged();
  clock.advance(1000);
  await settle();
  t.equal(seen.length, 2, "no event without a change");
  events.stop();
});

t.test("event streams: a heartbeat every fifteen seconds", async (t) => {
  const { clock, events } = scene();
  const seen = reader(events.open(principal("phone")));
  clock.advance(30_000);
  await settle();
  t.equal(seen.filter(({ event }) => event === "comment").length, 2);
  events.stop();
  t.equal(clock.pending, 0);
});

t.test("event streams: a message reaches its client only", async (t) => {
  const { events } = scene();
  const mine = reader(events.open(principal("phone")));
  const other = reader(events.open(principal("other")));
  events.tell("phone", "playback-ended", { id: "1", code: "displaced", title: "gone" });
  await settle();
  t.match(mine[1], { event: "playback-ended", data: { code: "displaced" } });
  t.equal(other.length, 1);
  events.stop();
});

t.test("event streams: bounded per client and in all, and for one that does not read", async (t) => {
  const { clock, events, set } = scene();
  const first = events.open(principal("phone"));
  reader(first);
  reader(events.open(principal("phone")));
  reader(events.open(principal("phone")));
  await settle();
  t.ok(first.destroyed, "the client's oldest ends");
  t.equal(events.size, 2);
  const stuck = events.open(principal("other"));
  t.throws(() => events.open(principal("third")), { code: "too-many-event-streams" });
  for (let i = 0; i < 40; i++) {
    set([channel("a", { name: `${i}${"x".repeat(50_000)}` })]);
    events.channelsChanged();
    clock.advance(1000);
  }
  t.ok(stuck.destroyed, "one that does not read is cut off");
  events.stop();
});

t.test("event streams: the limit of all holds for who replaces an own one too", (t) => {
  const events = new EventStreams({ channels: () => [], clock: new FakeClock(), inAll: 1, perClient: 2 });
  const first = events.open(principal("phone"));
  t.throws(() => events.open(principal("phone")), { code: "too-many-event-streams" });
  first.destroy();
  events.stop();
  t.end();
});

t.test("event streams: one that is ended and not read is cut off", async (t) => {
  const { clock, events } = scene();
  const stream = events.open(principal("phone"));
  events.closeOf("phone");
  t.equal(events.size, 0);
  t.notOk(stream.destroyed, "its last words may be read");
  clock.advance(2000);
  t.ok(stream.destroyed);
  events.stop();
  t.equal(clock.pending, 0);
});

t.test("event streams: those that wait behind others on one connection go with it", async (t) => {
  const clock = new FakeClock();
  const events = new EventStreams({ channels: () => [channel("a")], clock, inAll: 30, perClient: 12 });
  const app = fastify();
  app.decorateRequest("principal", null);
  app.addHook("onRequest", async (request) => {
    request.principal = principal("phone");
  });
  await app.register(eventRoutes(events));
  await app.listen({ port: 0, host: "127.0.0.1" });
  t.teardown(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const pipelined = (count: number): Socket => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("GET /api/v1/events HTTP/1.1\r\nhost: box\r\n\r\n".repeat(count));
    return socket.resume();
  };
  const gone = pipelined(12);
  await until(() => events.size === 12);
  gone.destroy();
  await until(() => events.size === 0);
  const replaced = pipelined(12);
  const closed = once(replaced, "close");
  await until(() => events.size === 12);
  const last = pipelined(1);
  await closed;
  await until(() => events.size === 1);
  last.destroy();
  await until(() => events.size === 0);
  events.stop();
});

async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !test(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!test()) throw new Error("not in time");
}

t.test(
  "event streams: the route tells a client that its playback ended, and ends with its access",
  async (t) => {
    const h = await house(t, [service(1)]);
    const headers = { "x-client": "phone" };
    t.equal((await h.app.inject("/api/v1/events")).statusCode, 401);
    const response = await h.app.inject({ url: "/api/v1/events", headers, payloadAsStream: true });
    t.match(response.headers, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
    });
    const seen = reader(response.stream());
    await settle();
    const [{ data }] = seen as [{ event: string; data: { channels: Channel[] } }];
    const id = data.channels[0]?.id;
    const pending = h.app.inject({
      method: "POST",
      url: "/api/v1/playback",
      headers,
      payload: { channel: id },
    });
    await settle();

    h.sources[0]?.sink?.tracks([audioTrack()]);
    const { id: playback } = (await pending).json();
    h.sources[0]?.sink?.ended("no-data", "The multiplex sends nothing.");
    await settle();
    t.match(
      seen.find(({ event }) => event === "playback-ended"),
      { data: { id: playback, code: "no-data", title: "The multiplex sends nothing." } },
    );
    h.clock.advance(1000);
    await settle();
    t.match(
      seen.find(({ event }) => event === "channels"),
      { data: { channels: [{ id, codecs: { video: null } }] } },
    );
    h.share.endPlaybacksOf("phone", "client-revoked", "gone");
    await settle();
    t.ok(response.stream().readableEnded);
  },
);
