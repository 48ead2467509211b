import type {
  AccessEvents,
  Audit,
  AuditEntry,
  OfferStates,
  PinState,
  RecoveryState,
} from "../../src/protocol/access-api.ts";
import type { Client } from "../../src/protocol/api.ts";
import type { BoxConnection } from "../api/connection.ts";
import { recall, remember } from "../memory.ts";
import * as state from "../state.ts";
import { unseenAlarms } from "./alarms.ts";

/** The newest alarm that an owner has put away on this device. */
const SEEN = "alarm-seen";
/** The newest that was there when an owner went to read the log: what is said for a day otherwise has been read then. */
const READ = "alarm-read";
/** Alarms that are looked through at the start: more than a few kinds of them can fill. */
const LOOK_BACK = 200;
/** When the owner wanted to be asked again for recovery codes, ms since 1970. */
const RECOVERY_LATER = "recovery-later";
const A_WEEK = 7 * 86_400_000;

/** Asks what a page of this role shows beside the channels. Nothing of it is worth an error: a box may lack it. */
export async function learn(connection: BoxConnection): Promise<void> {
  const { role } = connection.session ?? {};
  if (role === "kid" || role === "guest") await Promise.all([learnSelf(connection), learnPin(connection)]);
  if (!state.isOwner.value) return;
  await Promise.all([learnRecovery(connection), learnAlarms(connection), learnWaiting(connection)]);
}

/** How the box knows this client, limits and end of stay included. */
export async function learnSelf(connection: BoxConnection): Promise<void> {
  await connection
    .call<Client>("GET", "/api/v1/clients/self")
    .then((client) => (state.self.value = client))
    .catch(() => undefined);
}

/** Whether a PIN lifts limits. */
export async function learnPin(connection: BoxConnection): Promise<void> {
  await connection
    .call<PinState>("GET", "/api/v1/parental-pin")
    .then(({ set }) => (state.pinSet.value = set))
    .catch(() => undefined);
}

export async function learnRecovery(connection: BoxConnection): Promise<void> {
  state.recoveryLater.value = Date.now() < Number(recall(RECOVERY_LATER));
  await connection
    .call<RecoveryState>("GET", "/api/v1/recovery-codes")
    .then((found) => (state.recovery.value = found))
    .catch(() => undefined);
}

/** The owner does not want to save recovery codes now. */
export function recoveryLater(): void {
  state.recoveryLater.value = true;
  remember(RECOVERY_LATER, String(Date.now() + A_WEEK));
}

/** A device may wait for a yes since before this page was opened. */
async function learnWaiting(connection: BoxConnection): Promise<void> {
  await connection
    .call<OfferStates>("GET", "/api/v1/offers")
    .then(({ offers }) => {
      const waiting = offers.find((offer) => offer.state === "waiting");
      if (waiting !== undefined) state.offer.value ??= waiting;
    })
    .catch(() => undefined);
}

async function learnAlarms(connection: BoxConnection): Promise<void> {
  await connection
    .call<Audit>("GET", `/api/v1/audit?alarms=true&limit=${LOOK_BACK}`)
    .then(({ entries }) => {
      const seen = recall(SEEN);
      const known = { seen: seen === null ? null : Number(seen), now: connection.boxNow() };
      const read = Number(recall(READ) ?? 0);
      const unseen = unseenAlarms(entries, connection.session?.client ?? "", known);
      state.notices.value = unseen.filter(({ id }) => id > read);
    })
    .catch(() => undefined);
}

/** Events for owners. */
export function onEvent(event: string, data: string, connection: BoxConnection): void {
  if (event === "offer") {
    state.offer.value = JSON.parse(data) as AccessEvents["offer"];
  } else if (event === "notice") {
    const entry = JSON.parse(data) as AccessEvents["notice"];
    if (entry.client !== connection.session?.client)
      state.notices.value = [entry, ...state.notices.value.filter(({ id }) => id !== entry.id)].slice(
        0,
        LOOK_BACK,
      );
  }
}

/** The owner has seen these. @param read and goes to read what they are about */
export function putAway(entries: readonly AuditEntry[], read = false): void {
  const newest = Math.max(Number(recall(SEEN) ?? 0), ...entries.map(({ id }) => id));
  remember(SEEN, String(newest));
  if (read) remember(READ, String(newest));
  state.notices.value = state.notices.value.filter(({ id }) => id > newest);
}

/** Nobody is signed in any more. */
export function forget(): void {
  state.self.value = null;
  state.offer.value = null;
  state.notices.value = [];
  state.recovery.value = null;
  state.liftedUntil.value = 0;
  state.pinSet.value = null;
}
