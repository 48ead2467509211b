import { ALARMS, type AuditEvent } from "../../protocol/audit-events.ts";
import { addressBucket } from "../attempts.ts";
import { cleanName } from "../clean-name.ts";
import type { AuditNote } from "./port.ts";

/** Rows that each sort of event may take: whoever causes one sort pushes nothing of another out. 6550 in all, with alarms. */
export const QUOTAS = { deeds: 450, refusals: 500, watched: 5000 } as const;
type Quota = keyof typeof QUOTAS;
/** Rows of each kind of alarm: what a client can cause as often as it likes pushes out nothing but its like. */
export const ALARM_ROWS = 50;

/** How an event is kept. */
interface Rule {
  /** Of alarms nothing: each kind of them has a share of its own. */
  readonly quota: Quota;
  /**
   * `at-once`: on disk with the deed. `first-at-once`: so the first of an hour, its repetitions are counted. `counted`: those
   * alike of an hour are one entry. `later`: each an entry, on disk within a minute.
   */
  readonly keep: "at-once" | "first-at-once" | "counted" | "later";
}

const DEED: Rule = { quota: "deeds", keep: "at-once" };
/** A stranger who replays, or a child who guesses, repeats it as often as it likes. */
const REPEATED: Rule = { quota: "deeds", keep: "first-at-once" };
const REFUSAL: Rule = { quota: "refusals", keep: "counted" };

const RULES: Record<AuditEvent, Rule> = {
  "box-reset": DEED,
  "certificate-foreign": REPEATED,
  "client-changed": DEED,
  "client-paired": DEED,
  "client-revoked": DEED,
  "clock-stepped": REPEATED,
  "codes-made": DEED,
  "first-scan-failed": REPEATED,
  "hand-off-replayed": REPEATED,
  "handed-over": DEED,
  "offer-opened": DEED,
  "online-changed": DEED,
  "others-ended": DEED,
  "owner-recovered": DEED,
  "pairing-closed": REPEATED,
  "pairing-denied": DEED,
  "pairing-refused": REFUSAL,
  "pin-changed": DEED,
  "pin-locked": REPEATED,
  "pin-unlocked": DEED,
  "provision-refused": REPEATED,
  provisioned: DEED,
  "refresh-reused": DEED,
  "release-rolled-back": DEED,
  "request-refused": REFUSAL,
  "watch-refused": REFUSAL,
  watched: { quota: "watched", keep: "later" },
};

export function keepOf(event: AuditEvent): Rule["keep"] {
  return RULES[event].keep;
}

export function isAlarm(event: AuditEvent): boolean {
  return ALARMS.includes(event);
}

/** Among which rows an event is counted, and how many of those are kept: the newest. */
export function shareOf(event: AuditEvent): { share: string; rows: number } {
  if (isAlarm(event)) return { share: event, rows: ALARM_ROWS };
  const { quota } = RULES[event];
  return { share: quota, rows: QUOTAS[quota] };
}

/**
 * What makes two notes alike; null: nothing does. An alarm's address is no part of it: a sender with a whole prefix of
 * addresses would fill the owner's quota.
 */
export function alikeKey(note: AuditNote): string | null {
  const { keep } = RULES[note.event];
  if (keep === "at-once" || keep === "later") return null;
  const sender = keep === "counted" ? addressBucket(note.address ?? null) : "";
  return `${note.event} ${sender} ${note.client ?? ""}`;
}

/** Letters of a name, of any other text, and facts of a note. */
const NAME_LENGTH = 64;
const TEXT_LENGTH = 200;
const FACTS = 12;

/** A note as it may be kept: no control or direction characters (ASVS 16.4.1), bounded. */
export function cleanNote(note: AuditNote): AuditNote & { detail: NonNullable<AuditNote["detail"]> } {
  const { event, client, name, address, detail = {} } = note;
  const facts = Object.entries(detail)
    .slice(0, FACTS)
    .map(([key, value]) => [
      cleanText(key, NAME_LENGTH),
      typeof value === "string" ? cleanText(value, TEXT_LENGTH) : value,
    ]);
  return {
    event,
    ...(client !== undefined && { client: cleanText(client, NAME_LENGTH) }),
    ...(name !== undefined && { name: cleanText(name, NAME_LENGTH) }),
    ...(typeof address === "string" && { address: cleanText(address, NAME_LENGTH) }),
    detail: Object.fromEntries(facts) as NonNullable<AuditNote["detail"]>,
  };
}

function cleanText(text: string, letters: number): string {
  // Cut first: what comes from the network is as long as its sender likes. Half a surrogate pair is no text.
  const short = [...text.slice(0, letters * 4)].slice(0, letters).join("");
  return cleanName(short.replace(/\p{Cs}/gu, " "));
}
