import {
  MOST_SPANS,
  NEW_SPAN,
  fromFieldTime,
  toFieldTime,
  toggled,
  type Hours,
  type Span,
} from "../../access/limits.ts";
import { ta, weekday } from "../../i18n/access.ts";
import { Icon } from "../icon.tsx";

const DAYS = [1, 2, 3, 4, 5, 6, 7];

/** Times of one's own: days, from, to; as many as it takes. */
export function HoursEditor({ hours, change }: { hours: Hours; change: (hours: Hours) => void }) {
  const replace = (at: number, span: Span): void =>
    change(hours.map((one, index) => (index === at ? span : one)));
  return (
    <div class="spans">
      {hours.map((span, index) => (
        <SpanEditor
          key={index}
          span={span}
          change={(next) => replace(index, next)}
          remove={hours.length > 1 ? () => change(hours.filter((_, at) => at !== index)) : null}
        />
      ))}
      {hours.length < MOST_SPANS && (
        <button data-action="add-hours" onClick={() => change([...hours, NEW_SPAN])}>
          {ta("hours.add")}
        </button>
      )}
    </div>
  );
}

function SpanEditor(props: { span: Span; change: (span: Span) => void; remove: (() => void) | null }) {
  const { span, change, remove } = props;
  return (
    <div class="span">
      <div class="days" role="group" aria-label={ta("hours.days")}>
        {DAYS.map((day) => (
          <button
            key={day}
            aria-pressed={span.days.includes(day)}
            data-day={day}
            onClick={() => change({ ...span, days: toggled(span.days, day) })}
          >
            {weekday(day)}
          </button>
        ))}
      </div>
      <div class="times">
        <label class="field">
          <span>{ta("hours.from")}</span>
          <input
            type="time"
            name="from"
            value={span.from}
            onInput={(event) => change({ ...span, from: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          <span>{ta("hours.to")}</span>
          <input
            type="time"
            name="to"
            value={toFieldTime(span.to)}
            onInput={(event) => change({ ...span, to: fromFieldTime(event.currentTarget.value) })}
          />
        </label>
        {remove !== null && (
          <button class="round" data-action="remove-hours" aria-label={ta("hours.remove")} onClick={remove}>
            <Icon name="close" />
          </button>
        )}
      </div>
    </div>
  );
}
