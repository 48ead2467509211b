import { useEffect, useRef } from "preact/hooks";
import { inDirection } from "../direction.ts";

/** The arrow keys lead through the tabs, and from them into the screen, by the key that points to it. */
export function useWayFromTabs(enter: () => void): void {
  const latest = useRef(enter);
  latest.current = enter;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.defaultPrevented || !(target instanceof HTMLElement)) return;
      const tabs = target.closest(".tabs");
      if (tabs === null || !key.startsWith("Arrow")) return;
      const others = [...tabs.querySelectorAll<HTMLElement>("button")].filter((one) => one !== target);
      const places = others.map((one) => one.getBoundingClientRect());
      const next = others[inDirection(key, target.getBoundingClientRect(), places)];
      const inward = tabs.clientHeight > tabs.clientWidth ? "ArrowRight" : "ArrowUp";
      if (next !== undefined) next.focus();
      else if (key === inward) latest.current();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
