import type { Channel } from "../../../src/protocol/api.ts";
import { tl } from "../../i18n/live.ts";
import { favourite, toggleFavourite } from "../../live/own.ts";
import { Icon } from "../icon.tsx";

/** Whether a channel is among this person's favourites, and the way to change that. */
export function Star({ channel }: { channel: Channel }) {
  const { id, name } = channel;
  const on = favourite(channel);
  return (
    <button
      class="round star"
      data-star={id}
      aria-pressed={on}
      aria-label={tl(on ? "star.remove" : "star.add", { name })}
      onClick={() => toggleFavourite(channel)}
    >
      <Icon name="star" />
    </button>
  );
}
