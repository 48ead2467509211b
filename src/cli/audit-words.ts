import type { AuditEntry, AuditEvent } from "../protocol/access-api.ts";

/** What happened, in words for a person. What an entry is about stands in front of it. */
const WORDS: Record<AuditEvent, string> = {
  "box-reset": "the box was made a new one",
  "client-changed": "was changed",
  "client-paired": "was paired",
  "client-revoked": "was removed",
  "clock-stepped": "the box's clock was set",
  "codes-made": "made new recovery codes",
  "hand-off-replayed": "a hand-off was tried again: somebody may have copied it",
  "handed-over": "was handed over to another browser",
  "offer-opened": "opened a pairing offer",
  "others-ended": "removed other clients",
  "owner-recovered": "became an owner by a recovery code",
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

/** The same event by another way is another thing. */
function wordsOf({ event, detail }: AuditEntry): string {
  const known: Partial<Record<string, string>> = WORDS;
  if (event === "owner-recovered" && detail["by"] === "box")
    return "recovery was opened at the box: whoever pairs with its code becomes an owner";
  if (event === "client-paired" && detail["by"] === "recovery")
    return "became an owner by the recovery that was opened at the box";
  return known[event] ?? event;
}

/** One entry as a line: `was changed (role kid, roleBefore viewer) ×3`. */
export function auditWords(entry: AuditEntry): string {
  const facts = Object.entries(entry.detail)
    .filter(([key, value]) => key !== "until" && value !== null)
    .map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const times = entry.count > 1 ? ` ×${entry.count}` : "";
  return `${wordsOf(entry)}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}${times}`;
}
