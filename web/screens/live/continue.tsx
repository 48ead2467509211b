import type { Beginning } from "../../live/watched.ts";
import type { Channel } from "../../../src/protocol/api.ts";
import { langOf, t } from "../../i18n/index.ts";
import { tl } from "../../i18n/live.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { Progress } from "../progress.tsx";
import { ChannelLogo } from "./channel-logo.tsx";
import { choose } from "./choose.ts";
import { Still } from "./still.tsx";

/** One tap, and what one watched last is there again. */
export function Continue({ beginning: { channel, again } }: { beginning: Beginning<Channel> }) {
  const { id, name, number, now, still = null, logo = null } = channel;
  return (
    <button
      class="continue"
      data-continue={id}
      data-opening={state.opening.value === id ? "" : undefined}
      onClick={() => choose(channel, "card")}
    >
      <span class="picture">
        <Still channel={channel} />
        <span class="begin">
          <Icon name="play" />
        </span>
      </span>
      <span class="about">
        <span class="label">{tl(again ? "continue" : "begin")}</span>
        <span class="name">
          <span class="number">{number}</span>{" "}
          {logo !== null && still !== null && <ChannelLogo channel={channel} bare />}
          <span class="clip">{name}</span>
        </span>
        <span class="now clip" lang={langOf(now?.language)}>
          {now?.title ?? (state.fresh.value ? t("channels.noguide") : "")}
        </span>
        {now !== null && now.description !== "" && (
          <span class="what" lang={langOf(now.language)}>
            {now.description}
          </span>
        )}
        <span class="over">{now !== null && <Progress from={now.startsAt} to={now.endsAt} />}</span>
      </span>
    </button>
  );
}
