import fc from "fast-check";
import t from "tap";
import { ms } from "../../../src/kernel/units.ts";
import { WatchedStretches } from "../../../src/share/live/watched-stretches.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 20, 12);

/** Books stretches, from and until in ms after the start. @returns what each counted, in ms */
function booked(stretches: readonly (readonly [from: number, until: number])[], now = 0): number[] {
  const watched = new WatchedStretches();
  return stretches.map(([from, until]) =>
    Math.round(watched.add((START + from) / 1000, (until - from) / 1000, ms(now)) * 1000),
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

t.test("watched: what lies before something that was fetched counts as well", (t) => {
  t.same(
    booked([
      [60_000, 62_000], // live
      [0, 2000], // and back
      [2000, 4000],
      [59_000, 61_000],
    ]),
    [2000, 2000, 2000, 1000],
  );
  t.end();
});

t.test("watched: parts and the segment that they make up, picture and sound: each second once", (t) => {
  t.same(
    booked([
      [0, 320],
      [320, 640],
      [0, 2000], // the whole segment
      [10, 1990], // its sound
      [1990, 4010], // sound that goes on a little longer
      [2000, 4000],
    ]),
    [320, 320, 1360, 0, 2010, 0],
  );
  t.end();
});

t.test("watched: nothing, and what is no stretch, counts nothing", (t) => {
  const watched = new WatchedStretches();
  for (const [from, seconds] of [
    [10, 0],
    [10, -1],
    [NaN, 2],
    [10, NaN],
    [10, Infinity],
  ] as const)
    t.equal(watched.add(from, seconds, ms(0)), 0, `${from} ${seconds}`);
  t.equal(watched.add(10, 2, ms(0)), 2);
  t.end();
});

t.test("watched: disjoint stretches give their sum in any order, retries at once give nothing", (t) => {
  const disjoint = fc
    .array(fc.record({ gap: fc.nat(3000), length: fc.integer({ min: 1, max: 10_000 }) }), {
      minLength: 1,
      maxLength: 100,
    })
    .chain((pieces) => {
      let at = 0;
      const stretches = pieces.map(({ gap, length }): [number, number] => {
        const from = at + gap;
        at = from + length;
        return [from, at];
      });
      return fc.shuffledSubarray(stretches, { minLength: stretches.length });
    });
  fc.assert(
    fc.property(disjoint, (stretches) => {
      const counted = booked([...stretches, ...stretches]);
      t.equal(sum(counted), sum(stretches.map(([from, until]) => until - from)));
      t.equal(sum(counted.slice(stretches.length)), 0);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("watched: whatever overlaps, it counts as much as it covers", (t) => {
  const any = fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 60 })), { maxLength: 80 });
  fc.assert(
    fc.property(any, (pieces) => {
      const covered = new Set<number>();
      for (const [from, length] of pieces) for (let at = 0; at < length; at++) covered.add(from + at);
      t.equal(sum(booked(pieces.map(([from, length]) => [from, from + length]))), covered.size);
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("watched: what is watched a second time much later counts again", (t) => {
  const watched = new WatchedStretches();
  const from = START / 1000;
  /** A quarter of an hour, fetched as it plays. */
  const play = (begun: number): number => {
    let seconds = 0;
    for (let at = 0; at < 15 * 60; at += 2) seconds += watched.add(from + at, 2, ms(begun + at * 1000));
    return seconds;
  };
  t.equal(play(0), 15 * 60);
  t.equal(watched.add(from + 14 * 60, 2, ms(16 * MINUTE)), 0, "what a player loads again");
  t.equal(play(30 * MINUTE), 15 * 60);
  t.end();
});

t.test("watched: it remembers so much and no more, the newest", (t) => {
  const watched = new WatchedStretches();
  const from = START / 1000;
  const each = (first: number, last: number): number => {
    let seconds = 0;
    for (let at = first; at < last; at++) seconds += watched.add(from + 10 * at, 2, ms(0));
    return seconds;
  };
  t.equal(each(0, 1000), 2000, "as many that do not touch");
  t.equal(each(990, 1000), 0, "the newest are known");
  t.equal(each(0, 500), 1000, "the oldest are forgotten");
  t.end();
});
