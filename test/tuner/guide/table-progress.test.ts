import fc from "fast-check";
import t from "tap";
import { TableProgress } from "../../../src/tuner/guide/table-progress.ts";

t.test("table progress: a segment is whole with its last section, in any order", (t) => {
  const table = new TableProgress(3, 10);
  t.notOk(table.hasSegment(0));
  table.note(2, 2);
  table.note(0, 2);
  t.notOk(table.hasSegment(0), "section 1 lacks");
  t.notOk(table.has(1));
  table.note(1, 2);
  t.ok(table.hasSegment(0));
  t.notOk(table.completeFrom(0), "segment 1 lacks");
  t.ok(table.has(1));
  table.note(8, 10);
  table.note(10, 10);
  t.notOk(table.completeFrom(1));
  table.note(9, 10);
  t.ok(table.completeFrom(0));
  t.end();
});

t.test("table progress: segments that are over need not come, one that has begun to come must", (t) => {
  const table = new TableProgress(0, 24);
  table.note(24, 24);
  t.notOk(table.completeFrom(2));
  t.ok(table.completeFrom(3));
  table.note(8, 9);
  t.notOk(table.completeFrom(3));
  table.note(9, 9);
  t.ok(table.completeFrom(3));
  t.end();
});

t.test("table progress: without segments, sections go on to last_section_number", (t) => {
  const table = new TableProgress(0, 17);
  for (let section = 0; section < 18; section++) {
    t.notOk(table.completeFrom(0), `before section ${section}`);
    table.note(section, 17);
  }
  t.ok(table.completeFrom(0));
  t.end();
});

t.test("table progress: the last of 256 sections has its place", (t) => {
  const table = new TableProgress(0, 255);
  table.note(255, 255);
  t.ok(table.has(255));
  t.notOk(table.hasSegment(31));
  for (let section = 248; section < 255; section++) table.note(section, 255);
  t.ok(table.hasSegment(31));
  t.ok(table.completeFrom(31));
  t.end();
});

t.test(
  "table progress: complete with the last missing section and not before, however often others come",
  (t) => {
    const table = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 32 });
    fc.assert(
      fc.property(table, fc.array(fc.nat()), fc.infiniteStream(fc.nat()), (sizes, repeated, dice) => {
        const sections = sizes.flatMap((size, segment) =>
          Array.from({ length: size }, (_, at) => ({
            section: segment * 8 + at,
            last: segment * 8 + size - 1,
          })),
        );
        const order = [...sections].sort(() => ((dice.next().value as number) % 3) - 1);
        const progress = new TableProgress(1, sections.at(-1)!.section);
        for (const [at, { section, last }] of order.entries()) {
          if (progress.has(section) || progress.completeFrom(0)) return false;
          progress.note(section, last);
          const again = order[(repeated[at] ?? 0) % (at + 1)]!;
          progress.note(again.section, again.last);
        }
        return progress.completeFrom(0) && sizes.every((_, segment) => progress.hasSegment(segment));
      }),
      { numRuns: 100 },
    );
    t.end();
  },
);

t.test("table progress: any numbers at all are taken", (t) => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, fc.array(fc.tuple(byte, byte), { maxLength: 40 }), (last, sections) => {
      const progress = new TableProgress(0, last);
      for (const [section, segmentLast] of sections) progress.note(section, segmentLast);
      return (
        sections.every(([section]) => progress.has(section)) &&
        [true, false].includes(progress.completeFrom(0))
      );
    }),
  );
  t.end();
});
