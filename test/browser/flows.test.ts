import t from "tap";
import { skipWithoutBrowser } from "./fake-media.ts";
import * as flows from "./flows.ts";
import { PORTRAIT, TELEVISION, type Size } from "./flows-hand.ts";
import { openHouse, visit } from "./flows-house.ts";

/** What needs the real daemon most, on one size each; `scripts/test --long flows` has all flows on all four. */
const ROUND: readonly (readonly [Size, readonly (readonly [string, flows.Flow])[]])[] = [
  [
    PORTRAIT,
    [
      ["network loss", flows.networkLoss],
      ["revoked", flows.revoked],
    ],
  ],
  [TELEVISION, [["box restart", flows.boxRestart]]],
];

t.test(
  "flows: what people do, on the real daemon, each on one size",
  { skip: skipWithoutBrowser() },
  async (t) => {
    t.setTimeout(600_000);
    const house = await openHouse(t);
    for (const [size, todo] of ROUND) {
      const on = await visit(house, size);
      await flows.pair(t, on);
      for (const [name, flow] of todo)
        await t.test(`${name}, ${size.name} by ${size.by}`, (t) => flow(t, on));
      await on.page.context().close();
    }
  },
);
