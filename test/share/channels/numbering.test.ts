import fc from "fast-check";
import t from "tap";
import { assignNumbers } from "../../../src/share/channels/numbering.ts";

const channel = (id: string, lcn: number | null, number: number | null, present = true) => ({
  id,
  lcn,
  number,
  present,
});

t.test(
  "numbering: the LCN where it is free, from 800 where another one has it, else the next free from 1",
  (t) => {
    const numbers = assignNumbers([
      channel("a", 3, null),
      channel("b", null, null),
      channel("c", 3, null),
      channel("d", 1, null),
      channel("e", 0, null),
    ]);
    t.same(Object.fromEntries(numbers), { a: 3, d: 1, b: 2, c: 800, e: 4 });
    t.end();
  },
);

t.test("numbering: numbers stay, until an LCN claims one", (t) => {
  t.same(Object.fromEntries(assignNumbers([channel("new", null, null), channel("old", null, 1)])), {
    old: 1,
    new: 2,
  });
  t.same(Object.fromEntries(assignNumbers([channel("old", null, 1), channel("rightful", 1, null)])), {
    rightful: 1,
    old: 2,
  });
  t.end();
});

t.test("numbering: who is on air comes before who has vanished, who holds an LCN keeps it", (t) => {
  t.equal(assignNumbers([channel("gone", 5, 5, false), channel("here", 5, null)]).get("here"), 5);
  t.equal(assignNumbers([channel("first", 5, null), channel("holder", 5, 5)]).get("holder"), 5);
  t.end();
});

t.test("numbering: what the owner gave goes before every LCN", (t) => {
  const numbers = assignNumbers([
    channel("lcn", 7, 7),
    { ...channel("own", 3, 3), fixed: 7 },
    channel("third", 3, null),
  ]);
  t.same(Object.fromEntries(numbers), { own: 7, third: 3, lcn: 800 });
  t.end();
});

t.test("numbering: every channel has a number of its own, and a second look changes none", (t) => {
  const anyChannel = fc.record({
    lcn: fc.option(fc.nat(12)),
    number: fc.option(fc.integer({ min: 1, max: 12 })),
    present: fc.boolean(),
    fixed: fc.option(fc.integer({ min: 1, max: 12 })),
  });
  fc.assert(
    fc.property(fc.array(anyChannel, { maxLength: 15 }), (some) => {
      const channels = some.map((more, i) => ({ id: String(i), ...more }));
      const numbers = assignNumbers(channels);
      if (new Set(numbers.values()).size !== channels.length) throw new Error("not each its own");
      if ([...numbers.values()].some((number) => number < 1)) throw new Error("below 1");
      const again = assignNumbers(channels.map((c) => ({ ...c, number: numbers.get(c.id) ?? null })));
      for (const [id, number] of numbers) if (again.get(id) !== number) throw new Error("unstable");
    }),
  );
  t.end();
});
