import { signal } from "@preact/signals";

/** Minutes that one may choose. */
export const SLEEP_MINUTES = [15, 30, 60, 90] as const;
export const LONGER = 15;
const MINUTE = 60_000;

/** What was chosen; it holds from channel to channel, until it is over. */
export interface SleepChoice {
  readonly kind: number | "programme";
  /** ms since 1970 by the box's clock. */
  readonly until: number;
}

export const sleepChoice = signal<SleepChoice | null>(null);

/** @param now ms since 1970 by the box's clock */
export function sleepIn(minutes: number, now: number): SleepChoice {
  return { kind: minutes, until: now + minutes * MINUTE };
}

/** A quarter of an hour more, from now or from the end, whichever is later. */
export function longer({ kind, until }: SleepChoice, now: number): SleepChoice {
  return { kind, until: Math.max(until, now) + LONGER * MINUTE };
}

/** Seconds that are left when it is time to say so; 0: it is over; null: there is nothing to say yet. */
export function lastSeconds({ until }: SleepChoice, now: number): number | null {
  const left = until - now;
  return left > MINUTE ? null : Math.max(0, Math.ceil(left / 1000));
}
