import type { Cell } from "./cells.ts";

/** Where the keys are in the grid: a row, and the time that is kept when one goes up and down. */
export interface Cursor {
  readonly row: number;
  readonly time: number;
}

export interface Ground {
  readonly rows: number;
  /** Rows that are in sight at once. */
  readonly page: number;
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly cellAt: (row: number, time: number) => Cell;
}

/** @returns where the key leads; `up` or `left` when that is out of the grid; null: it is no key of the grid */
export function moved(key: string, at: Cursor, ground: Ground): Cursor | "up" | "left" | null {
  switch (key) {
    case "ArrowUp":
      return at.row === 0 ? "up" : rows(at, -1, ground);
    case "ArrowDown":
      return rows(at, 1, ground);
    case "PageUp":
    case "ChannelUp":
      return rows(at, -ground.page, ground);
    case "PageDown":
    case "ChannelDown":
      return rows(at, ground.page, ground);
    case "ArrowRight":
      return later(at, ground);
    case "ArrowLeft":
      return earlier(at, ground);
    case "Home":
      return { row: at.row, time: ground.now };
    default:
      return null;
  }
}

function rows({ row, time }: Cursor, step: number, ground: Ground): Cursor {
  return { row: Math.max(0, Math.min(ground.rows - 1, row + step)), time };
}

function later(at: Cursor, ground: Ground): Cursor {
  const { to } = ground.cellAt(at.row, at.time);
  return to >= ground.to ? at : within(at.row, to, ground);
}

function earlier(at: Cursor, ground: Ground): Cursor | "left" {
  const { from } = ground.cellAt(at.row, at.time);
  return from <= ground.from ? "left" : within(at.row, from - 1, ground);
}

/** In the cell that holds `time`: at its beginning, or now, so that up and down lead to what is on now. */
function within(row: number, time: number, { cellAt, from: first, now }: Ground): Cursor {
  const { from, to } = cellAt(row, time);
  const isOn = from <= now && now < to;
  return { row, time: isOn ? now : Math.max(from, first) };
}
