import type { AuditEntry } from "../protocol/access-api.ts";
import type { AuditEvent } from "../protocol/audit-events.ts";

/** What happened, in words for a person. What an entry is about stands in front of it. */
const WORDS: Record<AuditEvent, string> = {
  "box-reset": "the box was made a new one",
  "client-changed": "was changed",
  "client-paired": "was paired",
  "client-revoked": "was removed",
  "clock-stepped": "the box's clock was set",
  "codes-made": "made new recovery codes",
  "hand-off-replayed": "a hand-off was tried again: somebody may have copied it",
  "handed-over": "was opened from a browser that is paired",
  "offer-opened": "opened a pairing offer",
  "others-ended": "removed other clients",
  "owner-recovered": "an owner was recovered",
  "pairing-closed": "pairing closed itself after too many wrong codes",
  "pairing-denied": "was turned down",
  "pairing-refused": "wrong or old pairing code",
  "pin-changed": "changed the PIN",
  "pin-locked": "too many wrong PINs",
  "pin-unlocked": "lifted its limits with the PIN",
  "refresh-reused": "was removed: somebody else may have its credentials",
  "request-refused": "a request was refused",
  "watch-refused": "was not let watch",
  watched: "has watched",
};

/** One entry as a line: `was changed (role kid, roleBefore viewer) ×3`. */
export function auditWords(entry: AuditEntry): string {
  const known: Partial<Record<string, string>> = WORDS;
  const facts = Object.entries(entry.detail)
    .filter(([key, value]) => key !== "until" && value !== null)
    .map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const times = entry.count > 1 ? ` ×${entry.count}` : "";
  return `${known[entry.event] ?? entry.event}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}${times}`;
}
