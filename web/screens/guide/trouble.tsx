import { t } from "../../i18n/index.ts";
import { tg } from "../../i18n/guide.ts";
import { failed, retry } from "./data.ts";

/** What did not come can be asked for again, from wherever one has got to. */
export function Trouble() {
  if (!failed.value) return null;
  return (
    <div class="guide-trouble" role="status" data-guide-failed>
      <p>{tg("failed")}</p>
      <button data-action="guide-retry" onClick={retry}>
        {t("app.retry")}
      </button>
    </div>
  );
}
