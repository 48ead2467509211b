import type { Box } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { recall, remember } from "../memory.ts";
import { reachedOf, waysOf, type Reached, type Way } from "./ways.ts";

const REACHED = "reached";
/** Milliseconds between writing down that the box is still there. */
const AGAIN = 60_000;

/** Where and when the box was reached last; null: never, from here. */
export function lastReached(): Reached | null {
  return reachedOf(recall(REACHED));
}

let written = 0;

/** The box has just answered. @param ways where else it is; absent: as known */
export function noteReached({ id, name }: Pick<Box, "id" | "name">, ways?: readonly Way[]): void {
  const now = Date.now();
  if (ways === undefined && now - written < AGAIN) return;
  written = now;
  const before = lastReached();
  const known = before?.box === id ? before.ways : [];
  remember(REACHED, JSON.stringify({ box: id, name, at: now, ways: ways ?? known } satisfies Reached));
}

/** Asks the box where it is: it tells those whom it knows. */
export async function learnWays(connection: BoxConnection): Promise<void> {
  const box = await connection.call<Box>("GET", "/api/v1/box").catch(() => null);
  if (box !== null) noteReached(box, waysOf(box));
}
