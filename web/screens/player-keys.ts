import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { moveAmong } from "./spatial-focus.ts";

export interface KeyActions {
  zap: (step: 1 | -1) => void;
  /** A step forward, or back. */
  time: (direction: 1 | -1) => void;
  back: () => void;
  pause: () => void;
  /** Playing or not, as the key says; for those that have a key for each. */
  play: (playing: boolean) => void;
  mute: () => void;
  fullscreen: () => void;
  digit: (digit: string) => void;
  /** What is typed is meant; null: nothing is typed. */
  confirm: (() => void) | null;
  erase: (() => void) | null;
  /** The channel before this one. */
  previous: () => void;
  list: () => void;
  facts: () => void;
  guide: () => void;
  menu: (name: "audio" | "subtitles" | "more") => void;
}

type Root = RefObject<HTMLElement | null>;

/**
 * Keyboard and remote control: up and down are channels, left and right time. The middle key goes to the controls, among
 * which left and right then move, until they hide. In a message the arrows lead from one way on to the next; where there is none, they
 * are channels and time.
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
  const toControls = (): void => controls(root)[0]?.focus();
  const onButton = (event.target as Element | null)?.closest("button, a, input") != null;
  switch (event.key) {
    case "ArrowUp":
      return () => void (moveAmongWaysOn(root, event.key) || actions.zap(1));
    case "PageUp":
    case "ChannelUp":
      return () => actions.zap(1);
    case "ArrowDown":
      return () => void (moveAmongWaysOn(root, event.key) || actions.zap(-1));
    case "PageDown":
    case "ChannelDown":
      return () => actions.zap(-1);
    case "ArrowRight":
      return () => void (moveAmongWaysOn(root, event.key) || moveAmongControls(root, 1) || actions.time(1));
    case "ArrowLeft":
      return () => void (moveAmongWaysOn(root, event.key) || moveAmongControls(root, -1) || actions.time(-1));
    case "l":
    case "MediaFastForward":
      return () => actions.time(1);
    case "j":
    case "MediaRewind":
      return () => actions.time(-1);
    case "Enter":
      return actions.confirm ?? (onButton ? null : toControls);
    case "Info":
      return toControls;
    case "Escape":
    case "Backspace":
    case "GoBack":
      return actions.erase ?? actions.back;
    case "MediaStop":
      return actions.back;
    case " ":
      return onButton ? null : actions.pause;
    case "k":
    case "MediaPlayPause":
      return actions.pause;
    case "MediaPlay":
    case "MediaPause":
      return () => actions.play(event.key === "MediaPlay");
    case "m":
      return actions.mute;
    case "f":
      return actions.fullscreen;
    case "c":
    case "ContextMenu":
    case "ListProgram":
    case "ColorF0Red":
      return actions.list;
    case "i":
      return actions.facts;
    case "Guide":
      return actions.guide;
    case "MediaLast":
      return actions.previous;
    default:
      return /^\d$/.test(event.key) ? digitAction(event.key, actions) : menuAction(event.key, actions);
  }
}

/** Alone, a zero is no number of any channel. */
function digitAction(digit: string, actions: KeyActions): () => void {
  return digit === "0" && actions.confirm === null ? actions.previous : () => actions.digit(digit);
}

/** Remote controls have keys for what there is a menu for; and coloured ones for what one will. */
const MENU_KEYS: Readonly<Record<string, Parameters<KeyActions["menu"]>[0]>> = {
  ColorF1Green: "subtitles",
  Subtitle: "subtitles",
  ClosedCaptionToggle: "subtitles",
  ColorF2Yellow: "audio",
  MediaAudioTrack: "audio",
  ColorF3Blue: "more",
};

function menuAction(key: string, actions: KeyActions): (() => void) | null {
  const name = MENU_KEYS[key];
  return name === undefined ? null : () => actions.menu(name);
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

/** Where a message has the focus. @returns whether the key led to another of its ways on */
function moveAmongWaysOn(root: Root, key: string): boolean {
  const message = root.current?.querySelector<HTMLElement>(".failure");
  const from = document.activeElement;
  if (message == null || !(from instanceof HTMLElement) || !message.contains(from)) return false;
  return moveAmong(key, from, [...message.querySelectorAll("button")]);
}

/** @returns whether a control had been reached by keys, and the focus moved on from it */
function moveAmongControls(root: Root, step: 1 | -1): boolean {
  const all = controls(root);
  const at = all.findIndex((control) => control.matches(":focus-visible"));
  if (at < 0) return false;
  all[(at + step + all.length) % all.length]?.focus();
  return true;
}
