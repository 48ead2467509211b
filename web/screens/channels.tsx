import { recoveryLater } from "../access/follow.ts";
import { showAway } from "../places.ts";
import { t } from "../i18n/index.ts";
import { tl } from "../i18n/live.ts";
import { lastList } from "../live/visit.ts";
import { newShell, takeShell } from "../shell/shell.ts";
import * as state from "../state.ts";
import { Icon } from "./icon.tsx";
import { List } from "./live/list.tsx";
import { NoChannelsNote } from "./no-channels.tsx";
import { Notices } from "./sheet.tsx";

export function ChannelsScreen() {
  const list = state.watchable.value;
  return (
    <div class="page channels" data-screen="channels">
      <header>
        <h1>{state.box.value?.name ?? lastList()?.name}</h1>
        <span class="chip" role="status">
          {state.live.value ? "" : t("app.reconnecting")}
        </span>
      </header>
      <Notices />
      <main aria-label={t("channels.title")} aria-busy={list === null || !state.fresh.value}>
        <AwayNote />
        <NewVersion />
        {state.unlasting.value && <p class="note">{t("pair.unlasting")}</p>}
        {list === null ? <Skeletons /> : list.length === 0 ? <NoChannelsNote /> : <List all={list} />}
      </main>
      <SaveCodes />
    </div>
  );
}

/** An owner's first task: without codes a lost phone is a lost box. */
function SaveCodes() {
  if (state.recovery.value?.madeAt !== null || state.recoveryLater.value) return null;
  return (
    <aside class="note save-codes afloat">
      <Icon name="key" />
      <p>{t("codes.offer")}</p>
      <button data-action="codes" onClick={() => state.openSheet({ name: "codes" })}>
        {t("codes.save")}
      </button>
      <button class="link" data-action="codes-later" onClick={recoveryLater}>
        {t("codes.later")}
      </button>
    </aside>
  );
}

/** The list is here, and the box is not: what can be done about it. */
function AwayNote() {
  if (!state.longAway.value) return null;
  return (
    <aside class="note save-codes" data-note="away">
      <Icon name="alarm" />
      <p>{tl("away.note")}</p>
      <button data-action="away" onClick={showAway}>
        {tl("away.show")}
      </button>
    </aside>
  );
}

function NewVersion() {
  if (!newShell.value) return null;
  return (
    <aside class="note save-codes" data-note="version">
      <p>{tl("version.new")}</p>
      <button data-action="take-version" onClick={takeShell}>
        {tl("version.take")}
      </button>
    </aside>
  );
}

/** What is to come, in its own size: nothing moves when it comes. */
function Skeletons() {
  return (
    <div class="live-list" aria-hidden="true">
      <span class="continue skeleton">
        <Bones label={true} />
      </span>
      <div class="groups">
        <span class="group skeleton" />
        <span class="group skeleton" />
      </div>
      <ul class="list">
        {Array.from({ length: 8 }, (_, index) => (
          <li key={index} class="item">
            <span class="channel skeleton">
              <Bones label={false} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Bones({ label }: { label: boolean }) {
  return (
    <>
      <span class="picture">
        <span class="still" />
      </span>
      <span class="about">
        {label && <span class="label">&nbsp;</span>}
        <span class="name">
          <span class="bone wide" />
        </span>
        <span class="now">
          <span class="bone" />
        </span>
        <span class="over" />
      </span>
    </>
  );
}
