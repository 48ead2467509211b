import t from "tap";
import { skipWithoutBrowser } from "../browser/fake-media.ts";
import * as flows from "../browser/flows.ts";
import { SIZES } from "../browser/flows-hand.ts";
import { comeHome, openHouse, visit } from "../browser/flows-house.ts";

/** On each size; `TELLYPORT_ZAPS` says otherwise. */
const ZAPS = Number(process.env["TELLYPORT_ZAPS"] ?? 50);

const ALL: readonly (readonly [string, flows.Flow])[] = [
  ["zap", flows.zap(ZAPS)],
  ["pause, rewind, live", flows.pauseAndRewind],
  ["languages", flows.languages],
  ["guide and search", flows.guideAndSearch],
  ["owner's page", flows.ownersPage],
  ["scrambled", flows.scrambled],
  ["no signal", flows.noSignal],
  ["no tuner free", flows.noTunerFree],
  ["revoked", flows.revoked],
  ["network loss", flows.networkLoss],
  ["box restart", flows.boxRestart],
  ["TV page", flows.tvPage],
];

/** Of one alone, where `TELLYPORT_SIZE` names it. */
const wanted = process.env["TELLYPORT_SIZE"];

for (const size of SIZES.filter(({ name }) => wanted === undefined || name === wanted)) {
  t.test(
    `flows: all that people do, on ${size.name} by ${size.by}`,
    { skip: skipWithoutBrowser() },
    async (t) => {
      t.setTimeout(1_200_000);
      const house = await openHouse(t);
      const on = await visit(house, size);
      await flows.pair(t, on);
      for (const [name, flow] of ALL) {
        await t.test(name, (t) => flow(t, on));
        await comeHome(on);
      }
    },
  );
}
