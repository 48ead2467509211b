import { signal } from "@preact/signals";
import type { Channel, Guide } from "../../../src/protocol/api.ts";
import { connection } from "../../here.ts";
import { GuideLoader } from "../../guide/loader.ts";
import { Schedule } from "../../guide/schedule.ts";
import { pathOf } from "../../guide/wishes.ts";

/** Counts changes of what is known of the schedule. */
export const version = signal(0);
/** Whether something of what is looked at did not come. */
export const failed = signal(false);

let owner: string | null = null;
let schedule = new Schedule();
let loader = makeLoader();

function makeLoader(): GuideLoader {
  const made: GuideLoader = new GuideLoader({
    schedule,
    ask: (request) => connection.call<Guide>("GET", pathOf(request)),
    now: () => connection.boxNow(),
    onChange() {
      if (made !== loader) return;
      failed.value = loader.failed;
      version.value++;
    },
  });
  return made;
}

/** What this client was told; another client of this browser, or of another box, begins with nothing. */
export function known(): Schedule {
  const client = connection.session?.client ?? null;
  if (client !== owner) {
    owner = client;
    schedule = new Schedule();
    loader = makeLoader();
    failed.value = false;
  }
  return schedule;
}

export function want(channels: readonly string[], from: number, to: number): void {
  known();
  loader.want(channels, from, to);
  failed.value = loader.failed;
}

export function retry(): void {
  loader.retry();
}

/** What is known may be old by now. */
export function lookAgain(): void {
  loader.again();
}

/** The list has changed: what it says is on must be what the guide shows. */
export function compare(channels: readonly Channel[]): void {
  let differs = false;
  for (const { id, now, next } of channels) differs = known().compare(id, [now, next]) || differs;
  if (differs) loader.again();
}
