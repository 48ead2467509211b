import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ScanProgress } from "../../src/protocol/api.ts";
import { connection } from "../here.ts";
import { t } from "../i18n/index.ts";
import { whyNoChannels, type NoChannels, type TunersAnswer } from "../reception.ts";
import * as state from "../state.ts";

/** Milliseconds between looks at what the box does about it. */
const LOOK = 4000;

const WAYS = { "no-tuner": "tuners", "scan-needed": "scan" } as const;

/** The page that says more, or does something about it. */
function WayOn({ to }: { to: "tuners" | "scan" }) {
  return (
    <button class="primary" data-open={to} onClick={() => state.openSheet({ name: to })}>
      {t(`settings.${to}`)}
    </button>
  );
}

/** What is, where there is no channel to show: owners learn the next step, others whom to ask. */
export function NoChannelsNote() {
  const why = useSignal<NoChannels | null>(null);
  const owner = state.isOwner.value;
  useEffect(() => {
    if (!owner) return;
    const look = async (): Promise<void> => {
      const [tuners, scan] = await Promise.all([
        connection.call<TunersAnswer>("GET", "/api/v1/tuners"),
        connection.call<ScanProgress>("GET", "/api/v1/scan"),
      ]);
      why.value = whyNoChannels(tuners, scan);
    };
    const ask = (): void => void look().catch(() => undefined); // then the doctor is named
    ask();
    const timer = setInterval(ask, LOOK);
    return () => clearInterval(timer);
  }, [owner]);
  const kind = !owner ? "ask" : (why.value?.kind ?? "unknown");
  const seeking = kind === "searching" || kind === "coming";
  return (
    <div class="empty" role="status" data-no-channels={kind}>
      {seeking && <span class="seeking" aria-hidden="true" />}
      <h2>{t(kind === "no-tuner" ? "channels.none.tuner" : "channels.none")}</h2>
      <p>
        {t(`channels.none.${kind}`, why.value?.kind === "searching" ? { percent: why.value.percent } : {})}
      </p>
      {(kind === "no-tuner" || kind === "scan-needed") && <WayOn to={WAYS[kind]} />}
    </div>
  );
}
