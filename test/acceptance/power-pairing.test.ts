import t from "tap";
import { cutPower, seedOfRun } from "../helpers/power-cuts.ts";

// `scripts/test --long power-pairing` cuts a thousand times, and asks that each deed was met before and after
t.test("power: kills during pairing, renewing and removing leave nothing by half", async (t) => {
  const seed = seedOfRun();
  t.comment(`seed ${seed}`);
  const outcomes = await cutPower(t, { kills: 8, seed });
  t.comment(JSON.stringify(outcomes));
  t.ok(Object.values(outcomes).reduce((all, { yes, no }) => all + yes + no, 0) >= 8);
});
