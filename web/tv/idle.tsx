import { tag } from "../i18n/index.ts";
import type { TvKey } from "../i18n/tv-en.ts";
import { tt } from "../i18n/tv.ts";
import { Icon, type IconName } from "../screens/icon.tsx";
import * as state from "../state.ts";
import { Clock } from "./clock.tsx";
import { typedAddress } from "./typed-address.ts";

/** Nobody watches: the hour, large; how one more phone comes in; and where the box is found. */
export function Idle() {
  const now = state.now.value;
  const { addresses, nearby } = state.box.value ?? {};
  const away = addresses?.away ?? null;
  const home = nearby?.name ?? addresses?.home ?? null;
  const date = new Intl.DateTimeFormat(tag.value, { weekday: "long", day: "numeric", month: "long" });
  return (
    <section class="tv-idle tv-still" data-watching="0" aria-labelledby="idle-title">
      <div class="tv-hour">
        <Clock large />
        <p class="tv-date">{date.format(now)}</p>
        <p class="quiet-text" id="idle-title">
          {tt("home.nobody")}
        </p>
      </div>
      <ul>
        <Line icon="phone" words="idle.add" about="idle.add.how" />
        {home !== null && <Line icon="computer" words="idle.home" address={typedAddress(home)} />}
        <li data-anywhere={away === null ? "no" : "yes"}>
          <Icon name="elsewhere" />
          <span class="about">
            <strong>{tt(away === null ? "home.only" : "home.anywhere")}</strong>
            <span class="quiet-text clip">{away === null ? tt("idle.only.how") : typedAddress(away)}</span>
          </span>
        </li>
      </ul>
    </section>
  );
}

function Line(props: { icon: IconName; words: TvKey; about?: TvKey; address?: string }) {
  const { icon, words, about, address } = props;
  return (
    <li>
      <Icon name={icon} />
      <span class="about">
        <strong>{tt(words)}</strong>
        {about !== undefined && <span class="quiet-text">{tt(about)}</span>}
        {address !== undefined && (
          <span class="quiet-text clip" data-typed="">
            {address}
          </span>
        )}
      </span>
    </li>
  );
}
