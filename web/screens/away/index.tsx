import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as places from "../../places.ts";
import { agoWords, tw } from "../../i18n/away.ts";
import { lastReached } from "../../away/reached.ts";
import { causeOf, otherWays, type Cause, type Way } from "../../away/ways.ts";
import * as state from "../../state.ts";
import { Icon, Logo, type IconName } from "../icon.tsx";
import { LanguageSwitch } from "../language-switch.tsx";
import { useAsking } from "./asking.ts";

const ICONS: Record<Way["kind"], IconName> = {
  home: "home",
  local: "home",
  address: "home",
  away: "elsewhere",
};
const CHECKS = {
  offline: [],
  outside: ["power", "router", "name"],
  inside: ["power", "wifi"],
  silent: ["power", "wifi", "router", "name"],
} as const satisfies Record<Cause, readonly string[]>;

/** The box is not reached: what it probably is, what this page does about it, and the other ways. */
export function AwayScreen({ code }: { code: string }) {
  const { asking, askNow } = useAsking();
  const online = useOnline();
  const now = useNow();
  const reached = lastReached();
  const ways = otherWays(location.origin, reached?.ways ?? []);
  const cause = causeOf(online, location.origin, reached?.ways ?? []);
  const box = reached?.name ?? state.box.value?.name;
  return (
    <main class="page away-page" data-screen="error" data-code={code} data-cause={cause}>
      <div class="away-card">
        <div role="alert">
          <Logo />
          <h1>
            {cause === "offline"
              ? tw("offline.title")
              : box === undefined
                ? tw("title.none")
                : tw("title", { box })}
          </h1>
          <p class="quiet-text">{tw(`${cause}.about`)}</p>
        </div>
        <p class="away-asking" role="status" data-asking={asking && online}>
          <span class="dot" aria-hidden="true" />
          {tw(asking && online ? "trying" : "waiting")}
        </p>
        {reached !== null && (
          <p class="label" data-reached={reached.at}>
            {tw("reached", { when: agoWords(reached.at, now) })}
          </p>
        )}
        <div class="away-buttons">
          <button class="primary" data-action="retry" onClick={askNow}>
            {tw("now")}
          </button>
          {state.channels.value !== null && (
            <button data-action="list" onClick={places.showPlace}>
              {tw("list")}
            </button>
          )}
        </div>
      </div>
      {cause !== "offline" && <Ways ways={ways} />}
      {CHECKS[cause].length > 0 && (
        <section class="away-card">
          <h2>{tw("check")}</h2>
          <ul class="away-checks">
            {CHECKS[cause].map((check) => (
              <li key={check}>{tw(`check.${check}`)}</li>
            ))}
          </ul>
        </section>
      )}
      <LanguageSwitch />
    </main>
  );
}

/** Plain links, opened as pages of their own: no page may ask an address at home on its own. */
function Ways({ ways }: { ways: readonly Way[] }) {
  if (ways.length === 0) return null;
  return (
    <nav class="away-card ways" aria-label={tw("ways")}>
      <h2>{tw("ways")}</h2>
      {ways.map(({ kind, url }) => (
        <a key={url} class="way" data-way={kind} href={url}>
          <Icon name={ICONS[kind]} />
          <span class="about">
            <strong>{tw(`way.${kind}`)}</strong>
            <span class="label">{tw(`way.${kind}.about`)}</span>
            <span class="label mono clip">{new URL(url).host}</span>
          </span>
          <Icon name="on" />
        </a>
      ))}
    </nav>
  );
}

function useOnline(): boolean {
  const online = useSignal(navigator.onLine);
  useEffect(() => {
    const over = new AbortController();
    const look = (): void => void (online.value = navigator.onLine);
    window.addEventListener("online", look, { signal: over.signal });
    window.addEventListener("offline", look, { signal: over.signal });
    return () => over.abort();
  }, []);
  return online.value;
}

/** Milliseconds since 1970, moved on twice a minute. */
function useNow(): number {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now.value;
}
