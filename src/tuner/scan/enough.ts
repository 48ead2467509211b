import type { MuxTables } from "../mux-tables.ts";
import type { Delivery } from "../ports.ts";
import { familyOf } from "./same-multiplex.ts";

/** What tables a visit waits for, in the words of {@link MuxTables}. */
export type TableState = Pick<MuxTables, "hasPat" | "hasSdt" | "hasNit" | "hasEveryPmt" | "batPending">;

/** PMTs come ten times a second; of services that are named and not on air none comes. @see TR 101 211 §4.4.1 */
const PMT_MS = 2500;
/** A BAT comes every 10 s where there is one. @see TR 101 211 §4.4.1 */
const BAT_MS = 10_500;

/**
 * Whether a visit has seen what there is: PAT, SDT and NIT whole, the PMTs unless they keep away, and a BAT that has begun to come.
 * @param sinceLock ms
 */
export function enough(tables: TableState, sinceLock: number): boolean {
  if (!tables.hasPat || !tables.hasSdt || !tables.hasNit) return false;
  return (tables.hasEveryPmt || sinceLock >= PMT_MS) && (!tables.batPending || sinceLock >= BAT_MS);
}

/**
 * Longest stay after the lock, ms: a little more than the longest period of a NIT, which is 10 s.
 * @see EN 300 468 §5.1.4, TR 101 211 §4.4
 */
export function longestStayMs(delivery: Delivery): number {
  return familyOf(delivery) === "other" ? 6000 : 12_000;
}
