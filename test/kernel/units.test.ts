import t from "tap";
import { PTS_WRAP, wrapDelta } from "../../src/kernel/units.ts";

t.test("units: the distance between 33-bit stamps goes the short way round", (t) => {
  t.equal(wrapDelta(0, 90_000), 90_000);
  t.equal(wrapDelta(PTS_WRAP - 1, 0), 1);
  t.equal(wrapDelta(0, PTS_WRAP - 1), -1);
  t.equal(wrapDelta(5, 5), 0);
  t.end();
});
