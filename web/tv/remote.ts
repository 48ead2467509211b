import { inDirection, type Place } from "../screens/direction.ts";

/** How far off something is that is not on the screen at all, px. */
const FAR = 1e6;

/** Key codes of Back on remote controls whose key has no name of its own: LG and Samsung. */
const BACK_CODES: ReadonlySet<number> = new Set([461, 10009]);
const BACK_KEYS: ReadonlySet<string> = new Set(["GoBack", "BrowserBack", "XF86Back", "Backspace", "Escape"]);

/** Whether a key means Back. */
export function isBack({ key, keyCode }: { readonly key: string; readonly keyCode: number }): boolean {
  return BACK_CODES.has(keyCode) || BACK_KEYS.has(key);
}

/**
 * Which of several things an arrow key leads to, round the corner where there is nothing more in that direction.
 * @returns its index; -1 for a key that leads nowhere
 */
export function destinationOf(key: string, from: Place, places: readonly Place[]): number {
  const next = inDirection(key, from, places);
  const beyond = key === "ArrowDown" ? -FAR : FAR;
  if (next >= 0 || (key !== "ArrowDown" && key !== "ArrowUp")) return next;
  // a DOMRect has these from its prototype: they cannot be spread
  const { left, right, top, bottom } = from;
  return inDirection(key, { left, right, top: beyond, bottom: beyond + bottom - top }, places);
}
