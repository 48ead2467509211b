import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";
import type { Problem } from "../api/problem.ts";
import { learnPin } from "../access/follow.ts";
import { connection } from "../here.ts";
import * as places from "../places.ts";
import { dayTime, problemWords, t } from "../i18n/index.ts";
import { freeChannels } from "../player/free-channels.ts";
import type { Player } from "../player/player.ts";
import * as state from "../state.ts";

/** Trying the same again will not help. */
const HOPELESS = new Set([
  "scrambled",
  "client-cannot-decode",
  "channel-not-found",
  "player-unsupported",
  "unsupported",
]);

/** Refusals that a PIN lifts for a while: by a kid's or a guest's limits. */
const isParental = (code: string): boolean => code.startsWith("parental-") || code === "quota-used";

/** Why there is no picture, and the ways on. */
export function PlayerProblem({ player, problem }: { player: Player; problem: Problem }) {
  const main = useRef<HTMLButtonElement>(null);
  useEffect(() => main.current?.focus(), [problem]);
  // Somebody may have set a PIN since this page began.
  useEffect(() => void (isParental(problem.code) && learnPin(connection)), [problem]);
  const hopeless = HOPELESS.has(problem.code);
  const parental = isParental(problem.code) && state.pinSet.value !== false;
  const unlock = (
    <button
      ref={main}
      class="primary whole-row"
      data-action="unlock"
      onClick={() => state.openSheet({ name: "unlock" })}
    >
      {t("player.unlock")}
    </button>
  );
  const retry = (
    <button
      key="retry"
      ref={hopeless || parental ? null : main}
      class={hopeless || parental ? undefined : "primary"}
      data-action="retry"
      onClick={() => player.again()}
    >
      {t(problem.code === "asleep" ? "player.on" : "app.retry")}
    </button>
  );
  const toList = (
    <button
      key="list"
      ref={hopeless ? main : null}
      class={hopeless ? "primary" : undefined}
      data-action="list"
      onClick={places.leaveChannel}
    >
      {t("channels.title")}
    </button>
  );
  const { what, wayOn } = problemWords(problem);
  const free = freeChannels(problem, state.watchable.value ?? [], player.channel.value?.id ?? "");
  return (
    <div class="failure" role="alert" data-screen="error" data-code={problem.code}>
      <h2>{what}</h2>
      <p>{wayOnOf(problem, wayOn)}</p>
      {free.length > 0 && (
        <div class="free">
          <p class="label">{t("player.free")}</p>
          {free.map((channel: Channel) => (
            <button key={channel.id} data-free={channel.id} onClick={() => places.switchChannel(channel)}>
              {channel.number} {channel.name}
            </button>
          ))}
        </div>
      )}
      <div class="pair-of-buttons">
        {parental && unlock}
        {hopeless ? [toList, retry] : [retry, toList]}
      </div>
    </div>
  );
}

/** The way on of a refusal by limits: when it is over, and the PIN only where there is one. */
function wayOnOf(problem: Problem, wayOn: string): string {
  if (!isParental(problem.code)) return wayOn;
  const pin = state.pinSet.value === false ? "no-pin" : "pin";
  const until = untilOf(problem);
  if (until !== null) return t(`limit.until.${pin}`, { time: dayTime(until) });
  return pin === "no-pin" ? t("limit.no-pin") : wayOn;
}

function untilOf({ detail }: Problem): string | null {
  if (typeof detail !== "object" || detail === null || !("until" in detail)) return null;
  return typeof detail.until === "string" ? detail.until : null;
}
