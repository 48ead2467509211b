import type { ProviderResult } from "./name-provider.ts";

/** What the words of dyndns2 and its relatives mean. Who goes on after one that stops is blocked by most providers. */
const WORDS: Readonly<Record<string, ProviderResult["kind"]>> = {
  good: "done",
  ok: "done",
  success: "done",
  updated: "done",
  nochg: "unchanged",
  nochange: "unchanged",
  badauth: "stopped",
  badagent: "stopped",
  badsys: "stopped",
  badrequest: "stopped",
  badparam: "stopped",
  "!donator": "stopped",
  "!active": "stopped",
  "!yours": "stopped",
  nohost: "stopped",
  notfqdn: "stopped",
  nofqdn: "stopped",
  numhost: "stopped",
  abuse: "stopped",
  ko: "stopped",
  "911": "wait",
  dnserr: "wait",
  toosoon: "wait",
};
/** Statuses below 500 after which the same request may succeed. */
const PASSING = new Set([408, 425, 429]);
/** For an answer in no words that we know: it may even have been a yes. */
const UNKNOWN_MS = 3_600_000;
/** The longest that a server may have us wait. */
const LONGEST_MS = 24 * 3_600_000;
/** Lines that are looked at: some put an empty one first, some a comment. */
const LINES = 5;

/**
 * What a server's answer to one host's update means.
 * @param server for the message
 * @param body the beginning of it
 * @param retryAfter `Retry-After`, of which dates are passed over
 */
export function judgeAnswer(
  server: string,
  status: number,
  body: string,
  retryAfter?: string,
): ProviderResult {
  const word = status < 500 ? wordOf(body) : null;
  const seconds = /^\d{1,7}$/.test(retryAfter ?? "") ? Number(retryAfter) : null;
  const later = (message: string, least = 0): ProviderResult => {
    const retryAfterMs = Math.min(LONGEST_MS, Math.max(least, (seconds ?? 0) * 1000));
    return { kind: "wait", message, ...(retryAfterMs > 0 && { retryAfterMs }) };
  };
  if (word !== null && (status < 300 || WORDS[word] !== "done")) {
    const kind = WORDS[word] ?? "wait";
    const message = `${server} answered "${word}".`;
    return kind === "wait" ? later(message) : { kind, message };
  }
  const message = `${server} answered with status ${status}.`;
  if (status >= 500 || PASSING.has(status)) return later(message);
  if (status >= 400) return { kind: "stopped", message };
  return later(`${server} answered with something that is not dyndns2.`, UNKNOWN_MS);
}

/** The first word that is known at the beginning of a line. */
function wordOf(body: string): string | null {
  const lines = body
    .replace(/^\uFEFF/, "")
    .split(/\r?\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  for (const line of lines.slice(0, LINES)) {
    const word = /^[a-z0-9!]{2,12}(?![\w-])/i.exec(line)?.[0].toLowerCase() ?? "";
    if (Object.hasOwn(WORDS, word)) return word;
  }
  return null;
}
