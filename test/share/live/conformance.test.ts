import t from "tap";
import { createLog } from "../../../src/kernel/log.ts";
import { pid } from "../../../src/kernel/units.ts";
import type { MediaSink } from "../../../src/share/live/media-source.ts";
import { Packager } from "../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../src/share/live/packaging/slab-pool.ts";
import { createServiceSource } from "../../../src/share/live/service-source.ts";
import type { ElementaryStream, ServiceSink, StreamCodec } from "../../../src/tuner/ports.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { collector } from "../../helpers/ts-to-media.ts";
import {
  audioTrack,
  FakeTuners,
  house,
  part,
  segment,
  service,
  settle,
  videoTrack,
  type House,
} from "../fakes.ts";
import { mpeg2Picture, stream } from "./packaging/coded-streams.ts";

/** A tuner whose one service is played by hand. */
class HandTuners extends FakeTuners {
  sink: ServiceSink | null = null;

  override async subscribe({ sink }: { sink: ServiceSink }) {
    this.sink = sink;
    return { timings: { lock: 1, pmt: 2 }, close: () => undefined };
  }
}

const of = (number: number, codec: StreamCodec): ElementaryStream => stream(codec, Buffer.alloc(0), number);

/** A frame of layer II at 48 kHz, 192 kb/s: 576 bytes, 24 ms. */
const SOUND = Buffer.concat([Buffer.from([0xff, 0xfd, 0xa4, 0x04]), Buffer.alloc(572, 7)]);

interface Second {
  readonly point?: number | null;
  readonly apart?: number | null;
  readonly from?: number;
  readonly to?: number;
}

/** A service as it comes off the air, down to its segments. */
async function broadcast() {
  const clock = new FakeClock();
  const tuners = new HandTuners();
  const pool = new SlabPool();
  const result = collector(pool);
  const packager = new Packager({ clock, pool, sink: result.sink });
  const heard: number[] = [];
  const shown: number[] = [];
  const log: string[] = [];
  const sink: MediaSink = {
    tracks: (tracks) => packager.tracks(tracks),
    accessUnit(unit) {
      (unit.track === 100 ? shown : heard).push(unit.pts);
      packager.accessUnit(unit);
    },
    discontinuity() {
      log.push("discontinuity");
      packager.discontinuity();
    },
    ended(code, message) {
      log.push(code);
      packager.ended(code, message);
    },
  };
  const source = createServiceSource({
    tuners,
    service: { originalNetworkId: 1, transportStreamId: 2, serviceId: 3 },
    weight: "viewer",
    consumer: "test",
    clock,
    log: createLog({ level: "silent" }),
  });
  await source.start(sink, new AbortController().signal);
  const streams = [of(100, "mpeg2-video"), of(101, "mpeg-audio")];
  tuners.sink?.streams({ serviceId: 3, pcrPid: pid(100), streams, scrambled: false });
  const pes = (number: number, pts: number, data: Buffer): void => {
    const time = ((pts % 2 ** 33) + 2 ** 33) % 2 ** 33;
    const more = { randomAccess: false, damaged: false, arrivedAt: clock.monotonic() };
    tuners.sink?.pes({ pid: pid(number), pts: time, dts: time, data, ...more });
  };
  return {
    tuners,
    packager,
    result,
    shown,
    heard,
    log,
    clock,
    /**
     * A second of 25 pictures, and of sound, in real time.
     * @param options `point` the picture that is intra, null for none; `apart` ticks by which the sound's clock is ahead,
     *   null: no sound
     */
    second(pts: number, { point = 0, apart = 0, from = 0, to = 25 }: Second = {}): void {
      let sound = Math.ceil((pts + from * 3600) / 2160) * 2160 - pts;
      for (let n = from; n < to; n++) {
        const type = n === point ? "I" : "P";
        const group = n === point ? { group: { closed: true } } : {};
        pes(100, pts + n * 3600, mpeg2Picture({ type, temporalReference: n - (point ?? 0), ...group }));
        for (; apart !== null && sound < (n + 1) * 3600; sound += 2160) pes(101, pts + sound + apart, SOUND);
        clock.advance(40);
      }
    },
  };
}

// ---------------------------------------------------------------- TS-05

t.test("TS-05 what clears up begins with a random access point behind a DISCONTINUITY", async (t) => {
  const one = await broadcast();
  const second = 90_000;
  const from = 900_000;
  for (let n = 0; n < 3; n++) one.second(from + n * second);
  // Nothing clear for two seconds, and then in the middle of a group of pictures.
  one.tuners.sink?.scrambling(true);
  const before = one.shown.length;
  one.clock.advance(2000);
  one.tuners.sink?.scrambling(false);
  one.second(from + 5 * second, { point: null, from: 10 });
  t.equal(one.shown.length, before, "pictures without a beginning are not shown");
  for (let n = 6; n < 9; n++) one.second(from + n * second);
  one.packager.ended("no-data", "over");
  t.same(one.log, ["discontinuity"]);
  const after = one.shown[before] ?? 0;
  t.equal(
    after - (one.shown[0] ?? 0),
    6 * second,
    "the picture begins at the random access point, in its own time",
  );
  const heard = one.heard.filter((pts) => pts - (one.shown[0] ?? 0) > 3 * second);
  t.ok(heard.length > 100 && heard.every((pts) => pts >= after - 1), "and the sound with it");
  for (const id of ["v0", "a0"]) {
    const segments = one.result.of(id);
    t.same(
      segments.map(({ discontinuity, independent }) => [discontinuity, independent]),
      [0, 1, 2, 3, 4, 5].map((n) => [n === 3, true]),
      id,
    );
  }
});

t.test("TS-05 what is scrambled for less than half a second ends nothing", async (t) => {
  const one = await broadcast();
  one.tuners.sink?.scrambling(true);
  one.clock.advance(499);
  one.tuners.sink?.scrambling(false);
  one.second(900_000);
  one.second(990_000);
  t.same(one.log, [], "nor is the beginning a discontinuity");
  t.ok(one.shown.length > 40);
  one.tuners.sink?.scrambling(true);
  one.clock.advance(9999);
  t.same(one.log, []);
  one.clock.advance(1);
  t.same(one.log, ["scrambled"], "a service that was clear has ten seconds");
});

// ---------------------------------------------------------------- CK-02

t.test("CK-02 picture and sound more than 10 s apart: the sound is put beside the picture", async (t) => {
  for (const apart of [15 * 90_000, -15 * 90_000, 3 * 3600 * 90_000]) {
    const one = await broadcast();
    for (let n = 0; n < 20; n++) one.second(2_000_000 + n * 90_000, { apart: n === 0 ? null : apart });
    t.same(one.log, [], `${apart / 90_000} s: nothing ends`);
    t.equal(one.shown.length, 499, "the picture goes on as if nothing were");
    const [start = 0, first = 0] = [one.shown[0], one.heard[0]];
    t.ok(first - start > 90_000 && first - start < 3 * 90_000, `heard after ${(first - start) / 90_000} s`);
    t.ok(one.heard.length > 540, `${one.heard.length} frames of sound`);
    const odd = one.heard.findIndex((pts, index) => pts !== first + index * 2160);
    t.equal(odd, -1, "frames lie end to end");
    const skew = (one.heard.at(-1) ?? 0) - (one.shown.at(-1) ?? 0);
    t.ok(Math.abs(skew) < 90_000, `and stay beside the picture: ${skew / 90} ms`);
  }
});

t.test("CK-02 picture and sound that are nine seconds apart are left as they are", async (t) => {
  const one = await broadcast();
  for (let n = 0; n < 20; n++) one.second(1_944_000 + n * 90_000, { apart: 9 * 90_000 });
  // Sound that comes before the first picture has no place yet.
  const off = (one.heard[0] ?? 0) - (one.shown[0] ?? 0) - 9 * 90_000;
  t.ok(off >= 0 && off < 9000, `${off} ticks`);
});

for (const apart of [15, -15, 9, 10_800])
  t.test(`CK-02 sound that is ${apart} s ahead: every segment is as long as the picture's`, async (t) => {
    for (const silent of [0, 1]) {
      const one = await broadcast();
      for (let n = 0; n < 30; n++)
        one.second(1_944_000 + n * 90_000, { apart: n < silent ? null : apart * 90_000 });
      one.packager.ended("no-data", "over");
      const [video, sound] = [one.result.of("v0"), one.result.of("a0")];
      t.equal(sound.length, video.length);
      t.ok(sound.some(({ gap }) => !gap));
      for (const [index, { duration, gap, programDateTime }] of sound.entries()) {
        const picture = video[index];
        if (picture === undefined) continue;
        const last = index === sound.length - 1;
        t.ok(
          last || Math.abs(duration - picture.duration) < 0.05,
          `${index}: ${duration} of ${picture.duration} ${gap}`,
        );
        t.ok(Math.abs(programDateTime - picture.programDateTime) < 50, `${index}: date`);
      }
    }
  });

// ---------------------------------------------------------------- P-04

const headers = { "x-client": "phone" };

/** The playlists of a channel, and a segment's address in each. */
async function watched(h: House): Promise<string[]> {
  const list = await h.app.inject({ url: "/api/v1/channels", headers });
  const channel = list.json().channels[0].id as string;
  const answer = h.app.inject({ method: "POST", url: "/api/v1/playback", headers, payload: { channel } });
  await settle();
  h.sources.at(-1)?.sink?.tracks([videoTrack(), audioTrack()]);
  h.sources.at(-1)?.randomAccess();
  const { hls } = (await answer).json<{ hls: string }>();
  h.packagers.at(-1)?.cut();
  const lines = (await h.app.inject(hls)).body.split("\n");
  const named = lines.flatMap((line) => /URI="([^"]+)"/.exec(line)?.[1] ?? (/^[^#]/.test(line) ? line : []));
  // What stands before it is the grant: the same bytes may be read under several.
  return named.flatMap((path) => [
    path,
    path.replace("index.m3u8", "1.m4s"),
    path.replace("index.m3u8", "init-1.mp4"),
  ]);
}

t.test(
  "P-04 no two runs share an address, not even of two daemons that know nothing of one another",
  async (t) => {
    const all: string[] = [];
    for (let run = 0; run < 4; run++) {
      const addresses = await watched(await house(t, [service(1)]));
      t.equal(addresses.length, 6);
      for (const address of addresses) t.match(address, /^[\w-]{12}\/[av]0\//, "at least 72 random bits");
      all.push(...addresses);
    }
    t.equal(new Set(all).size, all.length, "restarts begin at the same numbers, under another name");
  },
);

// ---------------------------------------------------------------- P-06

t.test(
  "P-06 a source that stops: the playlist stays as it was, a held reload has an end, then the reason is told",
  async (t) => {
    const h = await house(t, [service(1)]);
    const [path = ""] = (await watched(h)).filter((name) => name.endsWith("v0/index.m3u8"));
    const { playbacks } = h.share.playbacks();
    t.equal(playbacks.length, 1);
    const again = h.app.inject({
      method: "POST",
      url: "/api/v1/playback",
      headers,
      payload: { channel: (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels[0].id },
    });
    const { hls } = (await again).json<{ hls: string }>();
    const playlist = hls.replace("index.m3u8", path);
    const sink = h.packagers[0]?.sink;
    sink?.part(part("v0", 2, 0));
    sink?.segment(segment("v0", 2));
    const before = (await h.app.inject(playlist)).body;
    const target = Number(/TARGETDURATION:(\d+)/.exec(before)?.[1]);
    const held = h.app.inject(`${playlist}?_HLS_msn=3`);
    await settle();
    h.clock.advance(3 * target * 1000 - 1);
    t.notOk(
      await Promise.race([held.then(() => true), settle().then(() => false)]),
      "three target durations",
    );
    h.clock.advance(1);
    t.match((await held).json(), { status: 503, code: "playlist-not-updated" });
    t.equal((await h.app.inject(playlist)).body, before, "nothing is made up meanwhile");
    const waiting = h.app.inject(`${playlist}?_HLS_msn=3`);
    await settle();
    h.sources[0]?.sink?.ended("no-data", "The tuner gives nothing.");
    t.match((await waiting).json(), { code: "no-data" });
    t.match((await h.app.inject(playlist)).json(), {
      status: 410,
      code: "playback-ended",
      detail: { code: "no-data" },
    });
  },
);
