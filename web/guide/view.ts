import { timeAt, xOf, type Axis, type Metrics } from "./axis.ts";

/** What of the grid is in sight: its scrolling frame, px. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What of the grid is drawn: rows, the last one included, and a stretch of time. */
export interface Drawn {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly from: number;
  readonly to: number;
}

/** Rows drawn above and below what is in sight. */
const ROWS_BEYOND = 3;
/** Drawn time begins and ends at whole ones of these, so that most steps of scrolling change nothing, ms. */
const GRAIN = 30 * 60_000;
/** Time drawn on either side, as a part of what is in sight. */
const TIME_BEYOND = 0.4;

/** What is in sight: first and last row, and the time beside the names. */
export function inSight(view: View, metrics: Metrics, axis: Axis, rows: number): Drawn {
  return {
    firstRow: clamp(Math.floor(view.top / metrics.row), 0, rows - 1),
    lastRow: clamp(Math.floor((view.top + view.height - metrics.head - 1) / metrics.row), 0, rows - 1),
    from: timeAt(axis, view.left),
    to: timeAt(axis, view.left + Math.max(0, view.width - metrics.names)),
  };
}

/** What is drawn for it. */
export function drawnFor(view: View, metrics: Metrics, axis: Axis, rows: number): Drawn {
  const seen = inSight(view, metrics, axis, rows);
  return {
    firstRow: clamp(seen.firstRow - ROWS_BEYOND, 0, rows - 1),
    lastRow: clamp(seen.lastRow + ROWS_BEYOND, 0, rows - 1),
    ...drawnTime(seen, axis),
  };
}

/** The stretch of time that is drawn for what is in sight, and has to be known for it. */
export function drawnTime({ from, to }: Pick<Drawn, "from" | "to">, axis: Axis): Pick<Drawn, "from" | "to"> {
  const beyond = (to - from) * TIME_BEYOND;
  return {
    from: Math.max(axis.from, axis.from + Math.floor((from - beyond - axis.from) / GRAIN) * GRAIN),
    to: Math.min(axis.to, axis.from + Math.ceil((to + beyond - axis.from) / GRAIN) * GRAIN),
  };
}

/** Whether nothing that was drawn is among what is to be: a jump, and not a step of scrolling. */
export function isApart(one: Drawn, other: Drawn): boolean {
  return (
    one.to <= other.from ||
    other.to <= one.from ||
    one.lastRow < other.firstRow ||
    other.lastRow < one.firstRow
  );
}

/** Where to scroll so that a stretch of a row's time is in sight, with as little movement as can be. */
export function scrolledTo(
  view: View,
  metrics: Metrics,
  axis: Axis,
  { row, from, to }: { row: number; from: number; to: number },
): { left: number; top: number } {
  const width = Math.max(0, view.width - metrics.names);
  const height = Math.max(0, view.height - metrics.head);
  return {
    left: nearest(view.left, width, xOf(axis, Math.max(axis.from, from)), xOf(axis, Math.min(axis.to, to))),
    top: nearest(view.top, height, row * metrics.row, (row + 1) * metrics.row),
  };
}

/** So much of what begins before the frame is enough to be seen, as a part of the frame: its title moves along. */
const ENOUGH = 0.3;

function nearest(at: number, size: number, from: number, to: number): number {
  if (from < at) return to - at >= size * ENOUGH ? at : from;
  if (to <= at + size) return at;
  return Math.min(from, to - size);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
