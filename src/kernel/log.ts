import { pino, type DestinationStream, type Logger } from "pino";

/** Structured log; one child per module, event names in `kebab-case` as the message. */
export type Log = Logger;

/** Keys whose values never reach a log, at any depth that we write. */
const SECRET_KEYS = [
  "token",
  "grant",
  "pairingCode",
  "secret",
  "proof",
  "refresh",
  "authorization",
  "cookie",
  "dpop",
  "privateKey",
];

/**
 * A request's address as a log may have it: without query, and without whatever is long enough to be a grant, token or
 * secret, however the path around it was written.
 */
export function redactUrl(url: string): string {
  return url
    .replace(/\?.*$/s, (query) => (query.length > 1 ? "?…" : ""))
    .replace(/[A-Za-z0-9_.~%-]{40,}/g, "***");
}

/**
 * @param options.level pino level; default `info`
 * @param options.destination where lines go; default standard error, so that standard output stays for people and programs
 */
export function createLog(options: { level?: string; destination?: DestinationStream } = {}): Log {
  return pino(
    {
      level: options.level ?? "info",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "***" },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
