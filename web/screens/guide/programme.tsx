import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { GuideFound, Programme } from "../../../src/protocol/api.ts";
import { connection } from "../../here.ts";
import * as places from "../../places.ts";
import { mayAsk, mayNotify, askToNotify } from "../../guide/notify.ts";
import { remind, reminders, removeReminder } from "../../guide/reminding.ts";
import { isSame } from "../../guide/reminders.ts";
import { otherShowings } from "../../guide/showings.ts";
import { dayName, genreOf, genreWords, span, tg, titleOf } from "../../i18n/guide.ts";
import { obstacleOf } from "../../player/obstacle.ts";
import { langOf } from "../../i18n/index.ts";
import * as state from "../../state.ts";
import { barrierWords } from "../live/barrier-words.ts";
import { Progress } from "../progress.tsx";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { ProgrammeRow } from "./programme-row.tsx";

const MINUTE = 60_000;

/** All that is known of a programme, and what one can do about it. */
export function ProgrammePage({ channel: id, programme }: { channel: string; programme: Programme }) {
  const channel = state.channels.value?.find((one) => one.id === id);
  const now = state.now.value;
  const from = Date.parse(programme.startsAt);
  const to = Date.parse(programme.endsAt);
  const on = from <= now && now < to;
  const genre = genreOf(programme);
  const { minimumAge: age } = programme;
  const minutes = Math.round((to - from) / MINUTE);
  return (
    <SheetBody title={titleOf(programme)}>
      <div
        class={`programme${genre === null ? "" : ` genre-${genre}`}`}
        data-programme-page={programme.startsAt}
      >
        {programme.subtitle !== undefined && programme.subtitle !== "" && (
          <p class="subtitle" lang={langOf(programme.language)}>
            {programme.subtitle}
          </p>
        )}
        <p class="programme-facts">
          {channel !== undefined && (
            <span>
              <span class="number">{channel.number}</span> {channel.name}
            </span>
          )}
          <span>{tg("when", { day: dayName(from, now), span: span(from, to) })}</span>
          <span>
            {on
              ? tg("left", { count: Math.max(1, Math.ceil((to - now) / MINUTE)) })
              : tg("minutes", { count: minutes })}
          </span>
        </p>
        {on && <Progress from={programme.startsAt} to={programme.endsAt} />}
        {(genre !== null || age !== undefined) && (
          <p class="tags">
            {genre !== null && <span class="tag kind">{genreWords(genre)}</span>}
            {age !== undefined && <span class="tag">{tg("age", { age })}</span>}
          </p>
        )}
        {on && channel !== undefined && <Watch channel={channel} />}
        {from > now && <Remind channel={id} programme={programme} />}
        {to <= now && <p class="note">{tg("over")}</p>}
        <p class="about-all" lang={langOf(programme.language)}>
          {aboutOf(programme)}
        </p>
        <Others channel={id} programme={programme} />
      </div>
    </SheetBody>
  );
}

function aboutOf({ restricted, minimumAge, description }: Programme): string {
  if (restricted !== true) return description.trim() || tg("no-description");
  return minimumAge === undefined ? tg("restricted.unrated") : tg("restricted.about", { age: minimumAge });
}

function Watch({ channel }: { channel: NonNullable<typeof state.channels.value>[number] }) {
  const obstacle = obstacleOf(channel, state.capabilities.value);
  return (
    <div class="act">
      <button
        class="primary"
        data-action="watch"
        data-obstacle={obstacle?.kind}
        onClick={() => {
          state.sheet.value = [];
          places.openChannel(channel);
        }}
      >
        <Icon name="play" />
        {tg("watch")}
      </button>
      {obstacle !== null && <p class="why">{barrierWords(obstacle)}</p>}
    </div>
  );
}

function Remind({ channel, programme }: { channel: string; programme: Programme }) {
  const set = reminders.value.some((one) => isSame(one, channel, programme.startsAt));
  if (programme.restricted === true) return null;
  return (
    <div class="act">
      <button
        class={set ? "" : "primary"}
        data-action={set ? "remind-not" : "remind"}
        onClick={() => (set ? removeReminder(channel, programme.startsAt) : remind(channel, programme))}
      >
        <Icon name="bell" />
        {tg(set ? "remind.not" : "remind")}
      </button>
      {set && <p class="quiet-text">{tg("remind.set")}</p>}
      {set && <Outside />}
    </div>
  );
}

/** The system's own notifications, where there are any: the browser asks, and only when it was tapped here. */
export function Outside() {
  const refused = useSignal(false);
  if (refused.value) return <p class="quiet-text">{tg("remind.outside.off")}</p>;
  if (mayNotify.value) return <p class="quiet-text">{tg("remind.outside.on")}</p>;
  if (!mayAsk()) return null;
  return (
    <button
      class="link"
      data-action="notify"
      onClick={() => void askToNotify().then((yes) => (refused.value = !yes))}
    >
      {tg("remind.outside")}
    </button>
  );
}

/** Found by the title, which the box looks through the whole guide for. */
function Others({ channel, programme }: { channel: string; programme: Programme }) {
  const found = useSignal<readonly GuideFound["found"][number][]>([]);
  const title = programme.restricted === true ? "" : programme.title.trim();
  useEffect(() => {
    if (title === "") return;
    const abort = new AbortController();
    const query = new URLSearchParams({ q: title.slice(0, 200), limit: "30" });
    connection
      .call<GuideFound>("GET", `/api/v1/guide/search?${query.toString()}`, { signal: abort.signal })
      .then(({ found: all }) => (found.value = otherShowings(all, channel, programme)))
      .catch(() => undefined); // what else is on is worth no error
    return () => abort.abort();
  }, [channel, programme.startsAt]);
  const list = found.value.flatMap(({ channel: id, programme: one }) => {
    const on = state.watchable.value?.find((each) => each.id === id);
    return on === undefined ? [] : [{ on, one }];
  });
  if (list.length === 0) return null;
  return (
    <section class="others">
      <h3>{tg("others")}</h3>
      <ul class="guide-rows">
        {list.map(({ on, one }) => (
          <li key={`${on.id} ${one.startsAt}`}>
            <ProgrammeRow channel={on} programme={one} named />
          </li>
        ))}
      </ul>
    </section>
  );
}
