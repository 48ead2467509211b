import { useSignal } from "@preact/signals";
import * as app from "../app.ts";
import { t } from "../i18n/index.ts";
import type { WordKey } from "../i18n/en.ts";
import * as state from "../state.ts";
import { Icon, type IconName } from "./icon.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { SheetBody } from "./sheet.tsx";

export function SettingsPage() {
  const asking = useSignal(false);
  const busy = useSignal(false);
  const box = state.box.value;
  const session = state.me.value;
  return (
    <SheetBody title={t("settings.title")}>
      <Entries />
      <div class="row">
        <span>{t("settings.language")}</span>
        <LanguageSwitch />
      </div>
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
      </dl>
      {asking.value ? (
        <div class="sure" role="alert">
          <p>{t("settings.forget.sure")}</p>
          <div class="pair-of-buttons">
            <button onClick={() => (asking.value = false)}>{t("settings.forget.no")}</button>
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
      ) : (
        <button class="danger" data-action="forget" onClick={() => (asking.value = true)}>
          {t("settings.forget")}
        </button>
      )}
    </SheetBody>
  );
}

/** What else there is to set, by role. */
function Entries() {
  const session = state.me.value;
  if (session === null) return null;
  const codes = state.recovery.value;
  return (
    <nav class="entries">
      {state.isOwner.value && (
        <>
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
          <Entry page={{ name: "log" }} icon="log" words="settings.log" />
        </>
      )}
      {session.role === "kid" && <Entry page={{ name: "unlock" }} icon="lock" words="settings.unlock" />}
      <Entry page={{ name: "elsewhere" }} icon="elsewhere" words="settings.elsewhere" />
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
