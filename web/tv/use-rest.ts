import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { restAt } from "./rest.ts";

/** Milliseconds between looks at the clock. */
const LOOK = 5000;

/** Moves an element a little from minute to minute. @returns whether what stands still is to be dark now */
export function useRest(root: RefObject<HTMLElement | null>): boolean {
  const dim = useSignal(false);
  useEffect(() => {
    let touched = performance.now();
    const look = (): void => {
      const rest = restAt(performance.now(), touched);
      dim.value = rest.dim;
      root.current?.style.setProperty("transform", `translate(${rest.x}vw, ${rest.y}vh)`);
    };
    const wake = (): void => {
      touched = performance.now();
      look();
    };
    look();
    const timer = setInterval(look, LOOK);
    for (const event of ["keydown", "pointerdown", "pointermove"]) document.addEventListener(event, wake);
    return () => {
      clearInterval(timer);
      for (const event of ["keydown", "pointerdown", "pointermove"])
        document.removeEventListener(event, wake);
    };
  }, []);
  return dim.value;
}
