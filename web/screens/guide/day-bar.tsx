import { daysFrom, dayAfter, dayStart } from "../../guide/days.ts";
import { chipWords, dateWords, tg } from "../../i18n/guide.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { reminders } from "../../guide/reminding.ts";
import { chooseMode, mode } from "./place.ts";

/** Now, the days that the guide has, reminders, and the other way to show it. */
export function DayBar(props: { day: number; choose: (day: number) => void; toNow: () => void }) {
  const now = state.now.value;
  const today = dayStart(now);
  const other = mode() === "grid" ? "list" : "grid";
  const count = reminders.value.length;
  return (
    <header class="guide-head">
      <h1>{tg("title")}</h1>
      <div class="guide-tools">
        <button
          class="round"
          data-action="reminders"
          aria-label={count === 0 ? tg("reminders") : tg("reminders.count", { count })}
          data-count={count || undefined}
          onClick={() => state.openSheet({ name: "reminders" })}
        >
          <Icon name="bell" />
        </button>
        <button
          class="round"
          data-action={`show-${other}`}
          aria-label={tg(`show.${other}`)}
          onClick={() => chooseMode(other)}
        >
          <Icon name={other === "grid" ? "guide" : "list"} />
        </button>
      </div>
      <div class="guide-days" role="group" aria-label={tg("days")}>
        <button class="day to-now" data-action="now" onClick={props.toNow}>
          <Icon name="clock" />
          <span>{tg("now")}</span>
        </button>
        {daysFrom(now).map((day) => {
          const { weekday, date } = chipWords(day);
          const name = day === today ? tg("today") : day === dayAfter(today) ? tg("tomorrow") : null;
          return (
            <button
              key={day}
              class="day"
              data-day={day}
              data-action="day"
              aria-pressed={day === props.day}
              onClick={() => props.choose(day)}
            >
              <span class="weekday" data-long={name ?? undefined}>
                <span class="short">{day === today ? name : weekday}</span>
                {name !== null && <span class="long">{name}</span>}
              </span>
              <span class="date">{date}</span>
              <span class="unseen">{dateWords(day)}</span>
            </button>
          );
        })}
      </div>
    </header>
  );
}
