import { t } from "../i18n/index.ts";
import * as state from "../state.ts";

/** How much of a programme is over. */
export function Progress({ from, to }: { from: string; to: string }) {
  const start = Date.parse(from);
  const length = Date.parse(to) - start;
  const percent =
    length > 0 ? Math.round(Math.min(1, Math.max(0, (state.now.value - start) / length)) * 100) : 0;
  return <progress max={100} value={percent} aria-label={t("channels.progress", { percent })} />;
}
