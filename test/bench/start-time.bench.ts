import { startDaemon } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { median, note, rounded, withTeardown, type Figure } from "./figure.ts";

export const ids = ["start-time", "start-time-first"] as const;

const STARTS = 5;

/**
 * `start-time`: from the start of the process `tellyport run` until it listens, with the keys and the database of an
 * earlier run. `start-time-first`: the same in an empty state directory, where keys and a certificate have to be made.
 */
export async function run(): Promise<Figure[]> {
  const first: number[] = [];
  const again: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    await withTeardown(async (t) => {
      const state = await temporaryFolder(t);
      for (const times of [first, again]) {
        const from = performance.now();
        const box = await startDaemon(t, { state });
        times.push((performance.now() - from) / 1000);
        const code = await box.stop();
        if (code !== 0) throw new Error(`the daemon ended with ${code}`);
      }
    });
  }
  note(`start-time: ${again.map((seconds) => seconds.toFixed(2)).join(", ")} s`);
  return [
    { id: "start-time", value: rounded(median(again)), unit: "s", goal: "print" },
    { id: "start-time-first", value: rounded(median(first)), unit: "s", goal: "print" },
  ];
}
