import { join } from "node:path";
import fastify from "fastify";
import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { sendProblem } from "../../../src/http-server/problem.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import { createShare } from "../../../src/share/index.ts";
import type { MediaSink, Track } from "../../../src/share/live/media-source.ts";
import { createServiceSource } from "../../../src/share/live/service-source.ts";
import { createMockSource, createTuners, type TunerDriver } from "../../../src/tuner/index.ts";
import { decodePat, encodePat } from "../../../src/tuner/si/pat.ts";
import { decodePmt, encodePmt } from "../../../src/tuner/si/pmt.ts";
import { SectionPacketiser } from "../../../src/tuner/mpegts/section-packetiser.ts";
import { PROJECT } from "../../helpers/captures.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { AT_HOME, FakeGrants, principal, silent } from "../fakes.ts";

const loopsFolder = join(PROJECT, "src/tuner/drivers/mock/loops");

/** The mock on a clock of its own; the packets of its tuners pass through `rewrite`, when there is one. */
async function broadcast(t: { teardown(fn: () => unknown): unknown }) {
  const clock = new FakeClock();
  const mock = createMockSource({ clock, loopsFolder });
  const air: { rewrite: ((packet: Buffer) => void) | null } = { rewrite: null };
  const drivers = mock.drivers.map((driver): TunerDriver => ({
    id: driver.id,
    name: driver.name,
    accepts: (multiplex) => driver.accepts(multiplex),
    tune: (multiplex, sink, signal) =>
      driver.tune(
        multiplex,
        {
          packets: (chunk, at) => {
            const copy = Buffer.from(chunk);
            for (let from = 0; from < copy.length; from += 188)
              air.rewrite?.(copy.subarray(from, from + 188));
            sink.packets(copy, at);
          },
          overflow: () => sink.overflow(),
          syncLoss: () => sink.syncLoss(),
          failed: (code, message) => sink.failed(code, message),
        },
        signal,
      ),
    filter: () => undefined,
    signal: () => driver.signal(),
    close: () => driver.close(),
  }));
  const tuners = createTuners({
    sources: [{ drivers, multiplexes: mock.multiplexes }],
    clock,
    log: silent,
    options: { surveyPeriodMs: 1e9, retryMs: 1e9, lingerMs: 10_000, guide: false },
  });
  tuners.start?.(new AbortController().signal);
  t.teardown(() => tuners.stop?.());
  for (let i = 0; i < 40 && tuners.services().filter((one) => one.onAir).length < 12; i++)
    await clock.advanceAsync(500, 50);
  for (let i = 0; i < 40 && tuners.snapshot().some((one) => one.multiplex !== null); i++)
    await clock.advanceAsync(500, 50);
  return { clock, mock, air, tuners };
}

/** Plays a service. */
async function playing(scene: Awaited<ReturnType<typeof broadcast>>, name: string) {
  const { clock, tuners } = scene;
  const service = tuners.services().find((one) => one.name === name)!;
  const told: { at: number; tracks: readonly Track[] }[] = [];
  const pictures: number[] = [];
  const randomAccess: number[] = [];
  const state = { discontinuities: 0, ended: null as string | null, video: -1, lastDts: -1, backwards: 0 };
  const sink: MediaSink = {
    tracks: (tracks) => {
      told.push({ at: clock.monotonic(), tracks });
      state.video = tracks.find((track) => track.kind === "video")?.id ?? -1;
    },
    accessUnit: (unit) => {
      if (unit.track !== state.video) return;
      if (unit.dts < state.lastDts) state.backwards++;
      state.lastDts = unit.dts;
      pictures.push(clock.monotonic());
      if (unit.randomAccess) randomAccess.push(clock.monotonic());
    },
    discontinuity: () => void state.discontinuities++,
    ended: (code) => void (state.ended = code),
  };
  const source = createServiceSource({
    tuners,
    service: service.key,
    weight: "viewer",
    consumer: "test",
    clock,
    log: silent,
  });
  const started = source.start(sink, new AbortController().signal);
  await clock.advanceAsync(6000, 20);
  await started;
  const gaps = randomAccess.slice(1).map((at, i) => at - randomAccess[i]!);
  return { service, source, told, pictures, randomAccess, state, interval: Math.max(...gaps) };
}

t.test(
  "recovery: audio that moves to another PID: told as new tracks at the next picture to start at",
  async (t) => {
    const scene = await broadcast(t);
    const one = await playing(scene, "晴空综合");
    t.ok(one.interval > 0 && one.interval <= 3000, `${one.interval} ms`);
    const changed = scene.clock.monotonic();
    scene.mock.control.setFault({
      kind: "pmt-change",
      multiplex: one.service.multiplex.id,
      service: one.service.key.serviceId,
      audioShift: 0x40,
    });
    await scene.clock.advanceAsync(one.interval * 2 + 2000, 20);
    t.equal(one.told.length, 2);
    const sound = (tracks: readonly Track[]): number => tracks.find((track) => track.kind === "audio")!.id;
    t.not(sound(one.told[1]!.tracks), sound(one.told[0]!.tracks));
    // The picture was never away; the new set begins with the first random access point after both are known.
    const latest = one.told[1]!.at - changed;
    t.ok(latest <= one.interval * 2 + 500, `${latest} ms`);
    const gaps = one.pictures.slice(1).map((at, i) => at - one.pictures[i]!);
    t.ok(Math.max(...gaps) < one.interval, `${Math.max(...gaps)} ms without a picture`);
    t.equal(one.state.ended, null);
    one.source.stop();
  },
);

t.test(
  "recovery: a picture that moves to another PID is back within one random access interval",
  async (t) => {
    const scene = await broadcast(t);
    const one = await playing(scene, "晴空综合");
    const from = one.state.video;
    const to = 0x1abc;
    const { serviceId } = one.service.key;
    scene.air.rewrite = (packet) => {
      const pid = packet.readUInt16BE(1) & 0x1fff;
      if (pid === from) packet.writeUInt16BE((packet.readUInt16BE(1) & 0xe000) | to, 1);
      if ((packet[1]! & 0x40) === 0 || packet[4] !== 0 || packet[5] !== 0x02) return;
      const length = 3 + (packet.readUInt16BE(6) & 0xfff);
      const pmt = decodePmt(Buffer.from(packet.subarray(5, 5 + length)));
      if (pmt === null || pmt.serviceId !== serviceId) return;
      const streams = pmt.streams.map((each) => (each.pid === from ? { ...each, pid: to } : each));
      const pcrPid = pmt.pcrPid === from ? to : pmt.pcrPid;
      const counter = packet[3]! & 15;
      new SectionPacketiser(pid).write(
        encodePmt({ ...pmt, version: (pmt.version + 1) % 32, pcrPid, streams }),
        packet,
        0,
      );
      packet[3] = 0x10 | counter;
    };
    const last = one.pictures.at(-1)!;
    const before = one.pictures.length;
    await scene.clock.advanceAsync(one.interval * 2 + 1000, 20);
    t.ok(one.pictures.length > before);
    // A PMT comes every 100 ms at most; then the next random access point has to come.
    const away = one.pictures[before]! - last;
    t.ok(
      away <= one.interval + 600,
      `${away} ms without a picture, ${one.interval} ms between random access points`,
    );
    t.equal(one.told.length, 2, "the viewers are told: new tracks are a discontinuity");
    t.equal(one.state.video, to);
    t.equal(one.state.ended, null);
    t.equal(one.state.backwards, 0);
    one.source.stop();
  },
);

/** Takes services out of the PAT of what is on the air; everything else goes on. */
function withoutServices(gone: ReadonlySet<number>, version: number): (packet: Buffer) => void {
  return (packet) => {
    if ((packet.readUInt16BE(1) & 0x5fff) !== 0x4000 || packet[4] !== 0 || packet[5] !== 0) return;
    const pat = decodePat(Buffer.from(packet.subarray(5, 8 + (packet.readUInt16BE(6) & 0xfff))));
    if (pat === null) return;
    const programs = pat.programs.filter(({ serviceId }) => !gone.has(serviceId));
    const counter = packet[3]! & 15;
    new SectionPacketiser(0).write(
      encodePat({ ...pat, version: (pat.version + version) % 32, programs }),
      packet,
      0,
    );
    packet[3] = 0x10 | counter;
  };
}

t.test(
  "recovery: services that go and appear: others have no gap, who was watching has the picture back or is told",
  async (t) => {
    const scene = await broadcast(t);
    const { clock, tuners, air } = scene;
    const one = await playing(scene, "晴空综合");
    const beside = tuners
      .services()
      .find(
        (each) =>
          each.multiplex.id === one.service.multiplex.id &&
          each.key.serviceId !== one.service.key.serviceId &&
          each.kind === "tv" &&
          !each.scrambled,
      )!;
    const other = await playing(scene, beside.name);
    const longest = (pictures: readonly number[]): number =>
      Math.max(...pictures.slice(1).map((at, i) => at - pictures[i]!));
    const usual = longest(one.pictures.slice(-100));

    air.rewrite = withoutServices(new Set([beside.key.serviceId]), 1);
    await clock.advanceAsync(1500, 20);
    t.equal(other.state.ended, null, "it may be back in a moment");
    air.rewrite = null;
    const back = clock.monotonic();
    const before = other.pictures.length;
    await clock.advanceAsync(other.interval + 1000, 20);
    t.ok(other.pictures.length > before);
    t.ok(other.pictures[before]! - back <= other.interval + 100, `${other.pictures[before]! - back} ms`);
    t.match(other.state, { ended: null, backwards: 0 });

    air.rewrite = withoutServices(new Set([beside.key.serviceId]), 2);
    await clock.advanceAsync(15_000, 20);
    t.equal(other.state.ended, "service-not-on-air", "gone for good: told so");
    t.ok(longest(one.pictures) <= usual + 40, `${longest(one.pictures)} ms without a picture`);
    t.match(one.state, { ended: null, discontinuities: 0, backwards: 0 });
    t.equal(one.told.length, 1);
    t.notOk(tuners.services().find((each) => each.name === beside.name)?.onAir);

    air.rewrite = null;
    await clock.advanceAsync(2000, 20);
    t.ok(tuners.services().find((each) => each.name === beside.name)?.onAir, "it has appeared again");
    const again = await playing(scene, beside.name);
    t.ok(again.pictures.length > 0);
    t.ok(longest(one.pictures) <= usual + 40, `${longest(one.pictures)} ms without a picture`);
    again.source.stop();
    one.source.stop();
  },
);

t.test("recovery: a viewer of a tuner that is unplugged has the picture back within 3 s", async (t) => {
  const scene = await broadcast(t);
  const one = await playing(scene, "晴空综合");
  const used = scene.tuners.snapshot().find((tuner) => tuner.consumers.includes("test"))!;
  const last = one.pictures.at(-1)!;
  const before = one.pictures.length;
  scene.mock.control.setFault({ kind: "unplugged", tuner: used.id });
  await scene.clock.advanceAsync(4000, 20);
  t.ok(one.pictures.length > before);
  t.ok(one.pictures[before]! - last <= 3000, `${one.pictures[before]! - last} ms without a picture`);
  t.ok(one.randomAccess.includes(one.pictures[before]!), "it goes on where a decoder can start");
  t.match(one.state, { ended: null, discontinuities: 1, backwards: 0 });
  const now = scene.tuners.snapshot().find((tuner) => tuner.consumers.includes("test"))!;
  t.not(now.id, used.id);
  scene.mock.control.clear("unplugged");
  scene.mock.control.setFault({ kind: "unplugged", tuner: now.id });
  const again = one.pictures.length;
  await scene.clock.advanceAsync(4000, 20);
  t.ok(one.pictures.length > again, "replugged, the first one serves again");
  t.equal(one.state.ended, null);
  one.source.stop();
});

/** A share over the broadcast, as its HTTP API; who asks is named by `x-client`. */
async function served(
  t: { teardown(fn: () => unknown): unknown },
  { clock, tuners }: Awaited<ReturnType<typeof broadcast>>,
) {
  const database = openDatabase(":memory:");
  const grants = new FakeGrants();
  const share = createShare({ tuners, database, clock, log: silent, grants, options: { probe: false } });
  share.start();
  const app = fastify({ routerOptions: { maxParamLength: 512 } });
  app.decorateRequest("principal", null);
  app.decorateRequest("origin");
  app.addHook("onRequest", async (request) => {
    request.origin = AT_HOME;
    request.principal = principal(String(request.headers["x-client"] ?? "phone"));
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, silent));
  await app.register(share.routes);
  t.teardown(async () => {
    share.stop();
    await app.close();
    database.close();
  });
  await clock.advanceAsync(2000, 50);
  const channels: Channel[] = (await app.inject("/api/v1/channels")).json().channels;
  const idOf = (name: string): string => channels.find((channel) => channel.name === name)!.id;
  const play = (name: string, client = "phone") =>
    app.inject({
      method: "POST",
      url: "/api/v1/playback",
      payload: { channel: idOf(name) },
      headers: { "x-client": client },
    });
  return { idOf, play };
}

t.test("recovery: a viewer that vanished lets the tuner go within 65 s", async (t) => {
  const scene = await broadcast(t);
  const { clock, tuners } = scene;
  const { play } = await served(t, scene);
  const answer = play("晴空综合");
  await clock.advanceAsync(5000, 20);
  t.equal((await answer).statusCode, 200);
  t.ok(tuners.snapshot().some((tuner) => tuner.multiplex !== null));
  const from = clock.monotonic();
  while (tuners.snapshot().some((tuner) => tuner.multiplex !== null) && clock.monotonic() - from < 90_000)
    await clock.advanceAsync(1000, 100);
  const took = clock.monotonic() - from;
  t.ok(took <= 65_000, `${took} ms`);
});

t.test("recovery: a box that is busy says so at once, why, and what is free", async (t) => {
  const scene = await broadcast(t);
  const { clock, mock } = scene;
  const { play, idOf } = await served(t, scene);
  mock.control.setFault({ kind: "unplugged", tuner: "mock-1" });
  const watching = play("晴空综合", "one");
  await clock.advanceAsync(5000, 20);
  t.equal((await watching).statusCode, 200);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const from = performance.now();
    const answer = play("Rivage Cinéma", `late-${i}`);
    // The device that is unplugged is asked, too, and says so.
    const refused = await answer;
    times.push(performance.now() - from);
    t.equal(refused.statusCode, 503);
    t.match(refused.json(), { code: "no-tuner-free", detail: { reason: "busy" } });
    t.ok(refused.json().detail.free.includes(idOf("晴空综合")));
    t.equal(typeof refused.json().detail.since, "number");
  }
  // The quickest: a busy machine may hold up any single one.
  t.ok(Math.min(...times) < 100, times.map((time) => time.toFixed(0)).join(", "));
});
