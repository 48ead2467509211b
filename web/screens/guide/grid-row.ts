import { h, render } from "preact";
import type { Channel } from "../../../src/protocol/api.ts";
import { xOf, type Axis } from "../../guide/axis.ts";
import { cellsBetween, sameCell, type Cell } from "../../guide/cells.ts";
import type { Drawn } from "../../guide/view.ts";
import { ChannelLogo } from "../live/channel-logo.tsx";
import { dressCell, newCell, type Shown } from "./grid-cell.ts";

export interface RowContent {
  readonly channel: Channel;
  readonly axis: Axis;
  readonly cells: readonly Cell[];
  readonly now: number;
  readonly reminded: (channel: string, cell: Cell) => boolean;
}

/** Elements of cells that are out of sight, to be used again. */
export type Spare = Shown[];
const MOST_SPARE = 60;

/** One channel's row: its name, and the cells that are drawn. */
export class GridRow {
  readonly element = document.createElement("div");
  /** Its place is in the column of names, which is one thing that stays at the side, and not one for each row. */
  readonly name = document.createElement("div");
  readonly #number = document.createElement("span");
  readonly #logo = document.createElement("span");
  readonly #title = document.createElement("span");
  #hasLogo = false;
  #channel: Channel | null = null;
  #known: readonly Cell[] | null = null;
  #from = NaN;
  #to = NaN;
  #shown: Shown[] = [];
  #edge: Shown | null = null;

  constructor() {
    this.element.className = "guide-row";
    this.element.setAttribute("role", "row");
    this.name.className = "guide-name";
    this.#number.className = "number";
    this.#title.className = "name";
    this.#logo.className = "guide-logo";
    this.name.append(this.#number, this.#logo, this.#title);
  }

  get shown(): readonly Shown[] {
    return this.#shown;
  }

  get channel(): Channel | null {
    return this.#channel;
  }

  /** @param logos whether rows have a place for one */
  place(index: number, height: number, channel: Channel, logos: boolean): void {
    if (channel.id !== this.#channel?.id) this.#known = null;
    if (channel !== this.#channel || logos !== this.#hasLogo) {
      this.#number.textContent = String(channel.number);
      this.#title.textContent = channel.name;
      this.name.dataset.watch = channel.id;
      this.#showLogo(logos ? channel : null);
    }
    this.#channel = channel;
    this.element.style.top = this.name.style.top = `${index * height}px`;
    this.element.setAttribute("aria-rowindex", String(index + 1));
  }

  /**
   * Draws what is missing, and takes away what is not wanted any more.
   * @param most cells that may be made now
   * @returns how many were; more than `most` are never, and the row is not complete then
   */
  fill(content: RowContent, { from, to }: Drawn, spare: Spare, most: number): number {
    if (content.cells === this.#known && from === this.#from && to === this.#to) return 0;
    const wanted = cellsBetween(content.cells, from, to);
    const former = new Map(this.#shown.map((shown) => [shown.cell.from, shown]));
    const next: Shown[] = [];
    const missing: Cell[] = [];
    for (const cell of wanted) {
      const shown = former.get(cell.from);
      if (shown !== undefined && sameCell(shown.cell, cell)) {
        former.delete(cell.from);
        next.push(shown);
      } else missing.push(cell);
    }
    for (const shown of former.values()) this.#release(shown, spare);
    const some = missing.slice(0, most);
    for (const cell of some) next.push(this.#add(cell, content, spare));
    this.#shown = next.sort((a, b) => a.cell.from - b.cell.from);
    this.#inOrder();
    const complete = some.length === missing.length;
    this.#known = complete ? content.cells : null;
    [this.#from, this.#to] = [from, to];
    return some.length;
  }

  #release(shown: Shown, spare: Spare): void {
    if (this.#edge === shown) this.#setEdge(null);
    shown.element.remove();
    if (spare.length < MOST_SPARE) spare.push(shown);
  }

  #add(cell: Cell, { axis, channel, now, reminded }: RowContent, spare: Spare): Shown {
    const shown = spare.pop() ?? newCell();
    const left = Math.max(0, xOf(axis, cell.from));
    shown.element.style.left = `${left}px`;
    shown.element.style.width = `${xOf(axis, Math.min(cell.to, axis.to)) - left}px`;
    shown.cell = cell;
    dressCell(shown, channel, { now, reminded: reminded(channel.id, cell) });
    return shown;
  }

  /** As they follow each other in time they are read. */
  #inOrder(): void {
    let before: Element | null = null;
    for (const { element } of this.#shown) {
      const place: ChildNode | null = before === null ? this.element.firstChild : before.nextSibling;
      if (place !== element) this.element.insertBefore(element, place);
      before = element;
    }
  }

  /** What is on, over, and reminded of may have changed. */
  dress({ channel, now, reminded }: RowContent): void {
    for (const shown of this.#shown)
      dressCell(shown, channel, { now, reminded: reminded(channel.id, shown.cell) });
  }

  /** The cell that begins before what is in sight keeps its title in sight. @param time at the left of the frame */
  setEdge(time: number): void {
    const edge = this.#shown.find(({ cell }) => cell.to > time);
    this.#setEdge(edge !== undefined && edge.cell.from < time ? edge : null);
  }

  #setEdge(edge: Shown | null): void {
    if (edge === this.#edge) return;
    this.#edge?.element.classList.remove("edge");
    edge?.element.classList.add("edge");
    this.#edge = edge;
  }

  at(time: number): Shown | null {
    return this.#shown.find(({ cell }) => cell.from <= time && time < cell.to) ?? null;
  }

  #showLogo(channel: Channel | null): void {
    if (channel !== null) render(h(ChannelLogo, { key: channel.id, channel }), this.#logo);
    else if (this.#hasLogo) render(null, this.#logo);
    this.#hasLogo = channel !== null;
  }

  clear(spare: Spare): void {
    for (const shown of this.#shown) this.#release(shown, spare);
    this.#shown = [];
    this.#known = null;
    this.#showLogo(null);
    this.#channel = null; // whoever takes this row again draws its name
    this.element.remove();
    this.name.remove();
  }

  /** Everything is to be drawn anew: another size, another language. */
  forget(spare: Spare): void {
    for (const shown of this.#shown) this.#release(shown, spare);
    this.#shown = [];
    this.#known = null;
  }
}
