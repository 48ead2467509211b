import { Value } from "typebox/value";
import { TellyportError } from "../../../kernel/errors.ts";
import { Problem, json } from "./objects.ts";

const PREFIX = "urn:ietf:params:acme:error:";

/** What passes by itself, or with the next try. Everything else has to be changed by somebody. @see RFC 8555 §6.7 */
const PASSING = new Set([
  "badNonce",
  "connection",
  "dns",
  "incorrectResponse",
  "orderNotReady",
  "rateLimited",
  "serverInternal",
  "tls",
]);
/** Of a challenge: another place in the world had not heard of the answer yet. */
const PASSING_OF_CHALLENGE = new Set([...PASSING, "unauthorized"]);

/** Characters of the authority's words that are repeated. */
const WORDS = 500;

/** The short name of a problem, such as `rateLimited`; `unknown` where the authority has none. */
export function problemType(problem: Problem | undefined): string {
  const type = problem?.type ?? "";
  return type.startsWith(PREFIX) ? type.slice(PREFIX.length, PREFIX.length + 64) : "unknown";
}

/** The short name of the problem that an error of {@link problemError} carries. */
export function problemOf(error: unknown): string | null {
  const problem = error instanceof TellyportError ? error.detail?.["problem"] : undefined;
  return typeof problem === "string" ? problem : null;
}

/** The problem document of an answer. */
export function readProblem(body: Uint8Array): Problem | undefined {
  const value = json(body);
  return Value.Check(Problem, value) ? value : undefined;
}

/**
 * What a problem means: `acme-failed` is worth another try, `acme-refused` is not before somebody changed something.
 * @param doing what was asked for, such as `the order`
 * @param status of HTTP; 400 of a problem within an object
 */
export function problemError(
  doing: string,
  problem: Problem | undefined,
  context: { status?: number; retryAfterMs?: number | undefined; challenge?: boolean } = {},
): TellyportError {
  const { status = 400, retryAfterMs, challenge = false } = context;
  const type = problemType(problem);
  const passing = (challenge ? PASSING_OF_CHALLENGE : PASSING).has(type);
  const busy = status >= 500 || status === 429 || status === 408;
  const said = wordsOf(problem) || `status ${status}`;
  const message = `The certificate authority on ${doing}: ${said}`;
  return new TellyportError(passing || busy ? "acme-failed" : "acme-refused", message, {
    detail: { problem: type, ...(problem?.detail !== undefined && { said }) },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The authority's own words, on one line, and what of it is about which name. */
function wordsOf(problem: Problem | undefined): string {
  if (problem === undefined) return "";
  const about = (problem.subproblems ?? []).map(
    ({ identifier, detail, type }) =>
      `${identifier?.value ?? "?"}: ${detail ?? problemType({ type: type ?? "" })}`,
  );
  return (
    [problem.detail ?? problemType(problem), ...about]
      .join("; ")
      // Control characters would be written into logs and terminals.
      .replace(/[\p{Cc}\p{Cf}]+/gu, " ")
      .slice(0, WORDS)
  );
}
