import type { WatchingNow } from "../../src/protocol/access-api.ts";
import { clockTime } from "../i18n/index.ts";
import { tt } from "../i18n/tv.ts";
import { ChannelLogo } from "../screens/live/channel-logo.tsx";
import { Icon } from "../screens/icon.tsx";
import * as state from "../state.ts";

type Watcher = WatchingNow["watching"][number];

const ICONS = { mobile: "phone", internet: "computer", tv: "tv" } as const;
/** As many as fit on a screen across the room. */
const AT_MOST = 6;

/** Who watches what, since when. @param props.list null: not known yet */
export function Watchers({ list }: { list: WatchingNow["watching"] | null }) {
  const more = (list?.length ?? 0) - AT_MOST;
  return (
    <section
      class="tv-watching tv-still"
      aria-labelledby="watching-title"
      aria-busy={list === null}
      data-watching={list?.length}
    >
      <h2 id="watching-title">{tt("home.watching")}</h2>
      {list?.length === 0 && <p class="quiet-text">{tt("home.nobody")}</p>}
      <ul>
        {(list ?? []).slice(0, AT_MOST).map((one, index) => (
          <Row key={`${one.since} ${index}`} watcher={one} />
        ))}
      </ul>
      {more > 0 && <p class="quiet-text">+ {more}</p>}
    </section>
  );
}

function Row({ watcher }: { watcher: Watcher }) {
  const { name, terminalType, channel, since, home, self } = watcher;
  const watched = state.channels.value?.find(({ number }) => number === channel.number);
  return (
    <li class="tv-watcher">
      <Icon name={ICONS[terminalType]} />
      <span class="about">
        <strong class="clip" data-who="">
          {self ? tt("home.self") : name}
        </strong>
        <span class="clip" data-channel-name="">
          {watched?.logo != null && <ChannelLogo channel={watched} bare />}
          {channel.number} {channel.name}
        </span>
        <span class="quiet-text">
          {tt("home.since", { time: clockTime(since) })}
          {!home && ` · ${tt("home.away")}`}
        </span>
      </span>
    </li>
  );
}
