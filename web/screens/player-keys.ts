import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

export interface KeyActions {
  zap: (step: 1 | -1) => void;
  /** A step forward, or back. */
  time: (direction: 1 | -1) => void;
  back: () => void;
  pause: () => void;
  mute: () => void;
  fullscreen: () => void;
}

type Root = RefObject<HTMLElement | null>;

/**
 * Keyboard and remote control: up and down are channels, left and right time. The middle key goes to the controls, among
 * which left and right then move, until they hide.
 */
export function useKeys(root: Root, actions: KeyActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]") !== null)
        return;
      const action = actionOf(event, latest.current, root);
      if (action === null) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

function actionOf(event: KeyboardEvent, actions: KeyActions, root: Root): (() => void) | null {
  const onButton = (event.target as Element | null)?.closest("button, a, input") != null;
  switch (event.key) {
    case "ArrowUp":
    case "PageUp":
    case "ChannelUp":
      return () => actions.zap(1);
    case "ArrowDown":
    case "PageDown":
    case "ChannelDown":
      return () => actions.zap(-1);
    case "ArrowRight":
      return () => void (moveAmongControls(root, 1) || actions.time(1));
    case "ArrowLeft":
      return () => void (moveAmongControls(root, -1) || actions.time(-1));
    case "l":
    case "MediaFastForward":
      return () => actions.time(1);
    case "j":
    case "MediaRewind":
      return () => actions.time(-1);
    case "Enter":
      return onButton ? null : () => controls(root)[0]?.focus();
    case "Escape":
    case "Backspace":
    case "GoBack":
      return actions.back;
    case " ":
      return onButton ? null : actions.pause;
    case "k":
    case "MediaPlayPause":
      return actions.pause;
    case "m":
      return actions.mute;
    case "f":
      return actions.fullscreen;
    default:
      return null;
  }
}

/** In the order in which they are reached; what one does most comes first. */
function controls(root: Root): HTMLElement[] {
  const buttons = [...(root.current?.querySelectorAll<HTMLButtonElement>(".panel button") ?? [])];
  return buttons
    .filter(({ disabled }) => !disabled)
    .sort(
      (one, other) =>
        Number(other.closest(".small-controls") !== null) - Number(one.closest(".small-controls") !== null),
    );
}

/** @returns whether a control had been reached by keys, and the focus moved on from it */
function moveAmongControls(root: Root, step: 1 | -1): boolean {
  const all = controls(root);
  const at = all.findIndex((control) => control.matches(":focus-visible"));
  if (at < 0) return false;
  all[(at + step + all.length) % all.length]?.focus();
  return true;
}
