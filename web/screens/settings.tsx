import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { isLastOwner } from "../access/client-order.ts";
import { clients, loadClients } from "../access/clients.ts";
import { learnSelf } from "../access/follow.ts";
import * as app from "../app.ts";
import { connection } from "../here.ts";
import { dayTime, t } from "../i18n/index.ts";
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
        <dt>{t("settings.box")}</dt>
        <dd>{box?.name}</dd>
        <dt>{t("settings.id")}</dt>
        <dd class="mono">{box?.id}</dd>
        <dt>{t("settings.version")}</dt>
        <dd>{box?.version}</dd>
        {session !== null && (
          <>
            <dt>{t("settings.role")}</dt>
            <dd>{session.kind === "lan" ? t("settings.lan") : t(`role.${session.role}`)}</dd>
          </>
        )}
        {endsAt && (
          <>
            <dt>{t("settings.until")}</dt>
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
        {t("settings.forget")}
      </button>
    );
  const codes = state.recovery.value?.left ?? 0;
  return (
    <div class="sure" role="alert" data-forget={asking.value}>
      <p>{t("settings.forget.sure")}</p>
      {asking.value === "last-owner" && (
        <>
          <p>
            <strong>{t("settings.forget.last")}</strong>{" "}
            {codes > 0 ? t("settings.forget.codes", { count: codes }) : t("settings.forget.no-codes")}
          </p>
          <button data-action="forget-codes" onClick={() => state.openSheet({ name: "codes" })}>
            {t("settings.codes")}
          </button>
        </>
      )}
      <div class="pair-of-buttons">
        <button data-action="forget-no" onClick={() => (asking.value = "no")}>
          {t("settings.forget.no")}
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
          {t("settings.forget.yes")}
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
      <Group words="settings.this">
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
      <Group words="settings.who">
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
                ? t("settings.codes.none")
                : t("settings.codes.left", { count: codes.left })
          }
        />
        <Entry page={{ name: "pin" }} icon="lock" words="settings.pin" />
        <Entry page={{ name: "watched" }} icon="history" words="settings.watched" />
        <Entry page={{ name: "log" }} icon="log" words="settings.log" />
      </Group>
      <Group words="settings.the-box">
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

function Group({ words, children }: { words: WordKey; children: ComponentChildren }) {
  return (
    <nav class="entry-group" aria-label={t(words)}>
      <h3>{t(words)}</h3>
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
