import { inDirection } from "../screens/direction.ts";
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
  const next = nextOf(event.key, at, all);
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
  return next !== undefined;
}

/** What scrolls goes line by line to its end, before anything beside it is reached; what is scrolled away is reached by that alone. */
function nextOf(key: string, from: HTMLElement, all: readonly HTMLElement[]): HTMLElement | undefined {
  const list = from.closest("[data-scrolls]");
  const place = from.getBoundingClientRect();
  const others = all.filter((one) => one !== from && (list?.contains(one) === true || isSeen(one)));
  const within = others.filter((one) => list?.contains(one) === true);
  const near =
    within[
      inDirection(
        key,
        place,
        within.map((one) => one.getBoundingClientRect()),
      )
    ];
  return (
    near ??
    others[
      destinationOf(
        key,
        place,
        others.map((one) => one.getBoundingClientRect()),
      )
    ]
  );
}

function isSeen(element: HTMLElement): boolean {
  const list = element.closest("[data-scrolls]")?.getBoundingClientRect();
  const { top, bottom } = element.getBoundingClientRect();
  const middle = (top + bottom) / 2;
  return list === undefined || (middle > list.top && middle < list.bottom);
}
