import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Channel, GuideFound } from "../../../src/protocol/api.ts";
import { connection } from "../../here.ts";
import { go, openChannel } from "../../places.ts";
import { readRecent, withSearch } from "../../guide/recent.ts";
import { isWorthAsking, resultsOf, type Hit } from "../../guide/results.ts";
import { tg } from "../../i18n/guide.ts";
import { t } from "../../i18n/index.ts";
import { recall, remember } from "../../memory.ts";
import { obstacleOf } from "../../player/obstacle.ts";
import * as state from "../../state.ts";
import { barrierWords } from "../live/barrier-words.ts";
import { moveAmong } from "../spatial-focus.ts";
import { Icon } from "../icon.tsx";
import { ChannelLogo, someLogos } from "../live/channel-logo.tsx";
import { Notices } from "../sheet.tsx";
import { ProgrammeRow } from "./programme-row.tsx";
import { useWayFromTabs } from "./tabs-keys.ts";

/** After the last letter the box is asked, ms: it reads a week of texts for it. */
const PAUSE = 300;
const MOST = "60";
const RECENT = "searches";

/** What one typed stays for the way back from a channel. */
let lastTyped = "";

type Told =
  | { readonly kind: "none" | "running" | "failed" }
  | { readonly kind: "found"; readonly found: GuideFound["found"] };

export function SearchScreen() {
  const typed = useSignal(lastTyped);
  const recent = useSignal(readRecent(recall(RECENT)));
  const told = useSignal<Told>({ kind: "none" });
  const again = useSignal(0);
  const root = useRef<HTMLElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useWayFromTabs(() => field.current?.focus());

  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    lastTyped = typed.value;
    const text = typed.value.trim();
    if (!isWorthAsking(text)) {
      told.value = { kind: "none" };
      return;
    }
    told.value = { kind: "running" };
    const abort = new AbortController();
    const timer = setTimeout(() => void ask(text, abort.signal), PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [typed.value, again.value]);

  async function ask(text: string, signal: AbortSignal): Promise<void> {
    const query = new URLSearchParams({ q: text.slice(0, 200), limit: MOST });
    try {
      const path = `/api/v1/guide/search?${query.toString()}`;
      const { found } = await connection.call<GuideFound>("GET", path, { signal });
      if (!signal.aborted) told.value = { kind: "found", found };
    } catch {
      if (!signal.aborted) told.value = { kind: "failed" };
    }
  }

  function keep(searches: readonly string[]): void {
    recent.value = searches;
    remember(RECENT, JSON.stringify(searches));
  }

  function type(text: string): void {
    typed.value = text;
    field.current?.focus();
  }

  /** Up and down lead through what was found, as a remote control's keys would. */
  function onKeyDown(event: KeyboardEvent): void {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey) return;
    const writing = target === field.current;
    if ((key === "Escape" || key === "GoBack") && writing && typed.value !== "") {
      event.preventDefault();
      return type("");
    }
    if (key === "Escape" || key === "GoBack" || (key === "Backspace" && !writing)) {
      event.preventDefault();
      return go("channels");
    }
    if (writing && /Left|Right/.test(key)) return;
    const all = [...(root.current?.querySelectorAll<HTMLElement>("button, input") ?? [])];
    if (moveAmong(key, target, all)) return event.preventDefault();
    if (key === "ArrowLeft") document.querySelector<HTMLElement>(".tabs [aria-current]")?.focus();
  }

  const results = resultsOf(
    state.watchable.value ?? [],
    typed.value,
    told.value.kind === "found" ? told.value.found : null,
    state.now.value,
  );
  const count = results.channels.length + results.now.length + results.later.length;
  const chosen = (): void => keep(withSearch(recent.value, typed.value));
  return (
    <div class="page search-page" data-screen="search">
      <Notices />
      <main ref={root} aria-label={tg("search")} onKeyDown={onKeyDown}>
        <h1 class="search-title">{tg("search")}</h1>
        <form
          class="search-field"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.value.trim() === "") return; // a remote control's OK brings the keyboard: it must not go at once
            chosen();
            field.current?.blur(); // the keyboard of a phone goes, and shows what was found
          }}
        >
          <div class="search-box">
            <Icon name="search" />
            <input
              ref={field}
              type="search"
              name="query"
              value={typed.value}
              placeholder={tg("search.field")}
              aria-label={tg("search.field")}
              enterKeyHint="search"
              autocomplete="off"
              maxLength={200}
              onInput={(event) => (typed.value = event.currentTarget.value)}
            />
            {typed.value !== "" && (
              <button
                type="button"
                class="round"
                data-action="clear-search"
                aria-label={tg("search.clear")}
                onClick={() => type("")}
              >
                <Icon name="close" />
              </button>
            )}
          </div>
        </form>
        <p class="hidden" role="status">
          {told.value.kind === "found" ? tg("search.found", { count }) : ""}
        </p>
        {typed.value.trim() === "" ? (
          <Recent searches={recent.value} type={type} keep={keep} />
        ) : (
          <>
            {told.value.kind === "failed" && (
              <div class="search-note" role="alert" data-search="failed">
                <p>{tg("search.failed")}</p>
                <button data-action="search-again" onClick={() => again.value++}>
                  {t("app.retry")}
                </button>
              </div>
            )}
            <ChannelHits channels={results.channels} chosen={chosen} />
            <Hits name="now" hits={results.now} chosen={chosen} />
            <Hits name="later" hits={results.later} chosen={chosen} />
            {told.value.kind === "running" && (
              <p class="search-note quiet-text" data-search="running">
                <span class="spinner" aria-hidden="true" />
                {tg("search.running")}
              </p>
            )}
            {count === 0 && (told.value.kind === "found" || told.value.kind === "none") && (
              <div class="empty" data-search="none">
                <h2>{tg("search.none", { text: typed.value.trim() })}</h2>
                <p>{tg("search.none.hint")}</p>
              </div>
            )}
          </>
        )}
      </main>
    </div>
  );
}

function Recent(props: {
  searches: readonly string[];
  type: (text: string) => void;
  keep: (searches: readonly string[]) => void;
}) {
  const { searches, type, keep } = props;
  if (searches.length === 0)
    return (
      <p class="empty" data-search="hint">
        {tg("search.hint")}
      </p>
    );
  return (
    <section class="search-group" data-group="recent">
      <h2>{tg("search.recent")}</h2>
      <ul class="recent">
        {searches.map((text) => (
          <li key={text}>
            <button class="again clip" data-action="search-recent" onClick={() => type(text)}>
              {text}
            </button>
            <button
              class="round"
              data-action="forget-search"
              aria-label={tg("search.forget", { text })}
              onClick={() => keep(searches.filter((one) => one !== text))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <button class="link" data-action="forget-searches" onClick={() => keep([])}>
        {tg("search.forget.all")}
      </button>
    </section>
  );
}

function ChannelHits({ channels, chosen }: { channels: readonly Channel[]; chosen: () => void }) {
  if (channels.length === 0) return null;
  const logos = someLogos(channels);
  return (
    <section class="search-group" data-group="channels">
      <h2>{tg("search.channels")}</h2>
      <ul class="channel-hits">
        {channels.map((channel) => {
          const obstacle = obstacleOf(channel, state.capabilities.value);
          return (
            <li key={channel.id}>
              <button
                data-channel={channel.id}
                data-action="play"
                onClick={() => {
                  chosen();
                  openChannel(channel);
                }}
              >
                <span class="number">{channel.number}</span>
                {logos && <ChannelLogo channel={channel} />}
                <span class="guide-what">
                  <span class="title clip">{channel.name}</span>
                  <span class={obstacle === null ? "about-it clip" : "why clip"}>
                    {obstacle === null ? channel.now?.title : barrierWords(obstacle)}
                  </span>
                </span>
                <Icon name="play" />
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** Of what is on now so many come first: what comes later is not to be far away. */
const FIRST = 6;

function Hits({ name, hits, chosen }: { name: "now" | "later"; hits: readonly Hit[]; chosen: () => void }) {
  const whole = useSignal(name === "later");
  if (hits.length === 0) return null;
  const shown = whole.value || hits.length <= FIRST + 1 ? hits : hits.slice(0, FIRST);
  return (
    <section class="search-group" data-group={name}>
      <h2>{tg(`search.${name}`)}</h2>
      <ul class="guide-rows">
        {shown.map(({ channel, programme }) => (
          <li key={`${channel.id} ${programme.startsAt}`}>
            <ProgrammeRow channel={channel} programme={programme} named onOpen={chosen} />
          </li>
        ))}
      </ul>
      {shown.length < hits.length && (
        <button class="link more-hits" data-action="more-hits" onClick={() => (whole.value = true)}>
          {tg("search.more", { count: hits.length })}
        </button>
      )}
    </section>
  );
}
