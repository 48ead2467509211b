import { useRef } from "preact/hooks";

/** Milliseconds after which a touch is a long one. */
const LONG = 500;
/** Pixels that a finger may wander meanwhile. */
const WANDER = 10;

/**
 * A tap does one thing; a long press, the OK key held down, and the menu key do another.
 * @param tap not called for what became a long press
 */
export function useHold(tap: () => void, hold: () => void) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const held = useRef(false);
  /** The OK key went down here, and not on what was here before. */
  const down = useRef(false);
  const letGo = (): void => {
    clearTimeout(press.current?.timer);
    press.current = null;
  };
  const holdOnce = (): void => {
    letGo();
    if (held.current) return;
    held.current = true;
    hold();
  };
  return {
    onPointerDown: ({ pointerType, clientX: x, clientY: y }: PointerEvent): void => {
      held.current = false;
      if (pointerType === "mouse") return; // it has another button for this
      press.current = { timer: setTimeout(holdOnce, LONG), x, y };
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent): void => {
      const { x, y } = press.current ?? { x: clientX, y: clientY };
      if (Math.hypot(clientX - x, clientY - y) > WANDER) letGo();
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onContextMenu: (event: Event): void => {
      event.preventDefault();
      holdOnce();
    },
    onKeyDown: (event: KeyboardEvent): void => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // what it means is known when it is let go
      if (!event.repeat) {
        held.current = false;
        down.current = true;
      } else if (down.current && !held.current) {
        swallowUntilLetGo();
        holdOnce();
      }
    },
    onKeyUp: (event: KeyboardEvent): void => {
      if (event.key !== "Enter") return;
      if (down.current && !held.current) tap();
      down.current = false;
    },
    onClick: (event: MouseEvent): void => {
      if (held.current && event.detail > 0) event.preventDefault();
      else tap();
      held.current = false;
    },
  };
}

/** The key that is still down must not press what has the focus now. */
function swallowUntilLetGo(): void {
  const over = new AbortController();
  const swallow = (event: KeyboardEvent): void => {
    if (event.key === "Enter") event.preventDefault();
  };
  const end = (): void => over.abort();
  window.addEventListener("keydown", swallow, { capture: true, signal: over.signal });
  window.addEventListener("keyup", end, { signal: over.signal });
  window.addEventListener("blur", end, { signal: over.signal });
}
