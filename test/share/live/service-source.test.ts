import t from "tap";
import { createLog } from "../../../src/kernel/log.ts";
import { ms, pid } from "../../../src/kernel/units.ts";
import type { MediaSink, Track } from "../../../src/share/live/media-source.ts";
import { createServiceSource } from "../../../src/share/live/service-source.ts";
import type {
  ElementaryStream,
  PesPacket,
  ServiceSink,
  ServiceStreams,
  StreamCodec,
  SubscribeRequest,
  Tuners,
} from "../../../src/tuner/ports.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";

/** Tuners whose one service is played by hand. */
class HandTuners implements Tuners {
  sink: ServiceSink | null = null;
  request: SubscribeRequest | null = null;
  closed = false;

  services(): readonly [] {
    return [];
  }

  async subscribe(
    request: SubscribeRequest,
  ): Promise<{ timings: { lock: number; pmt: number }; close(): void }> {
    this.request = request;
    this.sink = request.sink;
    return { timings: { lock: 300, pmt: 450 }, close: () => void (this.closed = true) };
  }

  availability(): "free" {
    return "free";
  }

  snapshot(): readonly [] {
    return [];
  }

  on(): () => void {
    return () => undefined;
  }
}

const stream = (number: number, codec: StreamCodec, language: string | null = null): ElementaryStream => ({
  pid: pid(number),
  streamType: 0,
  codec,
  language,
  audioDescription: false,
  descriptors: Buffer.alloc(0),
});
const VIDEO = stream(100, "mpeg2-video");
const SOUND = stream(101, "mpeg-audio", "fra");
const OTHER = stream(102, "mpeg-audio", "eng");

/** A picture of 720 by 576 at 25 frames a second. */
const picture = (type: 1 | 2 | 3, reference = 0): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt16BE((reference << 6) | (type << 3));
  const sequence = "000001b32d0240231869c4" + "000001b5148a00010000" + "000001b800080000";
  return Buffer.concat([
    Buffer.from(type === 1 ? sequence : "", "hex"),
    Buffer.from([0, 0, 1, 0]),
    header,
    Buffer.from("000001b58fff f3c180000001011234567890".replaceAll(" ", ""), "hex"),
  ]);
};

/** A frame of layer II at 48 kHz, 192 kb/s: 576 bytes, 24 ms. */
const sound = (fill = 7): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xfd, 0xa4, 0x04]), Buffer.alloc(572, fill)]);

interface Event {
  readonly kind: "tracks" | "unit" | "discontinuity" | "ended";
  readonly tracks?: readonly Track[];
  readonly track?: number;
  readonly pts?: number;
  readonly code?: string;
}

async function stage(streams: readonly ElementaryStream[] | null = [VIDEO, SOUND]) {
  const clock = new FakeClock();
  const tuners = new HandTuners();
  const source = createServiceSource({
    tuners,
    service: { originalNetworkId: 1, transportStreamId: 2, serviceId: 3 },
    weight: "viewer",
    consumer: "test",
    clock,
    log: createLog({ level: "silent" }),
  });
  const events: Event[] = [];
  const sink: MediaSink = {
    tracks: (tracks) => void events.push({ kind: "tracks", tracks }),
    accessUnit: (unit) => void events.push({ kind: "unit", track: unit.track, pts: unit.pts }),
    discontinuity: () => void events.push({ kind: "discontinuity" }),
    ended: (code) => void events.push({ kind: "ended", code }),
  };
  const timings = await source.start(sink, new AbortController().signal);
  const pmt = (list: readonly ElementaryStream[]): ServiceStreams => ({
    serviceId: 3,
    pcrPid: pid(100),
    streams: list,
    scrambled: false,
  });
  const pes = (number: number, pts: number, data: Buffer, more: Partial<PesPacket> = {}): void => {
    const wrapped = ((pts % 2 ** 33) + 2 ** 33) % 2 ** 33;
    tuners.sink?.pes({
      pid: pid(number),
      pts: wrapped,
      dts: wrapped,
      randomAccess: false,
      damaged: false,
      data,
      arrivedAt: clock.monotonic(),
      ...more,
    });
  };
  if (streams !== null) tuners.sink?.streams(pmt(streams));
  return {
    clock,
    tuners,
    source,
    events,
    timings,
    pes,
    pmt: (list: readonly ElementaryStream[]) => tuners.sink?.streams(pmt(list)),
    units: (track: number) =>
      events.filter((event) => event.kind === "unit" && event.track === track).map(({ pts }) => pts ?? 0),
    told: () =>
      events.filter(({ kind }) => kind === "tracks").map(({ tracks }) => (tracks ?? []).map(({ id }) => id)),
    /** A second of pictures (25, the first I) and sound from `pts` on, in real time. */
    second(pts: number, pids: readonly number[] = [101], from = 0): void {
      let heard = from;
      for (let i = 0; i < 25; i++) {
        if (pids.includes(100) || true) pes(100, pts + i * 3600, picture(i === 0 ? 1 : 2, i));
        for (; heard <= i * 3600; heard += 2160)
          for (const number of pids) if (number !== 100) pes(number, pts + heard, sound());
        clock.advance(40);
      }
    },
  };
}

t.test("service source: tells lock and PMT times and lets go of the tuner", async (t) => {
  const { timings, source, tuners } = await stage();
  t.same(timings, { lock: 300, pmt: 450 });
  t.equal(tuners.request?.select?.(stream(9, "other")), false);
  t.equal(tuners.request?.select?.(SOUND), true);
  source.stop();
  t.ok(tuners.closed);
});

t.test("service source: tracks first, then a random access point and the sound from there on", async (t) => {
  const one = await stage();
  one.pes(101, 899_000, sound());
  one.pes(100, 896_400, picture(2));
  one.second(900_000);
  one.second(990_000);
  t.equal(one.events[0]?.kind, "tracks");
  t.same(one.told(), [[100, 101]]);
  t.match(one.events[0]?.tracks, [
    { kind: "video", family: "mpeg2", codec: "mp4v.61", width: 720, height: 576, frameRate: 25 },
    { kind: "audio", family: "mp2", codec: "mp4a.6B", sampleRate: 48000, channels: 2, language: "fra" },
  ]);
  const [first] = one.units(100);
  t.equal((first ?? 0) % 2 ** 33, 900_000);
  t.ok(one.units(101).every((pts) => pts >= (first ?? 0)));
  t.equal(one.units(101)[0], first);
});

t.test(
  "service source: sound that does not come is waited for 1.5 s, and nothing is lost meanwhile",
  async (t) => {
    const one = await stage([VIDEO, SOUND, OTHER]);
    one.second(900_000);
    t.same(one.told(), []);
    one.second(990_000);
    t.same(one.told(), [[100, 101]]);
    t.equal(one.units(100).length, 49, "from the first random access point on");
    // It comes after all: new tracks at the next random access point.
    one.second(1_080_000, [101, 102]);
    one.second(1_170_000, [101, 102]);
    t.same(one.told(), [
      [100, 101],
      [100, 101, 102],
    ]);
    t.ok(one.units(102).length > 30);
  },
);

t.test("service source: a wrap of the 33-bit clock is no discontinuity", async (t) => {
  const one = await stage();
  for (let i = -3; i < 3; i++) one.second(2 ** 33 + i * 90_000);
  t.equal(one.events.filter(({ kind }) => kind === "discontinuity").length, 0);
  const times = one.units(100);
  t.same(
    times.map((pts) => pts - (times[0] ?? 0)),
    times.map((_, index) => index * 3600),
  );
});

t.test("service source: a jump that lasts is a discontinuity, and time goes on", async (t) => {
  const one = await stage();
  one.second(900_000);
  one.second(990_000);
  one.second(500_000_000);
  one.second(500_090_000);
  t.equal(one.events.filter(({ kind }) => kind === "discontinuity").length, 1);
  const times = one.units(100);
  t.ok(times.every((pts, index) => index === 0 || pts > (times[index - 1] ?? 0)));
  t.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= 4 * 90_000, "without the jump");
  t.equal(times.length, 99, "no picture is lost");
  const at = one.events.findIndex(({ kind }) => kind === "discontinuity");
  const next = one.events.slice(at + 1).find(({ kind }) => kind === "unit");
  const later = one.events.slice(at + 1).filter(({ track }) => track === 101);
  t.equal(next?.track, 100);
  t.ok(later.length > 70 && later.every(({ pts }) => (pts ?? 0) >= (next?.pts ?? 0) - 1));
});

t.test("service source: one time stamp out of line is none", async (t) => {
  const one = await stage();
  one.second(900_000);
  one.pes(100, 77, picture(2, 0));
  one.second(993_600);
  t.equal(one.events.filter(({ kind }) => kind === "discontinuity").length, 0);
  const times = one.units(100);
  t.equal(times.length, 50, "its picture is kept");
  t.ok(times.every((pts, index) => index === 0 || pts > (times[index - 1] ?? 0)));
});

t.test("service source: a jump that the PCR announces is believed at once, even a small one", async (t) => {
  const one = await stage();
  one.second(900_000);
  one.tuners.sink?.pcr(1_170_000, true, ms(0));
  one.second(1_170_000);
  t.equal(one.events.filter(({ kind }) => kind === "discontinuity").length, 1);
  const times = one.units(100);
  t.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= 2 * 90_000);
});

t.test("service source: a PMT change brings new tracks at a random access point", async (t) => {
  const one = await stage();
  one.second(900_000);
  one.pmt([VIDEO, SOUND]);
  one.second(990_000);
  t.equal(one.told().length, 1, "the same streams: nothing");
  one.pmt([VIDEO, OTHER]);
  one.second(1_080_000, [102]);
  one.second(1_170_000, [102]);
  one.second(1_260_000, [102]);
  t.same(one.told(), [
    [100, 101],
    [100, 102],
  ]);
  t.equal(one.units(100).length, 124, "no picture is lost");
});

t.test("service source: sound alone, when the PMT has no video or none comes", async (t) => {
  const radio = await stage([SOUND]);
  for (let i = 0; i < 100; i++) {
    radio.pes(101, 900_000 + i * 2160, sound());
    radio.clock.advance(24);
  }
  t.same(radio.told(), [[101]]);
  t.equal(radio.units(101).length, 100);
  const dark = await stage();
  for (let i = 0; i < 200; i++) {
    dark.pes(101, 900_000 + i * 2160, sound());
    dark.clock.advance(24);
  }
  t.same(dark.told(), [[101]]);
  t.ok(dark.units(101).length > 60);
  dark.second(900_000 + 200 * 2160);
  dark.second(990_000 + 200 * 2160);
  t.same(dark.told(), [[101], [100, 101]], "the picture comes after all");
});

t.test("service source: neither picture nor sound is told in words", async (t) => {
  const one = await stage([stream(7, "teletext")]);
  t.same(one.events, [{ kind: "ended", code: "no-picture-or-sound" }]);
  t.ok(one.tuners.closed);
});

t.test(
  "service source: a scrambled service ends after half a second, one that clears up does not",
  async (t) => {
    const one = await stage();
    one.tuners.sink?.scrambling(true);
    one.clock.advance(499);
    t.same(one.events, []);
    one.clock.advance(1);
    t.same(one.events, [{ kind: "ended", code: "scrambled" }]);
    t.ok(one.tuners.closed);
    const two = await stage();
    two.tuners.sink?.scrambling(true);
    two.clock.advance(300);
    two.tuners.sink?.scrambling(false);
    two.clock.advance(5000);
    two.second(900_000);
    two.tuners.sink?.scrambling(true);
    two.clock.advance(2000);
    two.tuners.sink?.scrambling(false);
    two.second(1_170_000);
    t.equal(two.events.filter(({ kind }) => kind === "ended").length, 0);
    t.equal(two.events.filter(({ kind }) => kind === "discontinuity").length, 1);
    t.equal(two.clock.pending, 0);
  },
);

t.test(
  "service source: a damaged frame of sound is left out, a damaged picture only when nothing needs it",
  async (t) => {
    const one = await stage();
    one.second(900_000);
    one.pes(100, 990_000, picture(1, 0));
    one.pes(100, 993_600, picture(3, 1), { damaged: true });
    one.pes(101, 990_000, sound(), { damaged: true });
    one.pes(100, 997_200, picture(2, 2), { damaged: true });
    one.pes(100, 1_000_800, picture(2, 3));
    one.pes(101, 992_160, sound());
    one.pes(100, 1_004_400, picture(2, 4));
    const start = one.units(100)[0] ?? 0;
    const seen = one.units(100).map((pts) => pts - start + 900_000);
    t.same(seen.slice(-3), [990_000, 997_200, 1_000_800]);
    t.notOk(one.units(101).some((pts) => pts - start + 900_000 === 990_000));
    t.ok(one.units(101).some((pts) => pts - start + 900_000 === 992_160));
  },
);
