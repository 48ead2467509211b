import { useEffect } from "preact/hooks";
import type { Channel } from "../../../src/protocol/api.ts";
import * as places from "../../places.ts";
import { clockTime, langOf, t } from "../../i18n/index.ts";
import { tc } from "../../i18n/channel-page.ts";
import { barrierOf, canWatch, isCertain, type Barrier } from "../../live/barrier.ts";
import { favourite, toggleFavourite, watched } from "../../live/own.ts";
import { suggestions } from "../../live/suggestions.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { Progress } from "../progress.tsx";
import { SheetBody } from "../sheet.tsx";
import { barrierWords } from "./barrier-words.ts";
import { Still } from "./still.tsx";

/** For this channel a grown-up was asked. */
let asked: string | null = null;

/** A channel: what is on, why it cannot be watched if so, and what can be watched instead. */
export function ChannelPage({ id }: { id: string }) {
  const list = state.watchable.value ?? [];
  const channel = list.find((one) => one.id === id);
  const barrier = channel === undefined ? null : barrierOf(channel);
  useEffect(() => {
    const yes = asked === id && channel !== undefined && barrier === null;
    asked = null;
    if (yes) play(channel); // that is what was wanted
  }, []);
  if (channel === undefined) return <SheetBody title={t("channels.title")}>{null}</SheetBody>;
  return (
    <SheetBody title={channel.name}>
      <About channel={channel} />
      {barrier !== null && <Reason barrier={barrier} />}
      <Actions channel={channel} barrier={barrier} />
      {barrier !== null && <Instead found={suggestions(list, channel, watched.value, favourite, canWatch)} />}
    </SheetBody>
  );
}

function askGrownUp({ id }: Channel): void {
  asked = id;
  state.openSheet({ name: "unlock" });
}

function play(channel: Channel): void {
  state.closeSheet();
  places.openChannel(channel);
}

function About({ channel }: { channel: Channel }) {
  const { now, next } = channel;
  return (
    <div class="channel-about">
      <span class="picture">
        <Still channel={channel} />
      </span>
      <div class="about">
        <strong lang={langOf(now?.language)}>{now?.title ?? t("channels.noguide")}</strong>
        {now !== null && <Progress from={now.startsAt} to={now.endsAt} />}
        {next !== null && (
          <span class="label">
            {t("channels.next", { time: clockTime(next.startsAt), title: next.title })}
          </span>
        )}
      </div>
      {now !== null && now.description !== "" && (
        <p class="what" lang={langOf(now.language)}>
          {now.description}
        </p>
      )}
    </div>
  );
}

function Reason({ barrier }: { barrier: Barrier }) {
  const help = barrier.kind === "age" && state.pinSet.value === false ? "age.no-pin" : barrier.kind;
  return (
    <div class="reason" role="status" data-reason={barrier.kind}>
      <Icon name={barrier.kind === "age" || barrier.kind === "scrambled" ? "lock" : "alarm"} />
      <p>
        <strong>
          {barrier.kind === "age" ? tc("age.what", { age: barrier.age }) : barrierWords(barrier)}
        </strong>
        <span>{tc(`help.${help}`)}</span>
      </p>
    </div>
  );
}

function Actions({ channel, barrier }: { channel: Channel; barrier: Barrier | null }) {
  const on = favourite(channel);
  const unlock = barrier?.kind === "age" && state.pinSet.value !== false;
  const hopeless = isCertain(barrier) && barrier?.kind !== "no-signal";
  return (
    <div class="channel-actions">
      {unlock && (
        <button class="primary" data-action="unlock" onClick={() => askGrownUp(channel)}>
          {t("player.unlock")}
        </button>
      )}
      {!hopeless && (
        <button
          class={barrier === null ? "primary" : undefined}
          data-action="watch"
          onClick={() => play(channel)}
        >
          <Icon name="play" /> {tc(barrier === null ? "watch" : "try")}
        </button>
      )}
      <button data-action="favourite" aria-pressed={on} onClick={() => toggleFavourite(channel)}>
        <Icon name="star" /> {tc(on ? "unmark" : "mark")}
      </button>
    </div>
  );
}

function Instead({ found }: { found: readonly Channel[] }) {
  if (found.length === 0) return null;
  return (
    <section class="instead">
      <h3>{t("player.free")}</h3>
      {found.map((channel) => (
        <button key={channel.id} class="entry framed" data-instead={channel.id} onClick={() => play(channel)}>
          <span class="picture">
            <Still channel={channel} />
          </span>
          <span class="about">
            <strong class="clip">{channel.name}</strong>
            <span class="label clip" lang={langOf(channel.now?.language)}>
              {channel.now?.title ?? t("channels.noguide")}
            </span>
          </span>
        </button>
      ))}
    </section>
  );
}
