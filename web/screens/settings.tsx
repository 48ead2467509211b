import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import * as app from "../app.ts";
import { t } from "../i18n/index.ts";
import * as state from "../state.ts";
import { Icon } from "./icon.tsx";
import { LanguageSwitch } from "./language-switch.tsx";

/** A sheet from below on phones, a dialog elsewhere. */
export function SettingsSheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asking = useSignal(false);
  const busy = useSignal(false);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = (): void => void (state.settingsOpen.value = false);
  const box = state.box.value;
  const session = app.connection.session;
  return (
    <dialog
      ref={dialog}
      class="sheet"
      data-settings
      aria-labelledby="settings-title"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="sheet-body">
        <header>
          <h2 id="settings-title">{t("settings.title")}</h2>
          <button class="round" data-action="close" aria-label={t("app.close")} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
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
      </div>
    </dialog>
  );
}
