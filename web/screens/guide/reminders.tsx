import { useEffect } from "preact/hooks";
import * as places from "../../places.ts";
import { notify } from "../../guide/notify.ts";
import { due, reminders, removeReminder } from "../../guide/reminding.ts";
import { dayAndHours, tg } from "../../i18n/guide.ts";
import * as state from "../../state.ts";
import { Icon } from "../icon.tsx";
import { SheetBody } from "../sheet.tsx";
import { Outside } from "./programme.tsx";

/** What somebody wants to be told of on this device. */
export function RemindersPage() {
  const all = reminders.value;
  const now = state.now.value;
  return (
    <SheetBody title={tg("reminders")}>
      {all.length === 0 ? (
        <p class="quiet-text" data-reminders="0">
          {tg("reminders.none")}
        </p>
      ) : (
        <>
          <ul class="reminders" data-reminders={all.length}>
            {all.map(({ channel: id, title, startsAt }) => (
              <li key={`${id} ${startsAt}`}>
                <span class="when">{dayAndHours(Date.parse(startsAt), now)}</span>
                <span class="guide-what">
                  <span class="title">{title}</span>
                  <span class="about-it clip">
                    {state.channels.value?.find((channel) => channel.id === id)?.name}
                  </span>
                </span>
                <button
                  class="round"
                  data-action="remove-reminder"
                  aria-label={tg("reminders.remove", { title })}
                  onClick={() => removeReminder(id, startsAt)}
                >
                  <Icon name="close" />
                </button>
              </li>
            ))}
          </ul>
          <Outside />
          <p class="label">{tg("reminders.device")}</p>
        </>
      )}
    </SheetBody>
  );
}

/** What begins in a minute, or has just begun: a calm line over whatever is on the screen. */
export function ReminderNotice() {
  const [first] = due.value;
  const channel = state.channels.value?.find(({ id }) => id === first?.channel);
  const watching =
    state.screen.value.name === "player" && places.player.current?.channel.value?.id === channel?.id;
  const begun = first !== undefined && Date.parse(first.startsAt) <= state.now.value;
  const watch = (): void => {
    if (first === undefined || channel === undefined) return;
    removeReminder(first.channel, first.startsAt);
    state.sheet.value = [];
    if (state.screen.value.name === "player") places.switchChannel(channel);
    else places.openChannel(channel);
  };
  useEffect(() => {
    if (first === undefined || channel === undefined) return;
    const words = tg(begun ? "reminder.on" : "reminder.soon", { channel: channel.name });
    void notify(first.title, words, first, watch);
  }, [first?.channel, first?.startsAt]);
  // who watches it already has begun to, and needs no word
  if (first === undefined || channel === undefined || watching) return null;
  return (
    <div class="reminder" role="status" data-reminder={first.channel}>
      <Icon name="bell" />
      <p>
        <strong class="clip">{first.title}</strong>
        <span class="clip">{tg(begun ? "reminder.on" : "reminder.soon", { channel: channel.name })}</span>
      </p>
      <button
        class="primary"
        data-action="reminder-watch"
        aria-label={tg("watch.named", { channel: channel.name })}
        onClick={watch}
      >
        {tg("watch")}
      </button>
      <button
        class="round"
        data-action="reminder-close"
        aria-label={tg("reminder.close")}
        onClick={() => removeReminder(first.channel, first.startsAt)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
