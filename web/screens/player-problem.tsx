import { useEffect, useRef } from "preact/hooks";
import type { Channel } from "../../src/protocol/api.ts";
import type { Problem } from "../api/problem.ts";
import * as app from "../app.ts";
import { problemWords, t } from "../i18n/index.ts";
import { freeChannels } from "../player/free-channels.ts";
import type { Player } from "../player/player.ts";
import * as state from "../state.ts";

/** Why there is no picture, and the ways on. */
export function PlayerProblem({ player, problem }: { player: Player; problem: Problem }) {
  const again = useRef<HTMLButtonElement>(null);
  useEffect(() => again.current?.focus(), [problem]);
  const { what, wayOn } = problemWords(problem);
  const free = freeChannels(problem, state.watchable.value ?? [], player.channel.value?.id ?? "");
  return (
    <div class="failure" role="alert" data-screen="error" data-code={problem.code}>
      <h2>{what}</h2>
      <p>{wayOn}</p>
      {free.length > 0 && (
        <div class="free">
          <p class="label">{t("player.free")}</p>
          {free.map((channel: Channel) => (
            <button key={channel.id} data-free={channel.id} onClick={() => app.switchChannel(channel)}>
              {channel.number} {channel.name}
            </button>
          ))}
        </div>
      )}
      <div class="pair-of-buttons">
        <button ref={again} class="primary" data-action="retry" onClick={() => player.again()}>
          {t("app.retry")}
        </button>
        <button onClick={app.leaveChannel}>{t("channels.title")}</button>
      </div>
    </div>
  );
}
