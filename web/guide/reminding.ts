import { computed, effect, signal } from "@preact/signals";
import type { Programme } from "../../src/protocol/api.ts";
import { recall, remember } from "../memory.ts";
import * as state from "../state.ts";
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
  const kept = stillToCome(reminders.value, state.now.value);
  if (kept !== reminders.value) keep(kept);
});

export function remind(channel: string, programme: Programme): void {
  keep(withReminder(reminders.value, channel, programme));
}

export function removeReminder(channel: string, startsAt: string): void {
  keep(withoutReminder(reminders.value, channel, startsAt));
}

function keep(all: readonly Reminder[]): void {
  reminders.value = all;
  remember(NAME, JSON.stringify(all));
}
