import { destination } from "./grid.ts";

/** Arrow keys, Home and End move among the buttons of a list or grid, as a remote control's would. */
export function moveFocus(event: KeyboardEvent, root: HTMLElement | null): void {
  const buttons = [...(root?.querySelectorAll<HTMLElement>("button") ?? [])];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const target = buttons[destination(event.key, at, buttons.length, () => columns(buttons))];
  if (at < 0 || target === undefined) return;
  event.preventDefault();
  target.focus();
  target.scrollIntoView({ block: "nearest" });
}

/** How many of them stand in the first line. */
function columns(buttons: readonly HTMLElement[]): number {
  const top = buttons[0]?.getBoundingClientRect().top;
  const wrap = buttons.findIndex((button) => button.getBoundingClientRect().top !== top);
  return wrap < 0 ? buttons.length : wrap;
}
