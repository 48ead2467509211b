import type { Channel } from "../../../src/protocol/api.ts";
import type { Cell } from "../../guide/cells.ts";
import { beginOf, genreOf, hours, spoken, tg, titleOf } from "../../i18n/guide.ts";
import { langOf } from "../../i18n/index.ts";

/** A cell on the screen. */
export interface Shown {
  readonly element: HTMLElement;
  readonly text: HTMLElement;
  readonly title: HTMLElement;
  readonly when: HTMLElement;
  cell: Cell;
}

const NOTHING: Cell = { kind: "pending", from: 0, to: 0, programme: null };

export function newCell(): Shown {
  const element = document.createElement("div");
  const text = document.createElement("div");
  const title = document.createElement("span");
  const when = document.createElement("span");
  element.setAttribute("role", "gridcell");
  element.tabIndex = -1;
  text.className = "text";
  title.className = "title";
  when.className = "when";
  text.append(title, document.createElement("br"), when);
  element.append(text);
  return { element, text, title, when, cell: NOTHING };
}

/** Looks and words of a cell. */
export function dressCell(
  { element, title, when, cell }: Shown,
  channel: Channel,
  { now, reminded }: { now: number; reminded: boolean },
): void {
  const { kind, from, to, programme } = cell;
  const genre = genreOf(programme);
  const on = from <= now && now < to;
  const names = ["guide-cell", kind];
  if (genre !== null) names.push("genre", `genre-${genre}`);
  if (on) names.push("on");
  if (to <= now) names.push("over");
  if (reminded) names.push("reminded");
  if (element.classList.contains("edge")) names.push("edge");
  set(element, "className", names.join(" "));
  if (kind === "pending") {
    element.setAttribute("aria-label", `${channel.name}, ${tg("loading")}`);
    set(title, "textContent", "");
    set(when, "textContent", "");
    return;
  }
  element.setAttribute("aria-label", spoken(channel, programme, from, to, { now, reminded }));
  set(title, "textContent", titleOf(programme));
  title.lang = langOf(programme?.language) ?? "";
  const begins = hours(beginOf(programme, from));
  const subtitle = programme?.subtitle ?? "";
  set(when, "textContent", kind === "gap" ? "" : subtitle === "" ? begins : `${begins} · ${subtitle}`);
}

/** Only what is another costs anything. */
function set<K extends "className" | "textContent">(element: HTMLElement, name: K, value: string): void {
  if (element[name] !== value) element[name] = value;
}
