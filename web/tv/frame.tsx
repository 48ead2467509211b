import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { LanguageSwitch } from "../screens/language-switch.tsx";
import * as state from "../state.ts";
import { Clock } from "./clock.tsx";
import { useRest } from "./use-rest.ts";

/**
 * What every page of the television has: the box's name, the clock, the margin that sets may cut off, and rest for the panel.
 * @param props.actions what the remote control presses; the first of them has the focus at the start
 */
export function Frame(props: {
  name: string;
  title?: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
  foot?: ComponentChildren;
  /** The page has a larger one. */
  clock?: boolean;
}) {
  const root = useRef<HTMLDivElement>(null);
  const dim = useRest(root);
  useEffect(() => {
    const wanted = ["[data-first]", "button[aria-pressed=true]", "button"];
    const first = wanted
      .map((one) => root.current?.querySelector<HTMLElement>(one))
      .find((one) => one != null);
    first?.focus();
  }, [props.name]);
  return (
    <div ref={root} class="tv" data-screen={props.name} data-dim={dim ? "" : undefined}>
      <header class="tv-still">
        <h1 class="clip">{props.title ?? state.box.value?.name}</h1>
        <span class="chip" role="status">
          {state.live.value || state.me.value === null ? "" : t("app.reconnecting")}
        </span>
        {props.clock !== false && <Clock />}
      </header>
      <main>{props.children}</main>
      <footer class="tv-still">
        <div class="tv-actions">
          {props.actions}
          <LanguageSwitch />
        </div>
        {props.foot}
      </footer>
    </div>
  );
}
