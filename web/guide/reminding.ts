import { computed, effect, signal } from "@preact/signals";
import type { Programme } from "../../src/protocol/api.ts";
import { recall, remember, whenRemembered } from "../memory.ts";
import { remindedIn } from "../shell/notified.ts";
import * as state from "../state.ts";
import { watchFragment } from "../watch-address.ts";
import {
  dueAt,
  readReminders,
  stillToCome,
  withReminder,
  withoutReminder,
  type Reminder,
} from "./reminders.ts";

const NAME = "reminders";

/** What somebody wants to be told of on this device, the next first. */
export const reminders = signal<readonly Reminder[]>(readReminders(recall(NAME)));

/** Those that one is to be told of now, as far as this box has their channels. */
export const due = computed(() =>
  dueAt(reminders.value, state.now.value).filter(
    ({ channel }) => state.channels.value?.some(({ id }) => id === channel) === true,
  ),
);

// old ones go; by the box's clock, which is known once its channels are
effect(() => {
  if (state.channels.value === null) return;
  const now = state.now.value;
  if (stillToCome(reminders.value, now) !== reminders.value) change((all) => stillToCome(all, now));
});

// another tab of the app has changed them
whenRemembered(NAME, (text) => (reminders.value = readReminders(text)));

// a notification was tapped, and the worker has brought this page to the front
navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  const reminded = remindedIn(data);
  if (reminded === null) return;
  removeReminder(reminded.channel, reminded.startsAt);
  state.sheet.value = [];
  const address = watchFragment(reminded.channel);
  // from channel to channel the back button still leads to where one was before
  if (state.screen.value.name === "player") location.replace(address);
  else location.hash = address;
});

export function remind(channel: string, programme: Programme): void {
  change((all) => withReminder(all, channel, programme));
}

export function removeReminder(channel: string, startsAt: string): void {
  change((all) => withoutReminder(all, channel, startsAt));
}

/** Of what is kept, and not of what this tab knew: another may have changed it meanwhile. */
function change(to: (all: readonly Reminder[]) => readonly Reminder[]): void {
  const kept = recall(NAME);
  const all = to(kept === null ? reminders.value : readReminders(kept));
  reminders.value = all;
  remember(NAME, JSON.stringify(all));
}
