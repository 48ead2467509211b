import type { Channel } from "../../src/protocol/api.ts";
import { recall, remember } from "../memory.ts";
import { keptList, keptText, type LastList } from "./kept-list.ts";

const LAST_LIST = "last-list";

let last: LastList | null = null;

/** The list as this device saw it last; null: there is none, or this person has left. */
export function lastList(): LastList | null {
  last ??= keptList(recall(LAST_LIST));
  return last;
}

let written = "";

/** Keeps the list for the next visit. */
export function keepList(box: string, name: string, channels: readonly Channel[]): void {
  const text = keptText(box, name, channels);
  if (text === written) return;
  written = text;
  remember(LAST_LIST, text);
}

/** Who leaves leaves nothing behind. */
export function forgetList(): void {
  written = "";
  last = null;
  remember(LAST_LIST, "");
}
