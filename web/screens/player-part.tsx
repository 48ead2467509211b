import * as places from "../places.ts";
import { Problem, UNREACHABLE } from "../api/problem.ts";
import { problemWords, t } from "../i18n/index.ts";
import type { Player } from "../player/player.ts";
import { chunk, useChunk } from "./chunk.ts";
import { Icon } from "./icon.tsx";

/** The player's screen comes while the person is still choosing; who opens a channel by its address waits for it. */
const screen = chunk(() => import("./player.tsx"));

export function PlayerPart({ player }: { player: Player }) {
  const { part, failed } = useChunk(screen);
  if (part !== null) return <part.PlayerScreen player={player} />;
  const channel = player.channel.value?.name ?? "";
  return (
    <div class="player" data-screen="player" aria-busy={!failed}>
      <header class="bar">
        <button class="round" data-action="back" aria-label={t("player.back")} onClick={places.leaveChannel}>
          <Icon name="back" />
        </button>
      </header>
      <div class="stage">
        {failed ? (
          <Missing />
        ) : (
          <div class="waiting" role="status">
            <span class="spinner" aria-hidden="true" />
            {t("player.starting", { channel })}
          </div>
        )}
      </div>
    </div>
  );
}

function Missing() {
  const { what, wayOn } = problemWords(new Problem(UNREACHABLE));
  return (
    <div class="failure" role="alert" data-code={UNREACHABLE}>
      <h2>{what}</h2>
      <p>{wayOn}</p>
      <button class="primary" data-action="retry" onClick={() => location.reload()}>
        {t("app.retry")}
      </button>
    </div>
  );
}
