import type { Clock } from "./clock.ts";

/** Whether the wall clock can be believed. */
export type ClockState = "synchronised" | "unsynchronised";

/**
 * A box without a clock battery starts in 1970 until the network tells it the time: before the release was made it
 * cannot be now.
 * @param releasedAt epoch milliseconds
 */
export function clockState(clock: Clock, releasedAt: number): ClockState {
  return clock.now() < releasedAt ? "unsynchronised" : "synchronised";
}
