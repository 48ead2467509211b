import fc from "fast-check";
import t from "tap";
import { ColdTunes } from "../../../src/share/live/cold-tunes.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";

/** Ms by which a turn is seen late at most. */
const STEP = 50;

/** Lets what was resolved go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Presses of one client: when each of them has had its turn, ms. */
function presses(clock = new FakeClock()) {
  const tunes = new ColdTunes(clock);
  const tuned: { press: number; at: number; giveBack: () => void }[] = [];
  return {
    clock,
    tuned,
    press: (press: number, client = "phone"): AbortController => {
      const abort = new AbortController();
      tunes.turn(client, abort.signal).then(
        (giveBack) => tuned.push({ press, at: clock.monotonic(), giveBack }),
        () => undefined,
      );
      return abort;
    },
  };
}

const times = (tuned: readonly { press: number; at: number }[]) => tuned.map(({ press, at }) => [press, at]);

t.test("cold tunes: four at once, then one in 1.5 s, in the order in which they came", async (t) => {
  const { clock, tuned, press } = presses();
  for (let n = 0; n < 7; n++) press(n);
  press(100, "another");
  await settle();
  await clock.advanceAsync(6000, 100);
  t.same(times(tuned), [
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [100, 0],
    [4, 1500],
    [5, 3000],
    [6, 4500],
  ]);
  t.equal(clock.pending, 0);
});

t.test("T22: cold tunes: who goes away while it waits gives its place back", async (t) => {
  const { clock, tuned, press } = presses();
  for (let n = 0; n < 4; n++) press(n);
  await settle();
  const start = clock.monotonic();
  let last: AbortController | null = null;
  for (let n = 4; n < 24; n++) {
    last?.abort(new Error("another channel"));
    last = press(n);
    await clock.advanceAsync(250, 50);
  }
  const pressed = start + 19 * 250;
  await clock.advanceAsync(20_000, 50);
  const end = tuned.at(-1);
  t.equal(end?.press, 23);
  t.ok((end?.at ?? Infinity) - pressed <= 1500, `${(end?.at ?? Infinity) - pressed} ms after the last press`);
});

t.test("cold tunes: those behind move up, and one that was not tuned is given back", async (t) => {
  const { clock, tuned, press } = presses();
  const [, , , , fifth] = [0, 1, 2, 3, 4, 5].map((n) => press(n));
  await settle();
  t.same(
    tuned.map((tune) => tune.press),
    [0, 1, 2, 3],
  );
  fifth?.abort(new Error("gone"));
  tuned[3]?.giveBack();
  tuned[3]?.giveBack(); // once
  clock.advance(0);
  await settle();
  t.same(times(tuned.slice(4)), [[5, 0]]);
  press(6);
  await clock.advanceAsync(1499, 1499);
  t.equal(tuned.length, 5);
  await clock.advanceAsync(1, 1);
  t.same(times(tuned.slice(5)), [[6, 1500]]);
  press(7).abort(new Error("gone"));
  await settle();
  t.equal(clock.pending, 0, "nobody waits");
});

t.test("cold tunes: who has gone already takes no place", async (t) => {
  const tunes = new ColdTunes(new FakeClock());
  const gone = AbortSignal.abort(new Error("gone"));
  for (let n = 0; n < 10; n++) await t.rejects(tunes.turn("phone", gone), { message: "gone" });
  for (let n = 0; n < 4; n++) await tunes.turn("phone", new AbortController().signal);
});

t.test("T22: cold tunes: whatever is pressed and left, no more are tuned than that", async (t) => {
  const press = fc.record({ after: fc.nat(1200), stays: fc.option(fc.nat(4000)), tuned: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(press, { maxLength: 25 }), async (script) => {
      const clock = new FakeClock();
      const tunes = new ColdTunes(clock);
      const happened: number[] = [];
      for (const { after, stays, tuned } of script) {
        await clock.advanceAsync(after, STEP);
        const abort = new AbortController();
        if (stays !== null) clock.after(stays, () => abort.abort(new Error("gone")));
        tunes.turn("phone", abort.signal).then(
          (giveBack) => (tuned ? void happened.push(clock.monotonic()) : giveBack()),
          () => undefined,
        );
      }
      await clock.advanceAsync(40_000, STEP);
      happened.forEach((from, first) =>
        happened.slice(first).forEach((until, n) => {
          t.ok(n + 1 <= 4 + (until - from + STEP) / 1500, `${n + 1} in ${until - from} ms`);
        }),
      );
      t.equal(clock.pending, 0, "nobody waits for ever");
    }),
    { numRuns: 60 },
  );
});
