import { useEffect, useRef } from "preact/hooks";
import { go } from "../../places.ts";
import { tg } from "../../i18n/guide.ts";
import { t } from "../../i18n/index.ts";
import type { GuidePage } from "../../state.ts";
import * as state from "../../state.ts";
import { inDirection } from "../direction.ts";
import { NoChannelsNote } from "../no-channels.tsx";
import { Notices } from "../sheet.tsx";
import { compare, lookAgain, retry } from "./data.ts";
import { GridGuide } from "./grid.tsx";
import { ListGuide } from "./list.tsx";
import { mode } from "./place.ts";
import { ProgrammePage } from "./programme.tsx";
import { RemindersPage } from "./reminders.tsx";
import { useWayFromTabs } from "./tabs-keys.ts";

export { ReminderNotice } from "./reminders.tsx";
export { SearchScreen } from "./search.tsx";

/** The pages of the sheet about programmes. */
export function Page({ page }: { page: GuidePage }) {
  if (page.name === "reminders") return <RemindersPage />;
  return <ProgrammePage channel={page.channel} programme={page.programme} />;
}

/** What is on, and what comes. */
export function GuideScreen() {
  const root = useRef<HTMLElement>(null);
  const list = state.watchable.value;
  const as = mode();
  useEffect(() => {
    if (list !== null) compare(list);
  }, [list]);
  // once the box is back, and from time to time
  useEffect(() => {
    if (state.live.value) retry();
  }, [state.live.value]);
  useEffect(lookAgain, [Math.floor(state.now.value / 60_000)]);
  const enter = (): void =>
    root.current?.querySelector<HTMLElement>(".guide-cell[tabindex='0'], .guide-frame, #guide-tab")?.focus();
  useWayFromTabs(enter);

  function onKeyDown(event: KeyboardEvent): void {
    const { target, key } = event;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (["Escape", "Backspace", "GoBack"].includes(key)) {
      event.preventDefault();
      return go("channels");
    }
    if (!(target instanceof HTMLElement) || target.closest(".guide-head") === null) return;
    const others = [...target.closest(".guide-head")!.querySelectorAll<HTMLElement>("button")].filter(
      (one) => one !== target,
    );
    const places = others.map((one) => one.getBoundingClientRect());
    const next = others[inDirection(key, target.getBoundingClientRect(), places)];
    if (next !== undefined) next.focus();
    else if (key === "ArrowDown") enter();
    else if (key === "ArrowLeft") document.querySelector<HTMLElement>(".tabs [aria-current]")?.focus();
    else return;
    event.preventDefault();
  }

  return (
    <main
      ref={root}
      class="page guide"
      data-screen="guide"
      data-mode={as}
      aria-label={tg("title")}
      aria-busy={list === null}
      onKeyDown={onKeyDown}
    >
      <Notices />
      {list === null ? (
        <p class="empty" role="status">
          {t("app.loading")}
        </p>
      ) : list.length === 0 ? (
        <NoChannelsNote />
      ) : as === "grid" ? (
        <GridGuide channels={list} />
      ) : (
        <ListGuide channels={list} />
      )}
    </main>
  );
}
