import { useEffect } from "preact/hooks";
import * as state from "../state.ts";
import { moveAmong, ownsArrows } from "./spatial-focus.ts";

const FIRST = "[data-continue], [data-channel]";
const CONTROLS = "button:enabled, input:enabled, a[href]";

/** A remote control's keys on the places of the app: among what is shown, and from there to the tabs. */
export function useHomeKeys(): void {
  useEffect(() => {
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

function onKeyDown(event: KeyboardEvent): void {
  const { key, defaultPrevented, altKey, ctrlKey, metaKey, shiftKey } = event;
  if (defaultPrevented || altKey || ctrlKey || metaKey || shiftKey || state.sheet.value.length > 0) return;
  if (/^Arrow|^Home$|^End$/.test(key) && move(key)) event.preventDefault();
}

function move(key: string): boolean {
  const home = document.querySelector<HTMLElement>(".home");
  const from = document.activeElement;
  if (home === null) return false;
  if (!(from instanceof HTMLElement) || from === document.body || !home.contains(from))
    return focusOn(home.querySelector<HTMLElement>(FIRST));
  if (ownsArrows(from, key)) return false;
  const channels = [...home.querySelectorAll<HTMLElement>("[data-channel]")];
  if (key === "Home") return focusOn(channels[0]);
  if (key === "End") return focusOn(channels.at(-1));
  const own = from.closest<HTMLElement>(".tabs, .page");
  if (own !== null && moveAmong(key, from, controls(own))) return true;
  const others = controls(home).filter((element) => own === null || !own.contains(element));
  return moveAmong(key, from, others);
}

/** Beside one another, stars would double the steps from card to card: there the menu key or a long OK leads to them. */
function controls(root: HTMLElement): HTMLElement[] {
  const all = [...root.querySelectorAll<HTMLElement>(CONTROLS)];
  const [first, second] = all.filter((element) => element.dataset.channel !== undefined);
  const beside =
    first !== undefined && second?.getBoundingClientRect().top === first.getBoundingClientRect().top;
  return beside ? all.filter((element) => element.dataset.star === undefined) : all;
}

function focusOn(element: HTMLElement | null | undefined): boolean {
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
  return element != null;
}
