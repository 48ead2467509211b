import type { Programme } from "../../src/protocol/api.ts";

const MINUTE = 60_000;
/** What is not known yet is drawn in pieces of this length, ms. */
const PENDING = 60 * MINUTE;
/** A pause between two programmes that is not worth a cell, ms. */
const SEAM = MINUTE;

/** A stretch of one channel's time. */
export interface Cell {
  /** `gap`: the box has nothing for it; `pending`: it was not told yet. */
  readonly kind: "programme" | "gap" | "pending";
  /** ms since 1970. */
  readonly from: number;
  readonly to: number;
  readonly programme: Programme | null;
}

/** A stretch of time that was asked for, and what came. */
export interface Told {
  readonly from: number;
  readonly to: number;
  readonly programmes: readonly Programme[];
}

/**
 * The cells of everything that was told of one channel, in order, none over another.
 * @param told in order, none over another
 */
export function cellsOf(told: readonly Told[]): Cell[] {
  const programmes = programmeCells(told);
  const cells: Cell[] = [];
  let next = 0;
  let at = -Infinity;
  for (const run of runs(told)) {
    at = Math.max(at, run.from);
    for (; next < programmes.length; next++) {
      const cell = programmes[next];
      if (cell === undefined || cell.from >= run.to) break;
      if (cell.to <= run.from) continue;
      if (cell.from - at > SEAM) cells.push(gap(at, cell.from));
      cells.push(cell);
      at = cell.to;
    }
    if (run.to - at > SEAM) cells.push(gap(at, run.to));
  }
  return cells;
}

const gap = (from: number, to: number): Cell => ({ kind: "gap", from, to, programme: null });

/** Stretches that follow each other without a break are one. */
function runs(told: readonly Told[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of told) {
    const last = found.at(-1);
    if (last !== undefined && last.to >= from) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}

/** Each programme once; where broadcasters have two at a time, the later one cuts the former short. */
function programmeCells(told: readonly Told[]): Cell[] {
  const byStart = new Map<number, Cell>();
  for (const { programmes } of told)
    for (const programme of programmes) {
      const from = Date.parse(programme.startsAt);
      const to = Date.parse(programme.endsAt);
      if (to > from) byStart.set(from, { kind: "programme", from, to, programme });
    }
  const ordered = [...byStart.values()].sort((a, b) => a.from - b.from);
  return ordered.map((cell, index) => {
    const next = ordered[index + 1];
    return next !== undefined && next.from < cell.to ? { ...cell, to: next.from } : cell;
  });
}

/** Index of the first cell that ends after `at`; the number of cells when none does. */
function firstAfter(cells: readonly Cell[], at: number): number {
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle]?.to ?? Infinity) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What is drawn of [from, to): the cells that touch it, and between them what is not known yet. */
export function cellsBetween(known: readonly Cell[], from: number, to: number): Cell[] {
  const found: Cell[] = [];
  let index = firstAfter(known, from);
  let after = known[index - 1]?.to ?? -Infinity;
  for (; ; index++) {
    const cell = known[index];
    const before = cell?.from ?? Infinity;
    if (before - after > SEAM) addPending(found, after, before, from, to);
    if (cell === undefined || cell.from >= to) return found;
    found.push(cell);
    after = cell.to;
  }
}

/** Pieces of (after, before) that touch [from, to); they begin at whole hours, and are the same whatever part is looked at. */
function addPending(cells: Cell[], after: number, before: number, from: number, to: number): void {
  const end = Math.min(before, to);
  for (let at = Math.floor(Math.max(after, from) / PENDING) * PENDING; at < end; at += PENDING)
    cells.push({
      kind: "pending",
      from: Math.max(at, after),
      to: Math.min(at + PENDING, before),
      programme: null,
    });
}

/** The cell that holds `at`. */
export function cellAt(known: readonly Cell[], at: number): Cell {
  const [cell] = cellsBetween(known, at, at + SEAM + 1);
  return cell ?? { kind: "pending", from: at, to: at + PENDING, programme: null };
}

/** Whether two would look the same. */
export function sameCell(one: Cell, other: Cell): boolean {
  return (
    one === other ||
    (one.kind === other.kind &&
      one.from === other.from &&
      one.to === other.to &&
      one.programme === other.programme)
  );
}
