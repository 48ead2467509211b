/**
 * Every failure that another module, a client or a person may see.
 *
 * One class, one table of codes. A code is stable: phones translate it, scripts test for it, `docs/errors.md`
 * explains it (a test compares the two).
 */

/** What sort of failure; decides the HTTP status and the exit code, never the wording. */
export type ErrorKind =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "gone"
  | "conflict"
  | "busy"
  | "unavailable"
  | "timeout"
  | "internal";

/** Code → kind. Grouped by the module that raises it; keep each group in alphabetical order. */
export const ERROR_CODES = {
  // kernel
  "address-not-available": "unavailable",
  "config-invalid": "invalid",
  "config-unreadable": "invalid",
  "fetch-refused": "forbidden",
  internal: "internal",
  "port-in-use": "unavailable",
  "port-not-allowed": "unavailable",
  "state-unusable": "unavailable",
  stopping: "unavailable",
  "store-too-new": "unavailable",

  // http-server
  "body-invalid": "invalid",
  "body-too-large": "invalid",
  "host-not-allowed": "forbidden",
  "method-not-allowed": "invalid",
  "origin-not-allowed": "forbidden",
  "rate-limited": "busy",
  "request-malformed": "invalid",
  "route-not-found": "not-found",
  "upgrade-not-supported": "invalid",

  // tuner
  "device-busy": "busy",
  "device-gone": "unavailable",
  displaced: "gone",
  "initial-table-invalid": "invalid",
  "no-data": "unavailable",
  "no-lock": "unavailable",
  "no-tuner-free": "busy",
  "request-cancelled": "gone",
  "scan-running": "conflict",
  "scan-target-unknown": "invalid",
  "service-not-on-air": "unavailable",
  "source-empty": "invalid",
  "source-missing": "invalid",
  "source-not-list": "invalid",
  "source-not-ts": "invalid",
  "source-unreachable": "unavailable",
  "tuner-limit": "busy",
  unsupported: "unavailable",
  "wrong-multiplex": "unavailable",

  // ddns-client
  "acme-failed": "unavailable",
  "acme-refused": "forbidden",
  "certificate-log-unread": "unavailable",
  "certificate-unusable": "invalid",
  "cloud-unreachable": "unavailable",
  "online-disabled": "conflict",

  // cloud
  "alias-taken": "conflict",
  "alias-unfit": "invalid",
  "box-blocked": "forbidden",
  "box-unknown": "not-found",
  "dns-refused": "unavailable",
  "dns-unavailable": "unavailable",
  "registration-invalid": "unauthenticated",
  "sequence-behind": "conflict",
  "store-unavailable": "unavailable",
  "too-many-boxes": "busy",
  "too-many-hosts": "conflict",

  // system
  "restart-unavailable": "conflict",

  // share
  "channel-not-found": "not-found",
  "channel-number-taken": "conflict",
  "client-cannot-decode": "conflict",
  "guide-source-invalid": "invalid",
  "guide-source-too-large": "invalid",
  "guide-source-unreachable": "unavailable",
  "logo-invalid": "invalid",
  "logo-not-found": "not-found",
  "logos-full": "conflict",
  "no-picture-or-sound": "unavailable",
  "playback-ended": "gone",
  "playback-not-found": "not-found",
  "playlist-not-updated": "unavailable",
  "playlist-request-invalid": "invalid",
  scrambled: "unavailable",
  "segment-gone": "gone",
  "segment-not-found": "not-found",
  "still-not-found": "not-found",
  "stream-idle": "gone",
  "stream-start-timeout": "timeout",
  "too-many-event-streams": "busy",
  "too-many-playbacks": "busy",
  "transcoder-busy": "busy",
  "transcoder-failed": "unavailable",
  "transcoder-missing": "unavailable",

  // access-control
  "access-token-invalid": "unauthenticated",
  "access-token-missing": "unauthenticated",
  "client-not-found": "not-found",
  "client-revoked": "unauthenticated",
  "cross-site-refused": "forbidden",
  "dpop-invalid": "unauthenticated",
  "dpop-nonce-required": "unauthenticated",
  "grant-elsewhere": "forbidden",
  "grant-ended": "gone",
  "grant-invalid": "forbidden",
  "guest-live-only": "forbidden",
  "hand-off-used": "gone",
  "last-owner": "conflict",
  "limits-invalid": "invalid",
  "not-from-lan": "forbidden",
  "offer-not-found": "not-found",
  "owner-missing": "conflict",
  "pairing-denied": "forbidden",
  "pairing-refused": "forbidden",
  "pairing-too-many": "busy",
  "parental-channel": "forbidden",
  "parental-hours": "forbidden",
  "parental-rating": "forbidden",
  "pin-locked": "busy",
  "pin-missing": "conflict",
  "pin-wrong": "forbidden",
  "quota-used": "forbidden",
  "refresh-invalid": "unauthenticated",
  "role-forbidden": "forbidden",
  "secure-origin-required": "forbidden",
  "session-limit": "busy",
  "stay-over": "unauthenticated",

  // command line
  "box-not-trusted": "forbidden",
  "box-unreachable": "unavailable",
  "credentials-missing": "unauthenticated",
  "daemon-not-running": "unavailable",
  "daemon-running": "conflict",
  "player-failed": "unavailable",
  "release-in-use": "conflict",
  "release-invalid": "invalid",
  "release-no-room": "unavailable",
  "release-not-found": "not-found",
  "release-tool-missing": "unavailable",
  "release-unverified": "forbidden",
  "releases-unusable": "unavailable",
  usage: "invalid",
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** HTTP status of each kind (RFC 9110 §15). */
const HTTP_STATUS: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  gone: 410,
  conflict: 409,
  busy: 503,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};

/** Codes for which HTTP has a more exact status than their kind's. */
const EXACT_STATUS: Partial<Record<ErrorCode, number>> = {
  "host-not-allowed": 421,
  "method-not-allowed": 405,
  "body-too-large": 413,
  "pin-locked": 429,
  "rate-limited": 429,
};

/** HTTP status of a code (RFC 9110 §15). */
export function httpStatusOf(code: ErrorCode): number {
  return EXACT_STATUS[code] ?? HTTP_STATUS[ERROR_CODES[code]];
}

export interface TellyportErrorOptions {
  /** Milliseconds after which the same request may succeed; sent as `Retry-After`. */
  retryAfterMs?: number;
  /** Facts a client can act on (`{free: [...]}`, `{field: "port"}`). Never a path, key or token. */
  detail?: Record<string, unknown>;
  cause?: unknown;
}

/** An expected failure with a stable code and a sentence that names the cure. */
export class TellyportError extends Error {
  override readonly name = "TellyportError";
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;
  readonly detail: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: TellyportErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = ERROR_CODES[code];
    this.retryAfterMs = options.retryAfterMs;
    this.detail = options.detail;
  }
}

/** True for an expected failure, optionally of one code. */
export function isTellyportError(error: unknown, code?: ErrorCode): error is TellyportError {
  return error instanceof TellyportError && (code === undefined || error.code === code);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A system error's `code` (`ENOENT`, `EADDRINUSE`), if it is one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
