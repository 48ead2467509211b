import fc from "fast-check";
import t from "tap";
import { InputQueue, type QueuedUnit } from "../../../../src/share/live/transcoding/input-queue.ts";

const unit = (pts: number, randomAccess = false, size = 10): QueuedUnit => ({
  pts,
  randomAccess,
  bytes: Buffer.alloc(size),
});
const drain = (queue: InputQueue): number[] => {
  const times: number[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) times.push(next.pts);
  return times;
};

t.test("input queue: begins at a random access point", (t) => {
  const queue = new InputQueue({ ticks: 1000, bytes: 1000 });
  for (const next of [unit(1), unit(2, true), unit(3)]) queue.push(next);
  t.same(drain(queue), [2, 3]);
  t.equal(queue.dropped, 1);
  t.end();
});

t.test("input queue: what is too much goes in whole groups", (t) => {
  const queue = new InputQueue({ ticks: 50, bytes: 1000 });
  for (let pts = 0; pts <= 60; pts += 10) queue.push(unit(pts, pts % 30 === 0));
  t.same(drain(queue), [30, 40, 50, 60], "the oldest");
  for (let pts = 70; pts <= 130; pts += 10) queue.push(unit(pts, pts === 70));
  t.same(drain(queue), [], "all of a group that is too long alone");
  for (const next of [unit(140), unit(150, true), unit(145), unit(160)]) queue.push(next);
  t.same(drain(queue), [150, 160], "and then nothing that refers to what is gone");
  t.end();
});

t.test("input queue: a new decoder gets nothing that it cannot decode", (t) => {
  const queue = new InputQueue({ ticks: 1000, bytes: 1000 });
  for (const next of [unit(10, true), unit(20), unit(30), unit(50, true), unit(40), unit(60)])
    queue.push(next);
  queue.shift();
  queue.startOver();
  t.same(drain(queue), [50, 60]);
  queue.startOver();
  queue.push(unit(70));
  t.same(drain(queue), [], "nor when the queue is empty");
  t.end();
});

t.test("input queue: never more than its limits, whatever comes", (t) => {
  const limits = { ticks: 100, bytes: 500 };
  const units = fc.array(
    fc.record({
      step: fc.nat(60),
      randomAccess: fc.boolean(),
      size: fc.nat(200),
      take: fc.boolean(),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(units, (steps) => {
      const queue = new InputQueue(limits);
      let pts = 1000;
      for (const { step, randomAccess, size, take } of steps) {
        pts += step;
        queue.push(unit(pts, randomAccess, size));
        if (take) queue.shift();
      }
      const rest: QueuedUnit[] = [];
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) rest.push(next);
      const bytes = rest.reduce((sum, { bytes: { length } }) => sum + length, 0);
      const span = (rest.at(-1)?.pts ?? 0) - (rest[0]?.pts ?? 0);
      return bytes <= limits.bytes && span <= limits.ticks;
    }),
  );
  t.pass("checked");
  t.end();
});
