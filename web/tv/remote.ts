import { inDirection, type Place } from "../screens/direction.ts";

/** How far off something is that is not on the screen at all, px. */
const FAR = 1e6;

/** Key codes of Back on remote controls whose key has no name of its own: LG and Samsung. */
const BACK_CODES: ReadonlySet<number> = new Set([461, 10009]);
const BACK_KEYS: ReadonlySet<string> = new Set(["GoBack", "BrowserBack", "XF86Back", "Backspace", "Escape"]);

/** Whether a key means Back. */
export function isBack({ key, keyCode }: Pick<KeyboardEvent, "key" | "keyCode">): boolean {
  return BACK_CODES.has(keyCode) || BACK_KEYS.has(key);
}

/**
 * Which of several things an arrow key leads to, round the corner where there is nothing more in that direction.
 * @returns its index; -1 for a key that leads nowhere
 */
export function destinationOf(key: string, from: Place, places: readonly Place[]): number {
  const next = inDirection(key, from, places);
  if (next >= 0) return next;
  switch (key) {
    case "ArrowDown":
      return inDirection(key, { ...from, top: -FAR, bottom: from.bottom - from.top - FAR }, places);
    case "ArrowUp":
      return inDirection(key, { ...from, top: FAR, bottom: from.bottom - from.top + FAR }, places);
    default:
      return -1;
  }
}

const ARROWS: ReadonlySet<string> = new Set(["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"]);

/** Moves the focus as an arrow key says, among what can be pressed; onto the first thing when it was nowhere. */
export function moveFocus(event: KeyboardEvent, root: HTMLElement): boolean {
  if (!ARROWS.has(event.key) || event.altKey || event.ctrlKey || event.metaKey) return false;
  const all = [...root.querySelectorAll<HTMLElement>("button:enabled, a[href]")];
  const { activeElement } = document;
  const at = all.find((one) => one === activeElement);
  if (at === undefined) {
    all[0]?.focus();
    return all.length > 0;
  }
  const others = all.filter((one) => one !== at);
  const places = others.map((one) => one.getBoundingClientRect());
  const next = others[destinationOf(event.key, at.getBoundingClientRect(), places)];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}
