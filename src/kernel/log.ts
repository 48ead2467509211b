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

/** `/m/<grant>/...` with the grant taken out. */
export function redactUrl(url: string): string {
  return url.replace(/^\/m\/[^/?]+/, "/m/***").replace(/\?.*$/, (query) => (query.length > 1 ? "?…" : ""));
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
