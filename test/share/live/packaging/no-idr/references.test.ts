import fc from "fast-check";
import t from "tap";
import {
  afterMarking,
  commandsToMark,
  fillGap,
} from "../../../../../src/share/live/packaging/no-idr/marking.ts";
import {
  commandsFor,
  initialLists,
  modifiedList,
  sameEntry,
  type Current,
  type Picture,
  type Reference,
} from "../../../../../src/share/live/packaging/no-idr/references.ts";
import type { Fields } from "../../../../../src/share/live/packaging/no-idr/slice-header.ts";

const shown = (order: number): Picture => ({ top: order, bottom: order + 1 });
const reference = (frameNum: number, order: number, fields = 3): Reference => ({
  picture: shown(order),
  frameNum,
  fields,
});
const current = (frameNum: number, order: number, fields: Fields = 3): Current => ({
  picture: shown(order),
  frameNum,
  maxFrameNum: 16,
  fields,
});
const numbers = (list: readonly ({ frameNum: number } | undefined)[]): (number | undefined)[] =>
  list.map((entry) => entry?.frameNum);

t.test("no-idr: P frames see the newest reference first, across the wrap of frame_num (§8.2.4.2.1)", (t) => {
  const marked = [reference(14, 0), reference(15, 2), reference(0, 4), reference(1, 6, 1)];
  t.same(numbers(initialLists(marked, current(2, 8), false)[0]), [0, 15, 14], "half a frame is none");
  t.end();
});

t.test("no-idr: B frames see the past backwards and the future forwards (§8.2.4.2.3)", (t) => {
  const marked = [reference(1, 0), reference(2, 16), reference(3, 8), reference(4, 24)];
  const [first, second] = initialLists(marked, current(5, 12), true);
  t.same(numbers(first), [3, 1, 2, 4]);
  t.same(numbers(second), [2, 4, 3, 1]);
  const past = initialLists(marked.slice(0, 2), current(5, 30), true);
  t.same(
    past.map(numbers),
    [
      [2, 1],
      [1, 2],
    ],
    "lists that are the same: the second one begins with its second entry",
  );
  t.same(initialLists(marked.slice(0, 1), current(5, 30), true).map(numbers), [[1], [1]]);
  t.end();
});

t.test("no-idr: fields are taken in turn, beginning with the same parity (§8.2.4.2.5)", (t) => {
  const marked = [reference(1, 0), reference(2, 4, 2), reference(3, 8, 1)];
  const [list] = initialLists(marked, current(4, 12, 1), false);
  t.same(
    list.map(({ frameNum, fields }) => [frameNum, fields]),
    [
      [3, 1],
      [2, 2],
      [1, 1],
      [1, 2],
    ],
  );
  t.end();
});

const frames = fc.uniqueArray(fc.nat({ max: 15 }), { minLength: 1, maxLength: 8 });

t.test("no-idr: any list can be said in commands (§8.2.4.3)", (t) => {
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.nat({ max: 63 }), { minLength: 1, maxLength: 12 }),
      fc.constantFrom<Fields>(1, 2, 3),
      fc.nat({ max: 15 }),
      (used, picks, fields, now) => {
        const marked = used.filter((num) => num !== now).map((num, index) => reference(num, index * 2));
        const cur = current(now, 99, fields);
        const initial = initialLists(marked, cur, false)[0];
        const wanted = picks.flatMap((pick) => initial[pick % Math.max(1, initial.length)] ?? []);
        const list = modifiedList(initial, commandsFor(wanted, cur), marked, cur, wanted.length);
        return list.every((entry, index) => sameEntry(entry, wanted[index]));
      },
    ),
  );
  t.end();
});

t.test("no-idr: the sliding window drops the oldest, commands what they name (§8.2.5)", (t) => {
  const marked = [reference(15, 0), reference(0, 2), reference(1, 4)];
  const cur = current(2, 6);
  t.same(numbers(afterMarking(marked, cur, null, 3)), [0, 1, 2]);
  t.same(numbers(afterMarking(marked, cur, null, 4)), [15, 0, 1, 2]);
  t.same(numbers(afterMarking(marked, cur, [1], 4)), [15, 1, 2], "PicNum 0");
  t.same(numbers(afterMarking(marked, cur, [7], 4)), [15, 0, 1, 2], "one that never came");
  t.same(numbers(afterMarking(marked, cur, null, 4, true)), [2], "IDR");
  t.same(numbers(fillGap(marked, current(6, 8), 1, 3)), [3, 4, 5], "frames that never came push others out");
  const second: Current = { ...cur, fields: 2 };
  const halves = afterMarking(marked, { ...second, fields: 1 }, null, 4);
  t.same(
    afterMarking(halves, second, null, 4).map(({ fields }) => fields),
    [3, 3, 3, 3],
    "two fields, one frame",
  );
  t.end();
});

t.test("no-idr: commands leave exactly what the source has left", (t) => {
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.nat({ max: 3 }), { minLength: 8, maxLength: 8 }),
      fc.nat({ max: 15 }),
      fc.constantFrom<Fields>(1, 2, 3),
      (used, keep, now, fields) => {
        const marked = used.filter((num) => num !== now).map((num, index) => reference(num, index * 2));
        const cur = current(now, 99, fields);
        // Frames lose frames; fields may lose fields.
        const wanted = marked.flatMap((one, index) => {
          const left = fields === 3 ? ((keep[index] ?? 0) > 1 ? 3 : 0) : (keep[index] ?? 0);
          return left === 0 ? [] : [{ ...one, fields: left }];
        });
        const capacity = Math.max(marked.length, 1);
        // No stream keeps more than there is room for.
        fc.pre(wanted.length < capacity);
        const commands = commandsToMark(marked, cur, wanted, capacity);
        const left = afterMarking(marked, cur, commands, capacity).filter(
          ({ picture }) => picture !== cur.picture,
        );
        return (
          left.length === wanted.length &&
          wanted.every(
            ({ picture, fields: some }) => left.find((one) => one.picture === picture)?.fields === some,
          )
        );
      },
    ),
  );
  t.end();
});
