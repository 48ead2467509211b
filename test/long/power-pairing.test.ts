import t from "tap";
import { cutPower, seedOfRun } from "../helpers/power-cuts.ts";

/** A kill takes between one and two seconds. */
const KILLS = Number(process.env["TELLYPORT_LONG_KILLS"] ?? 1000);

t.test(`power: ${KILLS} kills during pairing, renewing and removing leave nothing by half`, async (t) => {
  const seed = seedOfRun();
  t.comment(`seed ${seed}`);
  const outcomes = await cutPower(t, { kills: KILLS, seed, sayEvery: 50 });
  t.comment(JSON.stringify(outcomes));
  for (const [deed, { yes, no }] of Object.entries(outcomes))
    t.ok(yes > 0 && no > 0, `the power went before and after: ${deed} ${yes} of ${yes + no}`);
});
