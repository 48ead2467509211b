import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** A wall clock that a test sets, under a program of Node's; monotonic time goes its own way, as on a real machine. */
export interface WallClock {
  /** To put before a command so that it runs with this clock. */
  readonly wrapper: readonly string[];
  /** @param epochMs what the wall clock says from now on (within a quarter of a second); it runs */
  set(epochMs: number): Promise<void>;
}

const SCRIPT = `"use strict";
const { readFileSync } = require("node:fs");
const path = process.env.TEST_WALL_CLOCK;
const Real = Date;
let ahead = Number(readFileSync(path, "utf8"));
setInterval(() => {
  const text = readFileSync(path, "utf8");
  if (text.endsWith("\\n")) ahead = Number(text);
}, 200).unref();
globalThis.Date = class Date extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + ahead);
    else super(...parts);
  }
  static now() {
    return Real.now() + ahead;
  }
};
`;

/** Makes the clock and sets it. */
export async function wallClock(t: Teardown, epochMs: number): Promise<WallClock> {
  const folder = await temporaryFolder(t);
  const script = join(folder, "wall-clock.cjs");
  const file = join(folder, "ahead");
  const set = (time: number): Promise<void> => writeFile(file, `${time - Date.now()}\n`);
  await writeFile(script, SCRIPT);
  await set(epochMs);
  return { wrapper: ["env", `TEST_WALL_CLOCK=${file}`, `NODE_OPTIONS=--require=${script}`], set };
}
