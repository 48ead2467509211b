import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";
import { recoveryLater } from "../access/follow.ts";
import * as app from "../app.ts";
import { clockTime, t } from "../i18n/index.ts";
import { obstacleOf, type Obstacle } from "../player/obstacle.ts";
import * as state from "../state.ts";
import { moveFocus } from "./arrow-keys.ts";
import { Icon } from "./icon.tsx";
import { NoChannelsNote } from "./no-channels.tsx";
import { Notices } from "./sheet.tsx";

/** The last channel watched, to come back to where one was in the list. */
let last: string | null = null;

export function ChannelsScreen() {
  const list = state.watchable.value;
  return (
    <div class="page channels" data-screen="channels">
      <header>
        <h1>{state.box.value?.name}</h1>
        <span class="chip" role="status">
          {state.live.value ? "" : t("app.reconnecting")}
        </span>
      </header>
      <Notices />
      <main aria-label={t("channels.title")} aria-busy={list === null}>
        {state.unlasting.value && <p class="note">{t("pair.unlasting")}</p>}
        <SaveCodes />
        {list === null ? <Skeletons /> : list.length === 0 ? <NoChannelsNote /> : <List all={list} />}
      </main>
    </div>
  );
}

/** An owner's first task: without codes a lost phone is a lost box. */
function SaveCodes() {
  if (state.recovery.value?.madeAt !== null || state.recoveryLater.value) return null;
  return (
    <aside class="note save-codes">
      <Icon name="key" />
      <p>{t("codes.offer")}</p>
      <button data-action="codes" onClick={() => state.openSheet({ name: "codes" })}>
        {t("codes.save")}
      </button>
      <button class="link" data-action="codes-later" onClick={recoveryLater}>
        {t("codes.later")}
      </button>
    </aside>
  );
}

function List({ all }: { all: readonly Channel[] }) {
  const root = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (last === null) return;
    const button = root.current?.querySelector<HTMLElement>(`[data-channel="${CSS.escape(last)}"]`);
    button?.scrollIntoView({ block: "center" });
    button?.focus({ preventScroll: true });
  }, []);
  return (
    <ul class="list" ref={root} onKeyDown={(event) => moveFocus(event, root.current)}>
      {all.map((channel) => (
        <Row key={channel.id} channel={channel} />
      ))}
    </ul>
  );
}

function Row({ channel }: { channel: Channel }) {
  const { id, number, name, now, next, kind } = channel;
  const obstacle = obstacleOf(channel, state.capabilities.value);
  const tooOld = state.tooOldFor(channel);
  return (
    <li>
      <button
        class={obstacle === null ? "channel" : "channel dimmed"}
        data-channel={id}
        data-action="play"
        data-obstacle={obstacle?.kind}
        onClick={() => {
          last = id;
          app.openChannel(channel);
        }}
      >
        <span class="number">{number}</span>
        <span class="about">
          <span class="name">
            <span class="clip">{name}</span>
            {kind === "radio" && (
              <span class="tag">
                <Icon name="radio" />
                {t("channels.radio")}
              </span>
            )}
            {tooOld !== null && (
              <span class="tag" data-age={tooOld}>
                <Icon name="lock" />
                {t("channels.age", { age: tooOld })}
              </span>
            )}
          </span>
          {obstacle !== null && <span class="why">{obstacleWords(obstacle)}</span>}
          <span class="now clip" lang={now?.language ?? undefined}>
            {now?.title ?? t("channels.noguide")}
          </span>
          {now !== null && <Progress from={now.startsAt} to={now.endsAt} />}
          {next !== null && (
            <span class="next clip">
              {t("channels.next", { time: clockTime(next.startsAt), title: next.title })}
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

/** How much of a programme is over. */
export function Progress({ from, to }: { from: string; to: string }) {
  const start = Date.parse(from);
  const length = Date.parse(to) - start;
  const percent =
    length > 0 ? Math.round(Math.min(1, Math.max(0, (state.now.value - start) / length)) * 100) : 0;
  return <progress max={100} value={percent} aria-label={t("channels.progress", { percent })} />;
}

export function obstacleWords(obstacle: Obstacle): string {
  if (obstacle.kind === "video" || obstacle.kind === "audio")
    return t(`why.${obstacle.kind}`, { codec: t(`codec.${obstacle.family}`) });
  return t(`why.${obstacle.kind}`);
}

function Skeletons() {
  return (
    <ul class="list" aria-hidden="true">
      {Array.from({ length: 8 }, (_, index) => (
        <li key={index} class="channel skeleton">
          <span class="number" />
          <span class="about">
            <span class="bone wide" />
            <span class="bone" />
          </span>
        </li>
      ))}
    </ul>
  );
}
