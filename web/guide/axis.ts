import { dayAfter, dayStart, DAYS } from "./days.ts";

const MINUTE = 60_000;
/** Between two marks of the time line, ms. */
export const STEP = 30 * MINUTE;
/** What is just over can still be looked at. */
const BEFORE = 60 * MINUTE;

/** How large things are, px. */
export interface Metrics {
  /** Of a minute. */
  readonly minute: number;
  /** Height of a channel's row. */
  readonly row: number;
  /** Width of the column with the channels' names. */
  readonly names: number;
  /** Height of the time line. */
  readonly head: number;
}

/** @param width of the window, px */
export function metricsFor(width: number, height: number): Metrics {
  if (width >= 1600 && height >= 900) return { minute: 8, row: 92, names: 300, head: 52 };
  if (width >= 900 && height > 480) return { minute: 5.6, row: 68, names: 208, head: 40 };
  if (width >= 600) return { minute: 4.8, row: 58, names: 144, head: 32 };
  return { minute: 4, row: 62, names: 92, head: 34 };
}

/** The time line: when it begins and ends, ms since 1970, and px of a minute. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly minute: number;
}

/** From the half hour before what is on now, to the end of the last day. */
export function axisFrom(now: number, minute: number): Axis {
  const midnight = dayStart(now - BEFORE);
  const from = midnight + Math.floor((now - BEFORE - midnight) / STEP) * STEP;
  return { from, to: dayAfter(dayStart(now), DAYS), minute };
}

/** px from the beginning of the time line. */
export function xOf({ from, minute }: Axis, at: number): number {
  return ((at - from) / MINUTE) * minute;
}

/** ms since 1970. */
export function timeAt({ from, minute }: Axis, x: number): number {
  return from + (x / minute) * MINUTE;
}

/** Marks of the time line within [from, to). */
export function marks(axis: Axis, from: number, to: number): number[] {
  const first = Math.max(0, Math.ceil((from - axis.from) / STEP));
  const after = Math.ceil((Math.min(to, axis.to) - axis.from) / STEP);
  return Array.from({ length: Math.max(0, after - first) }, (_, index) => axis.from + (first + index) * STEP);
}

/** Whether the time line begins so long ago, or ends a day too early, that it has to be made anew. */
export function isOutOfDate(axis: Axis, now: number): boolean {
  const fresh = axisFrom(now, axis.minute);
  return fresh.to !== axis.to || fresh.from - axis.from > 3 * 60 * MINUTE || now < axis.from;
}
