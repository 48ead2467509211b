import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";

/** Milliseconds without a touch after which the controls go away. */
const IDLE_AFTER = 4000;
/** Pixels that make a swipe. */
const SWIPE = 48;
/** Milliseconds of a finger that stays, and the pixels within which it does. */
const HOLD = 550;
const STILL = 10;

/** True when the controls should be out of sight. */
export function useIdle(
  root: RefObject<HTMLElement | null>,
  allowed: boolean,
): { value: boolean; toggle: () => void } {
  const idle = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = (): void => {
    idle.value = false;
    clearTimeout(timer.current);
    if (allowed) timer.current = setTimeout(hide, IDLE_AFTER);
  };
  /** Keys that come next are for the picture, and not for a control that nobody sees. */
  const hide = (): void => {
    idle.value = true;
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && root.current?.contains(activeElement)) activeElement.blur();
  };
  useEffect(() => {
    wake();
    const element = root.current;
    const onPointer = (event: PointerEvent): void => {
      if (event.pointerType === "mouse") wake();
    };
    element?.addEventListener("pointermove", onPointer);
    document.addEventListener("keydown", wake);
    element?.addEventListener("focusin", wake);
    return () => {
      clearTimeout(timer.current);
      element?.removeEventListener("pointermove", onPointer);
      document.removeEventListener("keydown", wake);
      element?.removeEventListener("focusin", wake);
    };
  }, [allowed]);
  return {
    value: idle.value && allowed,
    toggle() {
      if (idle.value) return wake();
      if (allowed) hide();
    },
  };
}

export interface GestureActions {
  readonly zap: (step: 1 | -1) => void;
  readonly tap: () => void;
  /** A finger that stays. */
  readonly hold: () => void;
}

/** A swipe up or to the left is the next channel, the other way the previous; a tap shows or hides the controls. */
export function useGestures(to: GestureActions) {
  const from = useRef<{ x: number; y: number } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const onControl = (event: Event): boolean =>
    (event.target as Element).closest("button, [role=alert], dialog, aside") !== null;
  const moved = (event: PointerEvent): { x: number; y: number } => ({
    x: event.clientX - (from.current?.x ?? 0),
    y: event.clientY - (from.current?.y ?? 0),
  });
  const end = (): void => {
    clearTimeout(timer.current);
    from.current = null;
  };
  useEffect(() => end, []);
  return {
    onPointerDown(event: PointerEvent) {
      end();
      if (!event.isPrimary || event.button !== 0 || onControl(event)) return;
      from.current = { x: event.clientX, y: event.clientY };
      timer.current = setTimeout(() => {
        end();
        to.hold();
      }, HOLD);
    },
    onPointerMove(event: PointerEvent) {
      if (from.current === null) return;
      const { x, y } = moved(event);
      if (Math.abs(x) > STILL || Math.abs(y) > STILL) clearTimeout(timer.current);
    },
    onPointerCancel: end,
    onPointerUp(event: PointerEvent) {
      if (from.current === null) return;
      const { x, y } = moved(event);
      end();
      const longer = Math.abs(x) > Math.abs(y) ? x : y;
      if (Math.abs(longer) >= SWIPE) to.zap(longer < 0 ? 1 : -1);
      else to.tap();
    },
    /** Phones would show a menu of their own for the finger that stays. */
    onContextMenu: (event: Event) => event.preventDefault(),
  };
}

/** Names the channel on the lock screen and takes the keys of headphones. */
export function useMediaSession(channel: Channel | null, zap: (step: 1 | -1) => void): void {
  const latest = useRef(zap);
  latest.current = zap;
  const title = channel?.now?.title ?? channel?.name ?? "";
  useEffect(() => {
    if (!("mediaSession" in navigator)) return;
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: channel?.name ?? "" });
    navigator.mediaSession.setActionHandler("nexttrack", () => latest.current(1));
    navigator.mediaSession.setActionHandler("previoustrack", () => latest.current(-1));
    return () => {
      navigator.mediaSession.metadata = null;
      navigator.mediaSession.setActionHandler("nexttrack", null);
      navigator.mediaSession.setActionHandler("previoustrack", null);
    };
  }, [channel?.id, title]);
}
