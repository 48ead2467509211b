import fc from "fast-check";
import t from "tap";
import { leastToEnd } from "../../../src/share/live/least-to-end.ts";

t.test("least to end: one that is enough, the first of them; nothing when nothing helps", (t) => {
  t.same(
    leastToEnd([1, 2, 3], () => true),
    [1],
  );
  t.same(
    leastToEnd([1, 2, 3], (gone) => gone.includes(2)),
    [2],
  );
  t.same(
    leastToEnd([1, 2, 3], (gone) => gone.includes(1) && gone.includes(2)),
    [1, 2],
  );
  t.equal(
    leastToEnd([1, 2, 3], () => false),
    null,
  );
  t.equal(
    leastToEnd([], () => false),
    null,
  );
  t.end();
});

t.test("least to end: what is found helps, and none of it could stay", (t) => {
  // Tuners, each freed when all of its viewers are gone; -1: one that somebody else holds too.
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 8 }), (tunerOf) => {
      const all = tunerOf.map((_, viewer) => viewer);
      const helps = (gone: readonly number[]): boolean =>
        tunerOf.some(
          (tuner) => tuner >= 0 && all.every((viewer) => tunerOf[viewer] !== tuner || gone.includes(viewer)),
        );
      const gone = leastToEnd(all, helps);
      if (gone === null) return !helps(all);
      return helps(gone) && gone.every((viewer) => !helps(gone.filter((other) => other !== viewer)));
    }),
  );
  t.end();
});
