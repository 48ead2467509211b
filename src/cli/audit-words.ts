import type { AuditEntry } from "../protocol/access-api.ts";
import type { AuditEvent } from "../protocol/audit-events.ts";
import { dateTime, durationText } from "./text.ts";

/** What happened, in words for a person. What an entry is about stands in front of it. */
const WORDS: Record<AuditEvent, string> = {
  "box-reset": "the box was made a new one",
  "certificate-foreign": "somebody else has a certificate for the box's name",
  "client-changed": "was changed",
  "client-paired": "was paired",
  "client-revoked": "was removed",
  "clock-stepped": "the box's clock was set",
  "codes-made": "made new recovery codes",
  "first-scan-failed": "the first scan did not come to its end: look for channels",
  "hand-off-replayed": "a hand-off was tried again: somebody may have copied it",
  "handed-over": "was opened from a browser that is paired",
  "offer-opened": "opened a pairing offer",
  "online-changed": "changed how the box is found from anywhere",
  "others-ended": "removed other clients",
  "owner-recovered": "became an owner by a recovery code",
  "pairing-closed": "pairing closed itself after too many wrong codes",
  "pairing-denied": "was turned down",
  "pairing-refused": "wrong or old pairing code",
  "pin-changed": "changed the PIN",
  "pin-locked": "too many wrong PINs",
  "pin-unlocked": "lifted its limits with the PIN",
  "provision-refused": "the installer's provisioning file was refused, nothing of it is in force",
  provisioned: "the installer's first values were put in force",
  "refresh-reused": "was removed: somebody else may have its credentials",
  "release-rolled-back": "an update did not start, and was left",
  "request-refused": "a request was refused",
  "watch-refused": "was not let watch",
  watched: "has watched",
};

/** What a client is called, by its id. */
export type NameOf = (client: string) => string;
type Detail = AuditEntry["detail"];

/** A fact in words, by its key; null: it says nothing to a person, or another one says it. Those not named are told as they are. */
const FACTS: Readonly<Record<string, (value: unknown, detail: Detail, nameOf: NameOf) => string | null>> = {
  by: (value, _detail, nameOf) => `by ${BY[String(value)] ?? nameOf(String(value))}`,
  channel: () => null,
  codes: (value) => `${String(value)} codes`,
  endsAt: (value) => `until ${time(value)}`,
  ended: (value) => `${String(value)} of them`,
  error: (value) => String(value).replace(/\.$/, ""),
  everybody: (value) => (value === true ? "everybody's" : "its user's"),
  failure: (value) =>
    value === "configuration" ? "it did not take the configuration" : `for ${String(value)}`,
  from: (value, _detail, nameOf) =>
    `from ${ISO_TIME.test(String(value)) ? time(value) : nameOf(String(value))}`,
  home: (value) => (value === true ? "at home" : "away from home"),
  kind: (value) => (value === "lan" ? "as a LAN viewer" : null),
  limits: (value) => (value === true ? "limits" : `limits: ${String(value)}`),
  minutes: (value) => `for ${durationText(Number(value) * 60)}`,
  name: (value, detail) => ("channel" in detail ? String(value) : `name ${String(value)}`),
  names: (value) => String(value),
  offer: () => null,
  reason: (value) => (value === "playback-ended" ? null : String(value)),
  role: (value, { roleBefore }) =>
    typeof roleBefore === "string" ? `role from ${roleBefore} to ${String(value)}` : `role ${String(value)}`,
  roleBefore: () => null,
  seconds: (value) => `for ${durationText(Number(value))}`,
  senders: (value) => `${String(value)} senders`,
  set: (value) => (value === true ? "to a new one" : "there is none any more"),
  to: (value, _detail, nameOf) => `to ${ISO_TIME.test(String(value)) ? time(value) : nameOf(String(value))}`,
  until: () => null,
};

/** Who or what, where it is no client. */
const BY: Readonly<Record<string, string>> = {
  box: "this box",
  code: "a recovery code",
  "hand-off": "a hand-off",
  local: "this box",
  qr: "the QR code",
  "recovery-code": "a recovery code",
};
/** In `client-paired` that is the code that was typed from the box's screen. */
const PAIRED_BY_CODE = "the pairing code";
const ISO_TIME = /^\d{4}-\d\d-\d\dT/;

/** The same event by another way is another thing: what the words are then, for which `by` need not be told again. */
const BY_ANOTHER_WAY: Readonly<Record<string, string>> = {
  "owner-recovered box": "recovery was opened at the box: whoever pairs with its code becomes an owner",
  "owner-recovered code": "became an owner by a recovery code",
  "client-paired recovery": "became an owner by the recovery that was opened at the box",
};

/**
 * One entry as a line: `was changed (role from viewer to kid, by Anna's phone) ×3`.
 * @param nameOf default: ids stay as they are
 */
export function auditWords(entry: AuditEntry, nameOf: NameOf = (client) => client): string {
  const known: Partial<Record<string, string>> = WORDS;
  const { count, detail, event } = entry;
  const otherWay = BY_ANOTHER_WAY[`${event} ${String(detail["by"])}`];
  const facts = Object.entries(detail).flatMap(([key, value]) => {
    if (value === null) return [];
    if (key === "by" && otherWay !== undefined) return [];
    if (event === "client-paired" && key === "by" && value === "code") return [`by ${PAIRED_BY_CODE}`];
    const words = Object.hasOwn(FACTS, key) ? FACTS[key] : undefined;
    const said = words === undefined ? asItIs(key, value) : words(value, detail, nameOf);
    return said === null ? [] : [said];
  });
  const times = count > 1 ? ` ×${count}` : "";
  return `${otherWay ?? known[event] ?? event}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}${times}`;
}

function asItIs(key: string, value: unknown): string {
  return `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

function time(value: unknown): string {
  const at = new Date(String(value));
  return Number.isNaN(at.getTime()) ? String(value) : dateTime(at);
}
