import t from "tap";
import { TimeMap } from "../../../../src/share/live/transcoding/time-map.ts";

const MP2 = (1152 * 90_000) / 48_000;

t.test("time map: counting, however time stamps are rounded", (t) => {
  const map = new TimeMap();
  t.equal(map.at(0), null, "nothing went in");
  const frame = (1152 * 90_000) / 44_100;
  for (let count = 0; count < 2000; count++) map.add(1000 + Math.round(count * frame), frame);
  t.equal(map.at(0), 1000);
  t.equal(map.at(1999 * frame), 1000 + 1999 * frame, "no drift, no jitter");
  t.equal(map.at(-1920), 1000 - 1920, "what comes before");
  t.end();
});

t.test("time map: a jump of the source is one at its place", (t) => {
  const map = new TimeMap();
  map.add(0, MP2);
  map.add(MP2, MP2);
  map.add(90_000, MP2);
  t.equal(map.at(2 * MP2 - 1), 2 * MP2 - 1);
  t.equal(map.at(2 * MP2), 90_000);
  t.equal(map.at(3 * MP2), 90_000 + MP2);
  t.end();
});

t.test("time map: a clock that drifts is followed within a millisecond", (t) => {
  const map = new TimeMap();
  for (let count = 0; count < 10_000; count++) {
    const pts = Math.round(count * (MP2 + 0.1));
    const position = map.add(pts, MP2);
    const off = Math.abs((map.at(position) ?? 0) - pts);
    if (off > 91) t.fail(`${off} ticks off`);
  }
  t.pass("it is");
  t.end();
});
