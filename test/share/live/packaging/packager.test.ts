import t, { type Test } from "tap";
import { ms, seconds, ticks } from "../../../../src/kernel/units.ts";
import { Packager, type PackagerOptions } from "../../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";
import type { AudioTrack, VideoTrack } from "../../../../src/share/live/media-source.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { collector, type Packaged } from "../../../helpers/ts-to-media.ts";

const VIDEO: VideoTrack = {
  kind: "video",
  id: 100,
  family: "avc",
  codec: "avc1.64001f",
  width: 1280,
  height: 720,
  sar: [1, 1],
  frameRate: 25,
  interlaced: false,
  colour: null,
  config: Buffer.from([1, 0x64, 0, 0x1f, 0xff, 0xe0, 0]),
};

const audioTrack = (id: number, language = "fra"): AudioTrack => ({
  kind: "audio",
  id,
  family: "aac",
  codec: "mp4a.40.2",
  sampleRate: 48000,
  channels: 2,
  frameSamples: 1024,
  language,
  audioDescription: false,
  config: Buffer.from([0x11, 0x90]),
});
const AUDIO = audioTrack(101);

/** A broadcast in small: pictures of 3600 ticks, sound of 1920, random access points where the test wants them. */
class Stage {
  readonly clock = new FakeClock(1_000_000);
  readonly pool = new SlabPool({ slabBytes: 4096 });
  readonly result = collector(this.pool);
  readonly packager: Packager;
  /** Frames of sound given. */
  sounds = 0;

  constructor(options: Partial<PackagerOptions> = {}) {
    this.packager = new Packager({ clock: this.clock, pool: this.pool, ...options, sink: this.result.sink });
  }

  picture(pts: number, randomAccess: boolean, offset = 0): void {
    const data = Buffer.alloc(100, pts & 255);
    this.packager.accessUnit({
      track: 100,
      pts: ticks(pts),
      dts: ticks(pts - offset),
      randomAccess,
      idr: randomAccess,
      data,
    });
  }

  sound(pts: number, track = 101): void {
    const data = Buffer.alloc(10, pts & 255);
    this.sounds++;
    this.packager.accessUnit({
      track,
      pts: ticks(pts),
      dts: ticks(pts),
      randomAccess: true,
      idr: true,
      data,
    });
  }

  /** Both, interleaved by time, in [from, to) of 90 kHz; `lag` is how much later the sound arrives. */
  both(from: number, to: number, { gop = 90_000, lag = 0, tracks = [101] } = {}): void {
    let sound = from;
    for (let at = from; at < to + lag; at += 3600) {
      if (at < to) this.picture(at, (at - from) % gop === 0);
      for (; sound <= at - lag && sound < to; sound += 1920)
        for (const track of tracks) this.sound(sound, track);
      this.clock.advance(40);
    }
  }
}

/** What holds of every result: equal sequences, exact dates within a continuity, no memory left. */
function invariants(t: Test, result: Packaged): void {
  for (const { id } of result.renditions) {
    const segments = result.of(id);
    t.same(
      segments.map(({ sequence }) => sequence),
      segments.map((_, index) => index + 1),
      `${id}: sequence from 1 without a gap`,
    );
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1];
      if (next === undefined || next.discontinuity) continue;
      const step = next.programDateTime - segment.programDateTime - segment.duration * 1000;
      // Half a millisecond may be taken towards the wall clock.
      if (Math.abs(step) > 0.501) t.fail(`${id}: date of ${next.sequence} is off by ${step} ms`);
    }
  }
  t.equal(result.pool.stats.inUseBytes, 0, "no memory is left in use");
}

const tfdt = (bytes: Buffer): number => {
  const at = bytes.indexOf("tfdt");
  return Number(bytes.readBigUInt64BE(at + 8));
};
/** Of all fragments. */
const samples = (bytes: Buffer): number => {
  let sum = 0;
  for (let at = bytes.indexOf("trun"); at >= 0; at = bytes.indexOf("trun", at + 4))
    sum += bytes.readUInt32BE(at + 8);
  return sum;
};

t.test("packager: cuts at random access points of a second and more", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.both(1_000_000, 1_000_000 + 10 * 90_000, { gop: 54_000 });
  stage.packager.ended("no-data", "over");
  const { result } = stage;
  t.same(
    result.of("v0").map(({ duration }) => duration),
    [1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 0.4],
  );
  t.equal(result.of("a0").length, 9);
  t.equal(result.of("v0")[0]?.programDateTime, 1_000_000);
  t.equal(tfdt(result.of("v0")[0]?.bytes ?? Buffer.alloc(0)), 180_000, "begins two seconds in");
  t.equal(result.ended, "no-data");
  invariants(t, result);
  t.end();
});

t.test("packager: without random access points a segment ends at the target duration", (t) => {
  const stage = new Stage({ targetDuration: seconds(4) });
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.both(0, 15 * 90_000, { gop: 1e9 });
  stage.packager.ended("no-data", "over");
  const video = stage.result.of("v0");
  t.same(
    video.map(({ duration, independent }) => [duration, independent]),
    [
      [4, true],
      [4, false],
      [4, false],
      [3, false],
    ],
  );
  invariants(t, stage.result);
  t.end();
});

t.test("packager: sound that arrives a second later is cut at the picture's instants", (t) => {
  for (const lag of [0, 45_000, 130_000]) {
    const stage = new Stage();
    stage.packager.tracks([VIDEO, AUDIO]);
    stage.both(500_000, 500_000 + 5 * 90_000, { lag });
    stage.packager.ended("no-data", "over");
    for (const segment of stage.result.of("a0")) {
      const cut = 180_000 + (segment.sequence - 1) * 90_000;
      const start = (tfdt(segment.bytes) * 90) / 48;
      t.ok(start >= cut && start < cut + 1920, `lag ${lag}, segment ${segment.sequence}: ${start - cut}`);
    }
    t.equal(
      stage.result.of("a0").reduce((sum, { bytes }) => sum + samples(bytes), 0),
      stage.sounds,
      "and every frame is there",
    );
    invariants(t, stage.result);
  }
  t.end();
});

t.test("packager: sound that comes before its picture goes into the picture's segment", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.picture(0, true);
  for (let at = 0; at < 4 * 90_000; at += 1920) stage.sound(at);
  for (let at = 3600; at < 4 * 90_000; at += 3600) stage.picture(at, at % 90_000 === 0);
  stage.packager.ended("no-data", "over");
  t.same(
    stage.result.of("a0").map(({ bytes }) => samples(bytes)),
    [47, 47, 47, 47],
  );
  invariants(t, stage.result);
  t.end();
});

t.test("packager: a discontinuity marks the next segment of every rendition, and time goes on", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.both(0, 2.5 * 90_000);
  stage.packager.discontinuity();
  stage.packager.discontinuity();
  stage.clock.advance(3000);
  stage.picture(2.5 * 90_000, false);
  stage.both(3 * 90_000, 5 * 90_000);
  stage.packager.ended("no-data", "over");
  for (const id of ["v0", "a0"]) {
    t.same(
      stage.result.of(id).map(({ discontinuity }) => discontinuity),
      [false, false, false, true, false],
      id,
    );
    const times = stage.result.of(id).map(({ bytes }) => tfdt(bytes));
    t.same(
      [...times].sort((a, b) => a - b),
      times,
      `${id}: decode times only go up`,
    );
  }
  const dates = stage.result.of("v0").map(({ programDateTime }) => programDateTime - 1_000_000);
  t.same(dates, [0, 1000, 2000, 5520, 6520], "the wall clock is asked again");
  t.ok(stage.result.of("v0")[3]?.independent);
  invariants(t, stage.result);
  t.end();
});

t.test("packager: new tracks bring new init segments and a discontinuity everywhere", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.both(0, 2 * 90_000);
  stage.packager.tracks([{ ...VIDEO, width: 1920, height: 1080 }, AUDIO, audioTrack(105, "eng")]);
  stage.both(2 * 90_000, 4 * 90_000, { tracks: [101, 105] });
  stage.packager.ended("no-data", "over");
  const { result } = stage;
  t.same(
    result.versions.map((renditions) => renditions.map(({ id, initVersion }) => `${id}.${initVersion}`)),
    [
      ["v0.1", "a0.1"],
      ["v0.2", "a0.2", "a1.2"],
    ],
  );
  t.same(
    result.of("v0").map(({ initVersion, discontinuity }) => [initVersion, discontinuity]),
    [
      [1, false],
      [1, false],
      [2, true],
      [2, false],
    ],
  );
  t.same(
    result.of("a1").map(({ sequence, discontinuity }) => [sequence, discontinuity]),
    [
      [3, true],
      [4, false],
    ],
  );
  t.equal(stage.pool.stats.inUseBytes, 0);
  t.end();
});

t.test("packager: a rendition that falls silent does not stop the other", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.both(0, 2 * 90_000);
  for (let at = 2 * 90_000; at < 12 * 90_000; at += 3600) stage.picture(at, at % 90_000 === 0);
  t.ok(stage.result.of("a0").length >= 7, "sound's segments are closed at the latest four seconds after");
  t.ok(
    stage.result
      .of("a0")
      .slice(3)
      .every(({ gap }) => gap),
  );
  stage.both(12 * 90_000, 15 * 90_000);
  stage.packager.ended("no-data", "over");
  t.same(stage.result.of("a0").at(-1)?.gap, false, "and it is taken up again");
  invariants(t, stage.result);
  t.end();
});

t.test("packager: pictures that stop while sound goes on are cut by the sound", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  stage.both(0, 2 * 90_000);
  for (let at = 2 * 90_000; at < 40 * 90_000; at += 1920) stage.sound(at);
  const silent = stage.result.of("v0").length;
  t.ok(silent >= 5, `${silent} segments`);
  t.ok(stage.pool.stats.inUseBytes < 64 * 4096, "and the memory does not grow");
  stage.picture(40 * 90_000, false);
  stage.both(41 * 90_000, 44 * 90_000);
  stage.packager.ended("no-data", "over");
  const back = stage.result.of("v0").filter(({ gap, sequence }) => !gap && sequence > silent);
  t.ok(back.length >= 2 && back[0]?.independent !== undefined);
  invariants(t, stage.result);
  t.end();
});

t.test("packager: sound alone is cut by its own time", (t) => {
  const stage = new Stage();
  stage.packager.tracks([AUDIO]);
  for (let at = 0; at < 9 * 90_000; at += 1920) stage.sound(at);
  stage.packager.ended("no-data", "over");
  const durations = stage.result.of("a0").map(({ duration }) => duration);
  t.equal(durations.length, 5);
  t.ok(durations.slice(0, 4).every((duration) => duration >= 2 && duration < 2.03));
  invariants(t, stage.result);
  t.end();
});

t.test("packager: a clock that stands still does not eat the memory", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO, AUDIO]);
  const data = Buffer.alloc(1 << 20);
  for (let i = 0; i < 100; i++) {
    stage.packager.accessUnit({
      track: 100,
      pts: ticks(9),
      dts: ticks(9),
      randomAccess: i === 0,
      idr: i === 0,
      data,
    });
  }
  t.ok(stage.pool.stats.inUseBytes < 40 << 20);
  t.ok(stage.result.of("v0").length >= 2);
  stage.packager.ended("no-data", "over");
  t.equal(stage.pool.stats.inUseBytes, 0);
  t.end();
});

t.test(
  "packager: L-01 L-05 parts of a third of a second come as the pictures do, before the segment is whole",
  (t) => {
    for (const lag of [0, 45_000]) {
      const stage = new Stage();
      stage.packager.tracks([VIDEO, AUDIO]);
      stage.both(1_000_000, 1_000_000 + 90_000 - 3600, { gop: 115_200, lag });
      t.equal(stage.result.of("v0").length, 0, "no segment is whole");
      t.equal(stage.result.parts.filter(({ rendition }) => rendition === "v0").length, 3, "24 pictures");
      stage.both(1_000_000 + 90_000 - 3600, 1_000_000 + 6 * 90_000, { gop: 115_200, lag });
      stage.packager.ended("no-data", "over");
      for (const id of ["v0", "a0"]) {
        const parts = stage.result.parts.filter(({ rendition }) => rendition === id);
        t.same(
          parts.map(({ serial }) => serial),
          parts.map((_, index) => index),
          `${id}: numbered without a gap`,
        );
        for (const segment of stage.result.of(id)) {
          const own = parts.filter(({ sequence }) => sequence === segment.sequence);
          t.same(Buffer.concat(own.map(({ bytes }) => bytes)), segment.bytes, `${id} ${segment.sequence}`);
          const sum = own.reduce((total, { duration }) => total + duration, 0);
          t.ok(
            Math.abs(sum - segment.duration) < 0.04,
            `${id} ${segment.sequence}: ${sum} ${segment.duration}`,
          );
          for (const [index, { duration }] of own.entries()) {
            t.ok(duration <= 0.334, `${duration}`);
            if (index < own.length - 1) t.ok(duration >= 0.85 * 0.334, `${id}: ${duration} of ${own.length}`);
          }
        }
      }
      invariants(t, stage.result);
    }
    t.end();
  },
);

t.test("packager: V-06 parts follow on one another in every frame rate and sampling rate", (t) => {
  for (const [rate, frame] of [
    [25, 3600],
    [50, 1800],
    [30_000 / 1001, 3003],
    [24, 3750],
    [60_000 / 1001, 1501.5],
  ] as const)
    for (const [sampleRate, frameSamples] of [
      [48_000, 1024],
      [44_100, 1152],
      [32_000, 1152],
      [48_000, 2048],
      [48_000, 1536],
    ] as const) {
      const stage = new Stage();
      stage.packager.tracks([
        { ...VIDEO, frameRate: rate },
        { ...AUDIO, sampleRate, frameSamples },
      ]);
      let sound = 0;
      for (let n = 0; n * frame < 4 * 90_000; n++) {
        stage.picture(1_000_000 + Math.round(n * frame), n % Math.round(rate) === 0);
        for (; (sound * frameSamples * 90_000) / sampleRate <= n * frame; sound++)
          stage.sound(1_000_000 + Math.round((sound * frameSamples * 90_000) / sampleRate));
      }
      stage.packager.ended("no-data", "over");
      for (const id of ["v0", "a0"]) {
        const scale = id === "v0" ? 90_000 : sampleRate;
        const parts = stage.result.parts.filter(({ rendition }) => rendition === id);
        t.ok(
          parts.every(({ duration }) => duration <= 0.334),
          `${id} ${rate}`,
        );
        const short = parts.filter(
          (part, index) => part.sequence === parts[index + 1]?.sequence && part.duration < 0.85 * 0.334,
        );
        t.equal(short.length, 0, `${id}: ${rate} a second, ${sampleRate} Hz, frames of ${frameSamples}`);
        for (const [index, part] of parts.entries()) {
          const next = parts[index + 1];
          if (next === undefined) continue;
          const off = tfdt(next.bytes) - tfdt(part.bytes) - part.duration * scale;
          if (Math.abs(off) > 0.01) t.fail(`${id} ${rate}: part ${index} ends ${off} ticks off the next one`);
        }
      }
    }
  t.end();
});

t.test(
  "packager: CK-05 dates come from when the first picture was received, and lean towards the wall clock",
  (t) => {
    const stage = new Stage();
    stage.packager.tracks([VIDEO]);
    stage.clock.advance(10_000);
    const received = stage.clock.monotonic() - 3000;
    for (let n = 0; n < 50; n++)
      stage.packager.accessUnit({
        track: 100,
        pts: ticks(1_000_000 + n * 3600),
        dts: ticks(1_000_000 + n * 3600),
        randomAccess: n % 25 === 0,
        idr: true,
        data: Buffer.alloc(10),
        arrivedAt: ms(received + n * 40),
      });
    const [first] = stage.result.of("v0");
    t.equal(first?.programDateTime, stage.clock.now() - 3000);
    t.end();
  },
);

t.test("packager: pictures lost behind a part leave no hole in decode time", (t) => {
  const stage = new Stage();
  stage.packager.tracks([VIDEO]);
  for (let n = 0; n < 50; n++) if (n < 8 || n > 11) stage.picture(1_000_000 + n * 3600, n % 25 === 0);
  stage.packager.ended("no-data", "over");
  const parts = stage.result.parts;
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (next !== undefined) t.equal(tfdt(next.bytes), tfdt(part.bytes) + Math.round(part.duration * 90_000));
    t.ok(part.duration <= 0.334);
  }
  invariants(t, stage.result);
  t.end();
});

t.test(
  "packager: V-06, P-11 sound that is lost for less than a part leaves no hole, wherever it is lost",
  (t) => {
    for (let lost = 1; lost <= 14; lost++)
      for (let from = 90; from < 106; from++) {
        const stage = new Stage();
        stage.packager.tracks([VIDEO, AUDIO]);
        for (let at = 0, n = 0; at < 6 * 90_000; at += 3600) {
          stage.picture(1_000_000 + at, at % 90_000 === 0);
          for (; n * 1920 <= at; n++) if (n < from || n >= from + lost) stage.sound(1_000_000 + n * 1920);
        }
        stage.packager.ended("no-data", "over");
        const parts = stage.result.parts.filter(({ rendition }) => rendition === "a0");
        for (const [index, part] of parts.entries()) {
          const off =
            (tfdt(parts[index + 1]?.bytes ?? part.bytes) - tfdt(part.bytes)) / 48_000 - part.duration;
          if (index + 1 < parts.length && Math.abs(off) > 1e-9)
            t.fail(`${lost} lost at ${from}: part ${index} ends ${off} s off the next one`);
          if (part.duration > 0.334)
            t.fail(`${lost} lost at ${from}: part ${index} lasts ${part.duration} s`);
          // Only the last one of a segment may be shorter.
          if (part.duration < 0.85 * 0.333 && parts[index + 1]?.sequence === part.sequence && lost <= 11)
            t.fail(`${lost} lost at ${from}: part ${index} lasts only ${part.duration} s`);
        }
        const [first] = stage.result.of("a0");
        if (first === undefined) t.fail("no sound");
        invariants(t, stage.result);
      }
    t.end();
  },
);

t.test("packager: P-11, F-06 radio that loses sound, within a part and at a cut", (t) => {
  for (let lost = 1; lost <= 11; lost++)
    for (let from = 80; from < 200; from += 3) {
      const stage = new Stage();
      stage.packager.tracks([AUDIO]);
      for (let n = 0; n < 400; n++) if (n < from || n >= from + lost) stage.sound(1_000_000 + n * 1920);
      stage.packager.ended("no-data", "over");
      const { parts } = stage.result;
      for (const segment of stage.result.of("a0").slice(0, -1)) {
        const own = parts.filter(({ sequence }) => sequence === segment.sequence);
        const sum = own.reduce((all, { duration }) => all + duration, 0);
        if (Math.abs(sum - segment.duration) > 0.001)
          t.fail(`${lost} lost at ${from}: parts of ${sum} s, segment of ${segment.duration} s`);
        for (const part of own.slice(0, -1))
          if (part.duration < 0.85 * 0.333) t.fail(`${lost} lost at ${from}: a part of ${part.duration} s`);
      }
      invariants(t, stage.result);
    }
  t.end();
});
