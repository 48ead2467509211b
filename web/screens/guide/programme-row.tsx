import type { Channel, Programme } from "../../../src/protocol/api.ts";
import { reminders } from "../../guide/reminding.ts";
import { isSame } from "../../guide/reminders.ts";
import { dayAndHours, genreOf, hours, inARow, tg, titleOf } from "../../i18n/guide.ts";
import { langOf, t } from "../../i18n/index.ts";
import * as state from "../../state.ts";
import { Progress } from "../progress.tsx";
import { Icon } from "../icon.tsx";

/**
 * A programme in a list; leads to its details.
 * @param props.named the channel is said too, and the day
 * @param props.onOpen told before that
 */
export function ProgrammeRow(props: {
  channel: Channel;
  programme: Programme;
  named?: boolean;
  onOpen?: () => void;
}) {
  const { channel, programme, named = false } = props;
  const now = state.now.value;
  const from = Date.parse(programme.startsAt);
  const to = Date.parse(programme.endsAt);
  const on = from <= now && now < to;
  const genre = genreOf(programme);
  const reminded = reminders.value.some((one) => isSame(one, channel.id, programme.startsAt));
  const about = named ? `${channel.number} ${channel.name}` : programme.subtitle;
  return (
    <button
      class={`programme-row${genre === null ? "" : ` genre genre-${genre}`}${on ? " on" : ""}`}
      data-channel={channel.id}
      data-programme={programme.startsAt}
      data-action="programme"
      onClick={() => {
        props.onOpen?.();
        state.openSheet({ name: "programme", channel: channel.id, programme });
      }}
    >
      <span class="when">
        {named && !on ? dayAndHours(from, now) : hours(from)}
        {reminded && <Icon name="bell" />}
      </span>
      <span class="guide-what">
        <span class="title" lang={langOf(programme.language)}>
          {titleOf(programme)}
        </span>
        {about !== undefined && about !== "" && <span class="about-it clip">{about}</span>}
        {on && <Progress from={programme.startsAt} to={programme.endsAt} />}
      </span>
      {on && !named && <span class="badge">{tg("now")}</span>}
      <span class="unseen">
        {inARow(
          t("player.until", { time: hours(to) }),
          !named && channel.name,
          reminded && tg("cell.reminded"),
          on && tg("cell.on"),
        )}
      </span>
    </button>
  );
}
