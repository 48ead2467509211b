import type { AuditEvent } from "../../protocol/access-api.ts";
import { addressBucket } from "../attempts.ts";
import { cleanName } from "../clean-name.ts";
import type { AuditNote } from "./port.ts";

/** Rows that each sort of event may take: whoever causes one sort pushes nothing of another out. 2000 in all. */
export const QUOTAS = { deeds: 1000, refusals: 500, watched: 500 } as const;
export type Quota = keyof typeof QUOTAS;

/** How an event is kept. */
interface Rule {
  readonly quota: Quota;
  /**
   * `at-once`: on disk with the deed. `alarm-once`: so the first of an hour, its repetitions are counted. `counted`: those
   * alike of an hour are one entry. `later`: each an entry, on disk within a minute.
   */
  readonly keep: "at-once" | "alarm-once" | "counted" | "later";
}

const DEED: Rule = { quota: "deeds", keep: "at-once" };
/** A stranger who replays, or a child who guesses, repeats it as often as it likes. */
const ALARM: Rule = { quota: "deeds", keep: "alarm-once" };
const REFUSAL: Rule = { quota: "refusals", keep: "counted" };

const RULES: Record<AuditEvent, Rule> = {
  "box-reset": DEED,
  "client-changed": DEED,
  "client-paired": DEED,
  "client-revoked": DEED,
  "clock-stepped": ALARM,
  "codes-made": DEED,
  "hand-off-replayed": ALARM,
  "handed-over": DEED,
  "offer-opened": DEED,
  "others-ended": DEED,
  "owner-recovered": DEED,
  "pairing-closed": ALARM,
  "pairing-denied": DEED,
  "pairing-refused": REFUSAL,
  "pin-changed": DEED,
  "pin-locked": ALARM,
  "pin-unlocked": DEED,
  "refresh-reused": DEED,
  "request-refused": REFUSAL,
  "watch-refused": REFUSAL,
  watched: { quota: "watched", keep: "later" },
};

export function ruleOf(event: AuditEvent): Rule {
  return RULES[event];
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
