import { securePage } from "../scanned.ts";
import { t } from "../i18n/index.ts";
import * as state from "../state.ts";
import { Icon } from "./icon.tsx";

/** Whose warning the person will see. */
export type Browser = "chrome" | "firefox" | "safari";

/** @param agent `navigator.userAgent`: what is shown by it is words, and wrong ones do no harm */
export function browserOf(agent: string): Browser {
  if (/Firefox|FxiOS/.test(agent)) return "firefox";
  return /Safari/.test(agent) && !/Chrom|CriOS|Edg|Android/.test(agent) ? "safari" : "chrome";
}

/** Why the secure page comes first. */
export type SecureReason =
  /** The box has no owner, and over plain http nobody becomes one. */
  | "unclaimed"
  /** The box said so of what was scanned or typed. */
  | "owner-code"
  /** And the code that was typed is void by it. */
  | "code-void";

/** Before an owner's code is spent over plain http: the way to the secure page, and what its warning means. */
export function SecureFirst({ reason, onWatch }: { reason: SecureReason; onWatch: () => void }) {
  const address = securePage();
  return (
    <section class="secure-first" data-secure-first={reason}>
      <p>{t(`secure.${reason}`, { box: state.box.value?.name ?? "" })}</p>
      {address === null ? (
        <p class="note">{t("secure.none")}</p>
      ) : (
        <>
          <p class="quiet-text">{t("secure.warning")}</p>
          <Warning host={new URL(address).hostname} />
          <button class="primary" data-action="secure" onClick={() => location.assign(address)}>
            <Icon name="lock" /> {t("secure.go")}
          </button>
        </>
      )}
      {reason !== "code-void" && (
        <>
          <button data-action="watch-only" onClick={onWatch}>
            {t("secure.watch")}
          </button>
          <p class="quiet-text">{t("secure.watch.about")}</p>
        </>
      )}
    </section>
  );
}

/** What the browser is about to show, small, with what to tap in its own words. */
function Warning({ host }: { host: string }) {
  const browser = browserOf(navigator.userAgent);
  return (
    <figure class="warning">
      <div class="page-in-small" aria-hidden="true">
        <Icon name="alarm" />
        <span>{t(`warning.${browser}`)}</span>
      </div>
      <ol class="steps">
        <li>{t("warning.first", { words: t(`warning.${browser}.first`) })}</li>
        <li>{t("warning.second", { words: t(`warning.${browser}.second`, { host }) })}</li>
        <li>{t("warning.third")}</li>
      </ol>
    </figure>
  );
}
