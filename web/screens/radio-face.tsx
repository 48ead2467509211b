import type { Channel } from "../../src/protocol/api.ts";
import { clockTime, langOf, t } from "../i18n/index.ts";
import { Icon } from "./icon.tsx";

/** What there is to look at where there is no picture: the station, and what it plays. */
export function RadioFace({ channel: { name, now } }: { channel: Channel }) {
  return (
    <div class="radio-face">
      <Icon name="radio" />
      <p class="station">{name}</p>
      {now !== null && (
        <div class="on-air" lang={langOf(now.language)}>
          <p class="title">{now.title}</p>
          <p class="about">{now.subtitle || now.description}</p>
          <p class="label">{t("player.until", { time: clockTime(now.endsAt) })}</p>
        </div>
      )}
    </div>
  );
}
