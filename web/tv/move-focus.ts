import { destinationOf } from "./remote.ts";

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
