import type { AuditEntry } from "../../../src/protocol/access-api.ts";
import { hasWords, ta } from "../../i18n/access.ts";
import { t } from "../../i18n/index.ts";

/** What happened, in a sentence; an event that this app does not know is named as the box names it. */
export function entryWords({ event, name, detail }: AuditEntry): string {
  const key = `log.${event}`;
  if (!hasWords(key)) return event;
  return ta(key, { name: name ?? ta("log.somebody"), role: roleWords(detail.role) });
}

function roleWords(role: unknown): string {
  return role === "owner" || role === "viewer" || role === "kid" || role === "guest" ? t(`role.${role}`) : "";
}
