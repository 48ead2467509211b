import t from "tap";
import { Attempts } from "../../src/access-control/attempts.ts";

const HOUR = 3_600_000;

t.test("attempts: T1 a sender is heard ten times an hour, whatever others do", (t) => {
  const attempts = new Attempts(10, 20);
  for (let n = 0; n < 10; n++) {
    t.ok(attempts.heard("192.0.2.1", n));
    attempts.countWrong("192.0.2.1", n, false);
  }
  t.notOk(attempts.heard("192.0.2.1", 10));
  for (let n = 0; n < 5000; n++) attempts.countWrong(`192.0.2.${2 + (n % 200)}`, 10, false);
  t.notOk(attempts.heard("192.0.2.1", HOUR - 1), "five thousand wrong ones of others do not wash that away");
  t.ok(attempts.heard("192.0.2.1", HOUR), "an hour later the first is forgotten");
  attempts.countWrong("192.0.2.1", HOUR, false);
  t.notOk(attempts.heard("192.0.2.1", HOUR));
  t.notOk(attempts.locked, "what was aimed at nothing closes nothing");
  t.end();
});

t.test("attempts: T1 twenty guesses close pairing, and nothing but standing at the box opens it", (t) => {
  const attempts = new Attempts(10, 20);
  for (let n = 0; n < 19; n++) t.notOk(attempts.countWrong(`2001:db8:${n}::1`, n, true));
  t.ok(attempts.countWrong("2001:db8:99::1", 20, true), "the twentieth says so");
  t.ok(attempts.locked);
  for (let n = 0; n < 3000; n++) {
    t.notOk(attempts.countWrong("192.0.2.1", 20 + n, false));
    t.notOk(attempts.countWrong("192.0.2.2", 20 + n, true), "and none after it");
  }
  t.ok(attempts.locked, "thousands of wrong proofs later");
  t.notOk(attempts.heard("192.0.2.3", 2 * HOUR));
  t.ok(attempts.locked, "hours later");
  attempts.unlock();
  t.notOk(attempts.locked);
  t.ok(attempts.heard("192.0.2.1", 2 * HOUR), "whoever tried meanwhile, too");
  t.end();
});

t.test("attempts: guesses of more than an hour do not add up", (t) => {
  const attempts = new Attempts(10, 20);
  for (let n = 0; n < 100; n++) t.notOk(attempts.countWrong("192.0.2.1", n * (HOUR / 18), true));
  t.notOk(attempts.locked);
  t.end();
});

t.test("attempts: T1 what is aimed at no open offer closes pairing for nobody but its sender", (t) => {
  const attempts = new Attempts(10, 20);
  for (let n = 0; n < 200; n++) t.notOk(attempts.countWrong(`10.0.0.${n}`, n, false));
  t.ok(attempts.heard("10.1.0.1", 200), "others are still heard");
  for (let n = 0; n < 10; n++) attempts.countWrong("10.2.0.1", 300, false);
  t.notOk(attempts.heard("10.2.0.1", 300), "who tries so often is not");
  t.end();
});
