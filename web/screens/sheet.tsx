import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { due } from "../guide/reminding.ts";
import * as state from "../state.ts";
import { chunk, useChunk } from "./chunk.ts";
import { guide } from "./guide-part.ts";
import { Icon } from "./icon.tsx";
import { moveIn } from "./spatial-focus.ts";

/** Where a sheet lies: from below on phones, a dialog elsewhere. Its pages come and go; back leads through them. */
export function Sheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  const pages = state.sheet.value;
  const page = pages.at(-1);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    if (dialog.current) dialog.current.scrollTop = 0;
  }, [pages.length]);
  if (page === undefined) return null;

  function onKeyDown(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || dialog.current === null)
      return;
    const writing = event.target instanceof HTMLInputElement;
    if (["Backspace", "GoBack"].includes(event.key) && !writing) {
      event.preventDefault();
      state.leaveSheet();
    } else if (moveIn(event, dialog.current)) event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      class="sheet"
      data-settings={page.name === "settings" ? "" : undefined}
      data-sheet={page.name}
      aria-labelledby="sheet-title"
      onClose={() => {
        // Browsers close a dialog at the second Escape, asked or not.
        if (state.sheetHeld.value) dialog.current?.showModal();
        else state.sheet.value = [];
      }}
      onCancel={(event) => {
        if (pages.length < 2 && !state.sheetHeld.value) return;
        event.preventDefault();
        state.leaveSheet();
      }}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target === dialog.current && state.closeSheet()}
    >
      <Reminded />
      <Page key={pages.length} page={page} />
    </dialog>
  );
}

function Page({ page }: { page: state.SheetPage }) {
  if (page.name === "settings") return <Settings />;
  if (page.name === "programme" || page.name === "reminders") return <GuidePage page={page} />;
  if (page.name === "channel") return <ChannelPage id={page.channel} />;
  return isBoxPage(page) ? <BoxPage page={page} /> : <AccessPage page={page} />;
}

/** A page's title, the way back, and the way out. */
export function SheetBody({ title, children }: { title: string; children: ComponentChildren }) {
  const header = useRef<HTMLElement>(null);
  // what had the focus went with the former page
  useEffect(() => header.current?.querySelector("button")?.focus(), []);
  return (
    <section class="sheet-body" aria-labelledby="sheet-title">
      <header ref={header}>
        {state.sheet.value.length > 1 && !state.sheetHeld.value && (
          <button
            class="round"
            data-action="sheet-back"
            aria-label={t("app.back")}
            onClick={state.leaveSheet}
          >
            <Icon name="back" />
          </button>
        )}
        <h2 id="sheet-title">{title}</h2>
        {!state.sheetHeld.value && (
          <button
            class="round"
            data-action="close"
            aria-label={t("app.close")}
            onClick={() => (state.sheet.value = [])}
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      {children}
    </section>
  );
}

/** Settings, the screens of access, and those about the box, come when somebody opens one. */
const settings = chunk(() => import("./settings.tsx"));
const access = chunk(() => import("./access/index.tsx"));
const box = chunk(() => import("./box/index.tsx"));
const channel = chunk(() => import("./live/channel-page.tsx"));

function isBoxPage(page: state.SheetPage): page is state.BoxPage {
  return (state.BOX_PAGES as readonly string[]).includes(page.name);
}

function Settings() {
  const { part, failed } = useChunk(settings);
  return part === null ? <Loading failed={failed} /> : <part.SettingsPage />;
}

function AccessPage({ page }: { page: state.AccessPage }) {
  const { part, failed } = useChunk(access);
  return part === null ? <Loading failed={failed} /> : <part.Page page={page} />;
}

function BoxPage({ page }: { page: state.BoxPage }) {
  const { part, failed } = useChunk(box);
  return part === null ? <Loading failed={failed} /> : <part.Page page={page} />;
}

function GuidePage({ page }: { page: state.GuidePage }) {
  const { part, failed } = useChunk(guide);
  return part === null ? <Loading failed={failed} /> : <part.Page page={page} />;
}

function ChannelPage({ id }: { id: string }) {
  const { part, failed } = useChunk(channel);
  return part === null ? <Loading failed={failed} /> : <part.ChannelPage id={id} />;
}

function Loading({ failed }: { failed: boolean }) {
  return (
    <SheetBody title={t("settings.title")}>
      <p role="status">{t(failed ? "app.offline" : "app.loading")}</p>
    </SheetBody>
  );
}

/** What an owner should hear of now, on a line of its own; and what somebody wanted to be told of. */
export function Notices() {
  const some = state.notices.value.length > 0 || state.offer.value?.state === "waiting";
  const { part } = useChunk(access, some);
  return (
    <>
      {some && part !== null ? <part.Banner /> : null}
      {state.sheet.value.length === 0 && <Reminded />}
    </>
  );
}

function Reminded() {
  const some = due.value.length > 0;
  const { part } = useChunk(guide, some);
  return some && part !== null ? <part.ReminderNotice /> : null;
}
