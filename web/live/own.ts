import { signal } from "@preact/signals";
import type { Channel } from "../../src/protocol/api.ts";
import { recall, remember } from "../memory.ts";
import { isFavourite, marksOf, toggled, type Marks } from "./favourites.ts";
import { NOTHING, noted, watchedOf, type Watched } from "./watched.ts";

/** What this person did with the list, kept on this device, by box. */
const marks = signal<Marks>({});
export const watched = signal<Watched>(NOTHING);
/** Of the groups, by its id. */
export const group = signal(recall("group") ?? "all");
export const favouritesLead = signal(recall("favourites-lead") === "yes");

let box = "";

/** From now on it is about this box. */
export function useBox(id: string): void {
  if (box === id) return;
  box = id;
  marks.value = marksOf(recall(`marks.${id}`));
  watched.value = watchedOf(recall(`watched.${id}`));
}

export const favourite = (channel: Pick<Channel, "id" | "favourite">): boolean =>
  isFavourite(channel, marks.value);
/** The marks as they are, for what orders by them. */
export const ownMarks = (): Marks => marks.value;

export function toggleFavourite(channel: Channel): void {
  marks.value = toggled(channel, marks.value);
  remember(`marks.${box}`, JSON.stringify(marks.value));
}

export function chooseGroup(id: string): void {
  group.value = id;
  remember("group", id);
}

export function letFavouritesLead(lead: boolean): void {
  favouritesLead.value = lead;
  remember("favourites-lead", lead ? "yes" : "no");
}

/** Milliseconds after which one watches, and does not only zap past. */
const STAYED = 30_000;
let staying: ReturnType<typeof setTimeout> | undefined;

/** Somebody tuned to a channel; null: left the player. */
export function noteTuned(channel: string | null): void {
  clearTimeout(staying);
  if (channel === null) return;
  note(channel, false);
  staying = setTimeout(() => note(channel, true), STAYED);
}

function note(channel: string, long: boolean): void {
  watched.value = noted(watched.peek(), channel, long);
  remember(`watched.${box}`, JSON.stringify(watched.value));
}
