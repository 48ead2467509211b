import type { AuditEntry } from "../../src/protocol/access-api.ts";
import type { AuditEvent } from "../../src/protocol/audit-events.ts";

/** Of the alarms, what is seldom the household's own doing. */
export const GRAVE_EVENTS: ReadonlySet<string> = new Set<AuditEvent>([
  "certificate-foreign",
  "first-scan-failed",
  "hand-off-replayed",
  "owner-recovered",
  "pairing-closed",
  "pin-locked",
  "provision-refused",
  "refresh-reused",
  "release-rolled-back",
]);

const A_DAY = 86_400_000;
/** Older alarms are for the log alone. */
const A_WEEK = 7 * A_DAY;

/**
 * Of the alarms, what an owner who was away should hear of, in their order. That somebody became owner by a recovery code is
 * said for a day, put away or not.
 * @param me this client: what it did itself is no news
 * @param known.seen number of the newest entry that was put away; null: none ever was, and only today's are news
 * @param known.now ms since 1970
 */
export function unseenAlarms(
  entries: readonly AuditEntry[],
  me: string,
  known: { seen: number | null; now: number },
): readonly AuditEntry[] {
  return entries.filter(({ id, at, event, client }) => {
    const age = known.now - Date.parse(at);
    if (client === me) return false;
    if (event === "owner-recovered" && age < A_DAY) return true;
    return known.seen === null ? age < A_DAY : id > known.seen && age < A_WEEK;
  });
}
