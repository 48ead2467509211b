import * as app from "../app.ts";
import { t } from "../i18n/index.ts";
import * as state from "../state.ts";
import { Logo } from "./icon.tsx";
import { LanguageSwitch } from "./language-switch.tsx";

/** This page's box is another one than the one that was paired with here. */
export function StrangerScreen({ kept }: { kept: "key" | "cookie" }) {
  return (
    <main class="page pair" data-screen="stranger">
      <div class="card" role="alert">
        <Logo />
        <h1>{t("stranger.title")}</h1>
        <p class="quiet-text">{t(`stranger.${kept}`, { box: state.box.value?.name ?? "" })}</p>
        <p class="quiet-text">{t("stranger.help")}</p>
        <button class="primary" data-action="retry" onClick={() => void app.connect()}>
          {t("app.retry")}
        </button>
        <button data-action="new-box" onClick={() => void app.takeNewBox()}>
          {t("stranger.pair")}
        </button>
      </div>
      <LanguageSwitch />
    </main>
  );
}
