import { t } from "../../i18n/index.ts";
import { tw } from "../../i18n/watch.ts";
import type { Player } from "../../player/player.ts";

/** When the picture has stood still again and again, and a smaller one would not. */
export function Advice({ player }: { player: Player }) {
  const quality = player.suggestion.value;
  if (quality === null) return null;
  return (
    <div class="notice asking" role="status" data-notice="stalls">
      <p>{tw("advice.stalls")}</p>
      <div class="answers">
        <button data-action="smaller" onClick={() => player.chooseQuality(quality)}>
          {tw("advice.take", { quality: t(`quality.${quality}`) })}
        </button>
        <button data-action="as-it-is" onClick={() => (player.suggestion.value = null)}>
          {tw("advice.leave")}
        </button>
      </div>
    </div>
  );
}
