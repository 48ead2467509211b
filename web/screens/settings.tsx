import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { isLastOwner } from "../access/client-order.ts";
import { clients, loadClients } from "../access/clients.ts";
import { learnSelf } from "../access/follow.ts";
import * as app from "../app.ts";
import { connection } from "../here.ts";
import { dayTime, t } from "../i18n/index.ts";
import { ts } from "../i18n/settings.ts";
import type { SettingsKey } from "../i18n/settings-en.ts";
import type { WordKey } from "../i18n/en.ts";
import * as state from "../state.ts";
import { Icon, type IconName } from "./icon.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { SheetBody } from "./sheet.tsx";

export function SettingsPage() {
  const box = state.box.value;
  const session = state.me.value;
  const endsAt = state.self.value?.endsAt;
  useEffect(() => {
    // an owner may have let a guest stay longer meanwhile
    if (session?.role === "guest") void learnSelf(connection);
  }, []);
  return (
    <SheetBody title={t("settings.title")}>
      <Entries />
      <dl>
        <dt>{ts("box")}</dt>
        <dd>{box?.name}</dd>
        <dt>{ts("id")}</dt>
        <dd class="mono">{box?.id}</dd>
        <dt>{ts("version")}</dt>
        <dd>{box?.version}</dd>
        {session !== null && (
          <>
            <dt>{ts("role")}</dt>
            <dd>{session.kind === "lan" ? ts("lan") : t(`role.${session.role}`)}</dd>
          </>
        )}
        {box?.branding?.support && (
          <>
            <dt>{ts("support")}</dt>
            <dd data-support>{box.branding.support}</dd>
          </>
        )}
        {endsAt && (
          <>
            <dt>{ts("until")}</dt>
            <dd data-until={endsAt}>{dayTime(endsAt)}</dd>
          </>
        )}
      </dl>
      <Forget />
    </SheetBody>
  );
}

/** Gives up this device's place. Whoever is the only owner hears first what that means. */
function Forget() {
  const asking = useSignal<"no" | "yes" | "last-owner">("no");
  const busy = useSignal(false);
  const ask = async (): Promise<void> => {
    const id = state.me.value?.client ?? "";
    // A box that does not say who else is owner may have no other.
    const last =
      state.isOwner.value &&
      (await loadClients().then(
        () => isLastOwner(clients.value ?? [], id),
        () => true,
      ));
    asking.value = last ? "last-owner" : "yes";
  };
  if (asking.value === "no")
    return (
      <button class="danger" data-action="forget" onClick={() => void ask()}>
        {ts("forget")}
      </button>
    );
  const codes = state.recovery.value?.left ?? 0;
  return (
    <div class="sure" role="alert" data-forget={asking.value}>
      <p>{ts("forget.sure")}</p>
      {asking.value === "last-owner" && (
        <>
          <p>
            <strong>{ts("forget.last")}</strong>{" "}
            {codes > 0 ? ts("forget.codes", { count: codes }) : ts("forget.no-codes")}
          </p>
          <button data-action="forget-codes" onClick={() => state.openSheet({ name: "codes" })}>
            {t("settings.codes")}
          </button>
        </>
      )}
      <div class="pair-of-buttons">
        <button data-action="forget-no" onClick={() => (asking.value = "no")}>
          {ts("forget.no")}
        </button>
        <button
          class="danger"
          data-action="forget-yes"
          disabled={busy.value}
          onClick={() => {
            busy.value = true;
            void app.forgetBox();
          }}
        >
          {ts("forget.yes")}
        </button>
      </div>
    </div>
  );
}

/** What else there is to set, by role. */
function Entries() {
  const session = state.me.value;
  return (
    <>
      {state.isOwner.value && <OwnersEntries />}
      {session?.role === "kid" && state.pinSet.value !== false && (
        <nav class="entries">
          <Entry page={{ name: "unlock" }} icon="lock" words="settings.unlock" />
        </nav>
      )}
      <Group words="this">
        {session !== null && (
          <Entry page={{ name: "elsewhere" }} icon="elsewhere" words="settings.elsewhere" />
        )}
        <div class="row entry">
          <span>{t("settings.language")}</span>
          <LanguageSwitch />
        </div>
      </Group>
    </>
  );
}

function OwnersEntries() {
  const codes = state.recovery.value;
  return (
    <>
      <Group words="who">
        <Entry page={{ name: "devices" }} icon="devices" words="settings.devices" />
        <Entry page={{ name: "add", waiting: null }} icon="add" words="settings.add" />
        <Entry
          page={{ name: "codes" }}
          icon="key"
          words="settings.codes"
          note={
            codes === null
              ? ""
              : codes.madeAt === null
                ? ts("codes.none")
                : t("settings.codes.left", { count: codes.left })
          }
        />
        <Entry page={{ name: "pin" }} icon="lock" words="settings.pin" />
        <Entry page={{ name: "watched" }} icon="history" words="settings.watched" />
        <Entry page={{ name: "log" }} icon="log" words="settings.log" />
      </Group>
      <Group words="the-box">
        <Entry page={{ name: "line-up" }} icon="list" words="settings.line-up" />
        <Entry page={{ name: "scan" }} icon="search" words="settings.scan" />
        <Entry page={{ name: "tuners" }} icon="antenna" words="settings.tuners" />
        <Entry page={{ name: "online" }} icon="globe" words="settings.online" />
        <Entry page={{ name: "storage" }} icon="disk" words="settings.storage" />
        <Entry page={{ name: "system" }} icon="system" words="settings.system" />
      </Group>
    </>
  );
}

function Group({ words, children }: { words: SettingsKey; children: ComponentChildren }) {
  return (
    <nav class="entry-group" aria-label={ts(words)}>
      <h3>{ts(words)}</h3>
      <div class="entries">{children}</div>
    </nav>
  );
}

function Entry(props: { page: state.SheetPage; icon: IconName; words: WordKey; note?: string }) {
  return (
    <button class="entry" data-open={props.page.name} onClick={() => state.openSheet(props.page)}>
      <Icon name={props.icon} />
      <span class="about">
        <span>{t(props.words)}</span>
        {props.note && <span class="label">{props.note}</span>}
      </span>
      <Icon name="on" />
    </button>
  );
}
