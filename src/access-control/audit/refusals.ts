import type { ErrorCode } from "../../kernel/errors.ts";
import type { AuditPort } from "./port.ts";

/** A request that was answered with 401 or 403, as the HTTP server tells of it. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The route's pattern, never the address that was asked for: that may hold a secret. */
  readonly route: string;
  readonly address: string | null;
  /** Who asked, where that was proven. */
  readonly client: string | null;
}

/** Refusals that are part of every day, or that whoever refuses writes down itself. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set([
  "dpop-nonce-required",
  "guest-live-only",
  "pairing-denied",
  "pairing-refused",
  "parental-channel",
  "parental-hours",
  "parental-rating",
  "pin-wrong",
  "quota-used",
]);

/** Writes down who was turned away at the door. */
export function noteRefusal(audit: AuditPort, refusal: Refusal): void {
  const { code, route, address, client } = refusal;
  if (ELSEWHERE.has(code)) return;
  audit.note({ event: "request-refused", client: client ?? undefined, address, detail: { code, route } });
}
