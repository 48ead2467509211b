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
 * @param options.readable lines for a person who looks on, in place of JSON; default false
 */
export function createLog(
  options: { level?: string; destination?: DestinationStream; readable?: boolean } = {},
): Log {
  const destination = options.destination ?? pino.destination({ fd: 2, sync: true });
  return pino(
    {
      level: options.level ?? "info",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "***" },
    },
    options.readable === true
      ? { write: (line: string) => void destination.write(readableLine(line)) }
      : destination,
  );
}

/** From this level on, what a line is of is said before it. */
const LEVELS: readonly [number, string][] = [
  [50, "error: "],
  [40, "warning: "],
];
/** Said otherwise, or of no use to who looks on. */
const LEFT_OUT = new Set(["level", "time", "module", "msg", "cure", "error", "err"]);

/** `06:58:01 warning: dvb adapter unusable (tuner dvb-0): what to do`, of a line of JSON; the time is this machine's. */
export function readableLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { level, time, module, msg, cure, error, err } = entry;
  const cause = cure ?? error ?? (err as { message?: unknown } | undefined)?.message;
  const facts = Object.entries(entry)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => `${key} ${textOf(value)}`);
  const words = textOf(msg).replaceAll("-", " ");
  const event = [typeof module === "string" && !words.startsWith(module) ? module : "", words];
  const text = [
    LEVELS.find(([least]) => Number(level) >= least)?.[1] ?? "",
    event.filter((part) => part !== "").join(": "),
    facts.length === 0 ? "" : ` (${facts.join(", ")})`,
    cause === undefined ? "" : `: ${textOf(cause)}`,
  ].join("");
  const at = new Date(String(time)).toTimeString().slice(0, 8);
  // What came from the air or the network must not steer the terminal.
  return `${at} ${text.replace(/\p{Cc}+/gu, " ")}\n`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
