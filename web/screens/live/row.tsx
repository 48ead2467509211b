import type { Channel } from "../../../src/protocol/api.ts";
import { clockTime, langOf, t } from "../../i18n/index.ts";
import { tl } from "../../i18n/live.ts";
import { barrierOf } from "../../live/barrier.ts";
import { toggleFavourite } from "../../live/own.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { Progress } from "../progress.tsx";
import { barrierInShort } from "./barrier-words.ts";
import { ChannelLogo } from "./channel-logo.tsx";
import { useHold } from "./hold.ts";
import { choose, showChannel } from "./choose.ts";
import { Star } from "./star.tsx";
import { Still } from "./still.tsx";

/** A channel in the list: a row on phones, a card on large screens. */
export function Row({ channel }: { channel: Channel }) {
  const { id } = channel;
  const barrier = barrierOf(channel);
  const { onKeyDown, ...hold } = useHold(
    () => choose(channel, "list"),
    () => showChannel(channel),
  );
  return (
    <li class="item">
      <button
        class={barrier === null ? "channel" : "channel dimmed"}
        data-channel={id}
        data-action="play"
        data-obstacle={barrier === null || barrier.kind === "age" ? undefined : barrier.kind}
        data-opening={state.opening.value === id ? "" : undefined}
        {...hold}
        onKeyDown={(event) => {
          if (event.key === "f" && !event.ctrlKey && !event.metaKey) toggleFavourite(channel);
          else onKeyDown(event);
        }}
      >
        <span class="picture">
          <Still channel={channel} />
          <NowProgress channel={channel} />
        </span>
        <About channel={channel} />
      </button>
      <Star channel={channel} />
    </li>
  );
}

function NowProgress({ channel: { now } }: { channel: Channel }) {
  return now === null ? null : <Progress from={now.startsAt} to={now.endsAt} />;
}

/** Three lines, whatever is known: nothing moves when more is. */
function About({ channel }: { channel: Channel }) {
  const { number, name, now, next, kind, still = null, logo = null } = channel;
  const barrier = barrierOf(channel);
  const tooOld = state.tooOldFor(channel);
  return (
    <span class="about">
      <span class="name">
        <span class="number">{number}</span>{" "}
        {logo !== null && still !== null && <ChannelLogo channel={channel} bare />}
        <span class="clip">{name}</span>
        {kind === "radio" && <span class="unseen">{t("channels.radio")}</span>}
        {tooOld !== null && (
          <span class="tag" data-age={tooOld}>
            <Icon name="lock" />
            {t("channels.age", { age: tooOld })}
          </span>
        )}
      </span>
      <span class="now clip" lang={langOf(now?.language)}>
        {now?.title ?? (state.fresh.value ? t("channels.noguide") : "")}
      </span>
      {barrier !== null ? (
        <span class="why">{barrierInShort(barrier)}</span>
      ) : (
        <span class="next clip">
          {next !== null && tl("next", { time: clockTime(next.startsAt), title: next.title })}
        </span>
      )}
    </span>
  );
}
