import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";
import * as places from "../places.ts";
import { langOf, t } from "../i18n/index.ts";
import { tt } from "../i18n/tv.ts";
import { obstacleOf } from "../player/obstacle.ts";
import { barrierWords } from "../screens/live/barrier-words.ts";
import { ChannelLogo, someLogos } from "../screens/live/channel-logo.tsx";
import { Progress } from "../screens/progress.tsx";
import { Icon } from "../screens/icon.tsx";
import { NoChannelsNote } from "../screens/no-channels.tsx";
import * as state from "../state.ts";
import { Frame } from "./frame.tsx";
import { toHome } from "./place.ts";
import { atScreen } from "./screen-state.ts";

/** The channel watched last: the list opens there. */
let last: string | null = null;

/** Notes what is watched, also when it was zapped to. */
export function noteWatched(channel: string): void {
  last = channel;
}

/** What is on, one line a channel. */
export function TvChannels() {
  const list = state.watchable.value;
  const root = useRef<HTMLUListElement>(null);
  const logos = someLogos(list ?? []);
  useEffect(() => {
    const wanted =
      last === null ? null : root.current?.querySelector<HTMLElement>(`[data-channel="${CSS.escape(last)}"]`);
    const button = wanted ?? root.current?.querySelector<HTMLElement>("button");
    button?.focus({ preventScroll: true });
    button?.scrollIntoView({ block: "center" });
  }, [list === null]);
  return (
    <Frame
      name="tv-channels"
      title={tt("list.title")}
      actions={
        atScreen.value === true && (
          <button data-action="home" onClick={toHome}>
            <Icon name="back" /> {tt("list.home")}
          </button>
        )
      }
    >
      {list === null ? (
        <p role="status">{t("app.loading")}</p>
      ) : list.length === 0 ? (
        <NoChannelsNote />
      ) : (
        <ul class="tv-list tv-still" data-scrolls="" ref={root}>
          {list.map((channel) => (
            <Row key={channel.id} channel={channel} logos={logos} />
          ))}
        </ul>
      )}
    </Frame>
  );
}

function Row({ channel, logos }: { channel: Channel; logos: boolean }) {
  const { id, number, name, now } = channel;
  const obstacle = obstacleOf(channel, state.capabilities.value);
  return (
    <li>
      <button
        class={["tv-row", logos && "with-logo", obstacle && "dimmed"].filter(Boolean).join(" ")}
        data-channel={id}
        data-obstacle={obstacle?.kind}
        onClick={() => places.openChannel(channel)}
      >
        <span class="number">{number}</span>
        {logos && <ChannelLogo channel={channel} />}
        <strong class="clip">{name}</strong>
        <span class="clip" lang={langOf(now?.language)}>
          {obstacle !== null ? barrierWords(obstacle) : (now?.title ?? t("channels.noguide"))}
        </span>
        {now !== null ? <Progress from={now.startsAt} to={now.endsAt} /> : <span />}
      </button>
    </li>
  );
}
