import t from "tap";
import { RecentMap } from "../../src/kernel/recent-map.ts";

t.test("recent map: beyond its bound it forgets what was neither set nor asked for longest", (t) => {
  const map = new RecentMap<number>(3);
  for (const [index, key] of ["a", "b", "c"].entries()) map.set(key, index);
  t.equal(map.get("a"), 0);
  map.set("b", 7);
  map.set("d", 3);
  t.equal(map.size, 3);
  t.same(
    ["a", "b", "c", "d"].map((key) => map.get(key)),
    [0, 7, undefined, 3],
  );
  t.end();
});
