import { inDirection } from "./direction.ts";

/** The arrow keys of a remote control among all that can be pressed in `root`. @returns whether one of them led somewhere */
export function moveIn(event: KeyboardEvent, root: HTMLElement): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement) || ownsArrows(target, event.key)) return false;
  return moveAmong(event.key, target, [
    ...root.querySelectorAll<HTMLElement>("button:enabled, input:enabled, a[href]"),
  ]);
}

/** In a field left and right move the caret; a time is changed by all four. */
export function ownsArrows(target: HTMLElement, key: string): boolean {
  if (!(target instanceof HTMLInputElement)) return false;
  return ["time", "datetime-local"].includes(target.type) || /Left|Right/.test(key);
}

/** Gives the focus to the nearest of them in the key's direction. @returns false when there is none */
export function moveAmong(key: string, from: HTMLElement, all: readonly HTMLElement[]): boolean {
  const others = all.filter((element) => element !== from);
  const places = others.map((element) => element.getBoundingClientRect());
  const next = others[inDirection(key, from.getBoundingClientRect(), places)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return next !== undefined;
}
