import type { Channel } from "../../../src/protocol/api.ts";
import { marks, timeAt, xOf, type Axis, type Metrics } from "../../guide/axis.ts";
import type { Cell } from "../../guide/cells.ts";
import type { Cursor } from "../../guide/moves.ts";
import { drawnFor, inSight, isApart, scrolledTo, type Drawn, type View } from "../../guide/view.ts";
import { hours, shortDay } from "../../i18n/guide.ts";
import { someLogos } from "../live/channel-logo.tsx";
import type { Shown } from "./grid-cell.ts";
import { GridRow, type RowContent, type Spare } from "./grid-row.ts";

/** Cells made in one frame while one scrolls: what a slow phone can do beside it. */
const CELLS_A_FRAME = 28;
const MOST_SPARE_ROWS = 8;

export interface GridContent {
  readonly channels: readonly Channel[];
  readonly axis: Axis;
  readonly metrics: Metrics;
  readonly now: number;
  readonly cells: (channel: string) => readonly Cell[];
  readonly reminded: (channel: string, cell: Cell) => boolean;
}

/** What the grid is drawn into. */
export interface GridElements {
  /** What scrolls. */
  readonly frame: HTMLElement;
  readonly area: HTMLElement;
  readonly corner: HTMLElement;
  readonly marks: HTMLElement;
  readonly line: HTMLElement;
  readonly names: HTMLElement;
  readonly body: HTMLElement;
}

/**
 * Draws what is in sight of the grid and a little around it, and uses elements again. Preact would compare all of them at each
 * step of scrolling, which a cheap phone has no time for.
 */
export class GridPainter {
  readonly #to: GridElements;
  readonly #onSeen: (seen: Drawn) => void;
  #content: GridContent;
  #view: View = { left: 0, top: 0, width: 0, height: 0 };
  #drawn: Drawn | null = null;
  #logos = false;
  readonly #rows = new Map<number, GridRow>();
  readonly #marks = new Map<number, HTMLElement>();
  readonly #spareRows: GridRow[] = [];
  readonly #spare: Spare = [];
  #frame = 0;
  #cursor: Cursor | null = null;
  #tabStop: HTMLElement | null = null;

  /** @param onSeen told after each painting */
  constructor(to: GridElements, content: GridContent, onSeen: (seen: Drawn) => void) {
    this.#to = to;
    this.#content = content;
    this.#onSeen = onSeen;
    this.#measure();
    this.#layOut();
  }

  get cursor(): Cursor | null {
    return this.#cursor;
  }

  get seen(): Drawn {
    const { metrics, axis, channels } = this.#content;
    return inSight(this.#view, metrics, axis, channels.length);
  }

  /** At the next frame. */
  later(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.paint();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }

  /** Another content. @param anew nothing of what is drawn can stay as it is: sizes, language, or channels are others */
  show(content: GridContent, anew: boolean): void {
    const former = this.#content;
    this.#content = content;
    if (anew) {
      for (const row of this.#rows.values()) row.forget(this.#spare);
      for (const mark of this.#marks.values()) mark.remove();
      this.#marks.clear();
      this.#drawn = null;
      this.#measure();
      this.#layOut();
    } else if (former.now !== content.now || former.reminded !== content.reminded) {
      for (const row of this.#rows.values()) if (row.channel) row.dress(this.#rowContent(row.channel));
      this.#moveLine();
    }
    this.paint();
  }

  /** The frame has another size. */
  resized(): void {
    this.#measure();
    this.paint();
  }

  scrollTo(left: number, top?: number): void {
    this.#to.frame.scrollLeft = left;
    if (top !== undefined) this.#to.frame.scrollTop = top;
    this.paint();
  }

  /** Where the frame has to be scrolled to so that `time` is near its left side. @param share of its width before it */
  leftFor(time: number, share = 0): number {
    const { metrics, axis } = this.#content;
    return Math.max(0, xOf(axis, time) - share * Math.max(0, this.#view.width - metrics.names));
  }

  /** Puts the keys' place somewhere and brings it into sight. */
  moveTo(cursor: Cursor, cell: Cell): void {
    const { metrics, axis } = this.#content;
    this.#cursor = cursor;
    const { left, top } = scrolledTo(this.#view, metrics, axis, { row: cursor.row, ...cell });
    const { frame } = this.#to;
    if (left !== this.#view.left) frame.scrollLeft = left;
    if (top !== this.#view.top) frame.scrollTop = top;
    this.paint(true);
    this.#tabStop?.focus({ preventScroll: true });
  }

  /** Somebody has put the focus on a cell. */
  take(element: Element): void {
    const found = this.find(element);
    if (found === null) return;
    const { now } = this.#content;
    const { from, to } = found.cell;
    const time = from <= now && now < to ? now : Math.max(from, this.#content.axis.from);
    this.#cursor = { row: found.row, time };
    this.#setTabStop();
  }

  /** Whose cell an element is, or is in. */
  find(element: Element): { row: number; channel: Channel; cell: Cell } | null {
    const own = element.closest(".guide-cell");
    if (own === null) return null;
    for (const [index, row] of this.#rows) {
      const shown = row.shown.find((one) => one.element === own);
      if (shown !== undefined && row.channel !== null)
        return { row: index, channel: row.channel, cell: shown.cell };
    }
    return null;
  }

  /** @param whole all of it now, however long it takes */
  paint(whole = false): void {
    const { channels, metrics, axis } = this.#content;
    const { frame, body } = this.#to;
    this.#view = { ...this.#view, left: frame.scrollLeft, top: frame.scrollTop };
    const drawn = drawnFor(this.#view, metrics, axis, channels.length);
    const seen = this.seen;
    const hadFocus = body.contains(document.activeElement);
    let most = whole || this.#drawn === null || isApart(this.#drawn, drawn) ? Infinity : CELLS_A_FRAME;
    for (const [index, row] of this.#rows)
      if (index < drawn.firstRow || index > drawn.lastRow || channels[index] === undefined)
        this.#dismiss(index, row);
    for (const index of nearestFirst(drawn, seen)) {
      const channel = channels[index];
      if (channel === undefined) continue;
      if (most <= 0) break;
      const row = this.#row(index, channel);
      most -= row.fill(this.#rowContent(channel), drawn, this.#spare, most);
    }
    for (const row of this.#rows.values()) row.setEdge(seen.from);
    this.#drawn = drawn;
    this.#paintMarks(drawn, seen);
    this.#setTabStop();
    if (hadFocus && document.activeElement !== this.#tabStop) (this.#tabStop ?? frame).focus(QUIETLY);
    if (most <= 0) this.later();
    this.#onSeen(seen);
  }

  #rowContent(channel: Channel): RowContent {
    const { axis, now, reminded, cells } = this.#content;
    return { channel, axis, now, reminded, cells: cells(channel.id) };
  }

  #row(index: number, channel: Channel): GridRow {
    let row = this.#rows.get(index);
    if (row?.channel === channel) return row;
    if (row === undefined) {
      row = this.#spareRows.pop() ?? new GridRow();
      this.#rows.set(index, row);
      this.#to.body.append(row.element);
      this.#to.names.append(row.name);
    }
    row.place(index, this.#content.metrics.row, channel, this.#logos);
    return row;
  }

  #dismiss(index: number, row: GridRow): void {
    this.#rows.delete(index);
    row.clear(this.#spare);
    if (this.#spareRows.length < MOST_SPARE_ROWS) this.#spareRows.push(row);
  }

  #paintMarks(drawn: Drawn, seen: Drawn): void {
    const { axis, now } = this.#content;
    const wanted = new Set(marks(axis, drawn.from, drawn.to));
    const unused: HTMLElement[] = [];
    for (const [time, mark] of this.#marks)
      if (!wanted.has(time)) {
        this.#marks.delete(time);
        unused.push(mark);
      }
    for (const time of wanted) {
      if (this.#marks.has(time)) continue;
      const mark = unused.pop() ?? this.#to.marks.appendChild(document.createElement("span"));
      mark.style.left = `${xOf(axis, time)}px`;
      const midnight = new Date(time).getHours() + new Date(time).getMinutes() === 0;
      mark.className = midnight ? "midnight" : "";
      mark.textContent = midnight ? shortDay(time, now) : hours(time);
      this.#marks.set(time, mark);
    }
    for (const mark of unused) mark.remove();
    const day = shortDay(Math.max(seen.from, axis.from), now);
    if (this.#to.corner.textContent !== day) this.#to.corner.textContent = day;
  }

  /** One cell can be reached by the Tab key; when that is out of sight, the frame. */
  #setTabStop(): void {
    const shown = this.#shownAtCursor();
    const stop = shown?.element ?? null;
    if (stop !== this.#tabStop) {
      if (this.#tabStop !== null) this.#tabStop.tabIndex = -1;
      if (stop !== null) stop.tabIndex = 0;
      this.#tabStop = stop;
    }
    this.#to.frame.tabIndex = stop === null ? 0 : -1;
  }

  #shownAtCursor(): Shown | null {
    if (this.#cursor === null) return null;
    return this.#rows.get(this.#cursor.row)?.at(this.#cursor.time) ?? null;
  }

  #measure(): void {
    const { frame } = this.#to;
    this.#view = {
      left: frame.scrollLeft,
      top: frame.scrollTop,
      width: frame.clientWidth,
      height: frame.clientHeight,
    };
  }

  #layOut(): void {
    const { axis, metrics, channels } = this.#content;
    const { area, frame } = this.#to;
    this.#logos = someLogos(channels);
    area.style.width = `${metrics.names + xOf(axis, axis.to)}px`;
    area.style.height = `${metrics.head + channels.length * metrics.row}px`;
    frame.style.setProperty("--rows", `${channels.length * metrics.row}px`);
    frame.style.setProperty("--names", `${metrics.names}px`);
    frame.style.setProperty("--row", `${metrics.row}px`);
    frame.style.setProperty("--head", `${metrics.head}px`);
    this.#moveLine();
  }

  #moveLine(): void {
    const { axis, metrics, now } = this.#content;
    this.#to.line.style.transform = `translateX(${metrics.names + xOf(axis, now)}px)`;
  }

  /** The time at the left side of what is in sight. */
  get leftTime(): number {
    return timeAt(this.#content.axis, this.#view.left);
  }
}

const QUIETLY = { preventScroll: true } as const;

/** Rows in sight come before those around them. */
function nearestFirst(drawn: Drawn, seen: Drawn): number[] {
  const rows: number[] = [];
  for (let row = seen.firstRow; row <= seen.lastRow; row++) rows.push(row);
  for (let row = seen.lastRow + 1; row <= drawn.lastRow; row++) rows.push(row);
  for (let row = seen.firstRow - 1; row >= drawn.firstRow; row--) rows.push(row);
  return rows;
}
