import t from "tap";
import { ms, ticks } from "../../../../src/kernel/units.ts";
import { Packager, PART_TARGET } from "../../../../src/share/live/packaging/packager.ts";
import type { SegmentSink } from "../../../../src/share/live/packaging/ports.ts";
import { SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { audioTrack, videoTrack } from "../../fakes.ts";

/** When a part was handed out, and how far its rendition has come with it; ms since the start. */
interface Handed {
  readonly at: number;
  readonly reaches: number;
  readonly rendition: string;
}

const START = 1_000_000;

/** A packager whose clock moves a millisecond at a time. */
function stage() {
  const clock = new FakeClock(1_000_000);
  const handed: Handed[] = [];
  const dates: { readonly date: number; readonly duration: number }[] = [];
  const reached = new Map<string, number>();
  const sink: SegmentSink = {
    renditions: () => undefined,
    part({ rendition, duration, data }) {
      const reaches = (reached.get(rendition) ?? 0) + duration * 1000;
      reached.set(rendition, reaches);
      handed.push({ at: clock.now() - 1_000_000, reaches, rendition });
      data.release();
    },
    segment({ rendition, programDateTime, duration, data }) {
      if (rendition === "v0") dates.push({ date: programDateTime, duration: duration * 1000 });
      data.release();
    },
    randomAccess: () => undefined,
    ended: () => undefined,
  };
  const packager = new Packager({ clock, pool: new SlabPool({ slabBytes: 4096 }), sink });
  const unit = (track: number, pts: number, randomAccess: boolean): void =>
    packager.accessUnit({
      track,
      pts: ticks(START + pts),
      dts: ticks(START + pts),
      randomAccess,
      idr: randomAccess,
      data: Buffer.alloc(10),
      arrivedAt: ms(clock.monotonic()),
    });
  return {
    clock,
    handed,
    dates,
    packager,
    picture: (n: number, frame = 3600, group = 25) => unit(100, n * frame, n % group === 0),
    sound: (n: number) => unit(101, n * 1920, true),
  };
}

/**
 * Eight seconds of 25 pictures and 46.9 frames of sound each.
 * @param lag ms by which the sound arrives behind the picture of its time, below 0: before it
 */
function apart(lag: number): Handed[] {
  const { clock, handed, packager, picture, sound } = stage();
  packager.tracks([videoTrack(), audioTrack()]);
  let [pictures, sounds] = [0, 0];
  for (let now = 0; now < 8000; now++) {
    for (; pictures * 40 + Math.max(0, -lag) <= now; pictures++) picture(pictures);
    // What came before the first picture is kept for it by whoever assembles the service.
    for (; pictures > 0 && sounds * (1920 / 90) + Math.max(0, lag) <= now; sounds++) sound(sounds);
    clock.advance(1);
  }
  return handed;
}

/** The longest that anything of a rendition waited before it was handed out, from its own arrival on; ms. */
function longest(handed: readonly Handed[], rendition: string, delay: number): number {
  let before = 0;
  return Math.max(
    ...handed
      .filter((part) => part.rendition === rendition && part.at > 2000)
      .map(({ at, reaches }) => {
        const waited = at - delay - before;
        before = reaches;
        return before === 0 ? 0 : waited;
      })
      .slice(1),
  );
}

t.test("CK-04 each rendition's parts go by its own arrival, however far behind the sound comes", (t) => {
  /** A part is whole with its last frame, and let go with the next one. */
  const frames = { v0: 2 * 40, a0: 2 * (1920 / 90) };
  for (const lag of [0, 500, 1000, 1500]) {
    const handed = apart(lag);
    for (const [id, delay] of [
      ["v0", 0],
      ["a0", lag],
    ] as const) {
      const parts = handed.filter(({ rendition }) => rendition === id);
      t.ok(parts.length > 15, `${id}: ${parts.length} parts`);
      const waited = longest(handed, id, delay);
      t.ok(
        waited <= PART_TARGET * 1000 + frames[id],
        `${id} waits ${waited} ms when sound lags by ${lag} ms`,
      );
    }
  }
  t.end();
});

t.test("CK-04 sound that comes before its picture waits for it, and for nothing else", (t) => {
  // Where the next cut will be the picture alone can tell.
  const handed = apart(-500);
  const waited = longest(handed, "a0", 0);
  t.ok(waited > 500 && waited <= 500 + PART_TARGET * 1000 + 2 * 40, `${waited} ms`);
  t.ok(longest(handed, "v0", 500) <= PART_TARGET * 1000 + 2 * 40);
  t.end();
});

for (const drift of [-100, 30, 100])
  t.test(`CK-05 no drift in twelve hours of a programme whose clock is ${drift} ppm off`, (t) => {
    const { clock, dates, packager, picture } = stage();
    packager.tracks([videoTrack()]);
    const arrivals: number[] = [];
    // A picture each half a second will do: what counts is the segments, of two seconds each.
    const wall = (n: number): number => n * 500 * (1 + drift / 1e6);
    for (let n = 0; n < 12 * 3600 * 2; n++) {
      clock.advance(1_000_000 + wall(n) - clock.now());
      if (n % 4 === 0) arrivals.push(clock.now());
      picture(n, 45_000, 4);
    }
    t.ok(dates.length > 21_000, `${dates.length} segments`);
    let [off, step] = [0, 0];
    for (const [index, { date, duration }] of dates.entries()) {
      off = Math.max(off, Math.abs(date - (arrivals[index] ?? 0)));
      const next = dates[index + 1];
      if (next !== undefined) step = Math.max(step, Math.abs(next.date - date - duration));
    }
    t.ok(off < 205, `at most ${off} ms off, of ${Math.abs(wall(86_400) - 43_200_000)} ms of drift`);
    t.ok(step <= 0.501, `no step of more than ${step} ms from a segment to the next`);
    t.end();
  });
