import type { AuditEntry } from "../../../src/protocol/access-api.ts";
import { hasWords, ta } from "../../i18n/access.ts";
import { t } from "../../i18n/index.ts";

/** What happened, in a sentence; an event that this app does not know is named as the box names it. */
export function entryWords({ event, name, detail }: AuditEntry): string {
  const key = `log.${kindOf(event, detail)}`;
  if (!hasWords(key)) return event;
  return ta(key, { name: name ?? ta("log.somebody"), role: roleWords(detail.role) });
}

/** The same event by another way is another thing. */
function kindOf(event: string, { by }: AuditEntry["detail"]): string {
  if (event === "owner-recovered" && by === "box") return "recovery-opened";
  return event === "client-paired" && by === "recovery" ? "recovery-paired" : event;
}

function roleWords(role: unknown): string {
  return role === "owner" || role === "viewer" || role === "kid" || role === "guest" ? t(`role.${role}`) : "";
}
