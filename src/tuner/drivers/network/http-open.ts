import { isTellyportError, systemCode, TellyportError } from "../../../kernel/errors.ts";
import {
  FetchFailure,
  type FetchAnswer,
  type FetchRequest,
  type FetchTrouble,
  type NameIt,
  type Reach,
  type SafeFetch,
} from "../../../kernel/safe-fetch/index.ts";

export type HttpFailure =
  | Extract<FetchTrouble, "unreachable" | "timeout" | "bad-redirect" | "too-large">
  /** It is no address that we ask; the cause is `fetch-refused`. */
  | "refused";

export interface HttpFailed {
  readonly ok: false;
  readonly reason: HttpFailure;
  /** Whom it was asked of. */
  readonly host: string;
  readonly cause?: unknown;
}

export type HttpOpened = { readonly ok: true; readonly answer: FetchAnswer } | HttpFailed;

export interface HttpOptions {
  readonly fetch: SafeFetch;
  readonly reach: Reach;
  readonly nameIt: NameIt;
  readonly signal?: AbortSignal | undefined;
  /** Ms from the request to the headers; default 5500: under what a session waits for a lock. */
  readonly answerMs?: number;
}

/**
 * Asks for a stream, and resolves with the head of the answer: the body has no bounds, and lasts until it is cancelled. Name and
 * password of the address go as Basic authorisation, to its own host alone.
 * @param options.signal gives up what is not answered yet; a stream that runs does not end with it
 * @throws TellyportError `request-cancelled` when the signal fires
 */
export async function openHttp(url: URL, options: HttpOptions): Promise<HttpOpened> {
  const attempt = new AbortController();
  const giveUp = (): void => attempt.abort();
  if (options.signal?.aborted === true) giveUp();
  options.signal?.addEventListener("abort", giveUp, { once: true });
  try {
    const unbounded = { silenceMs: null, wholeMs: null, bodyBytes: null };
    return { ok: true, answer: await options.fetch(url, requestOf(options, unbounded, attempt.signal)) };
  } catch (error) {
    return failedBy(error, url);
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }
}

export type HttpBody =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: Buffer;
      readonly url: URL;
      readonly reach: Reach;
    }
  | HttpFailed;

/**
 * Reads a whole answer of bounded length, within 10 s.
 * @throws TellyportError `request-cancelled` when the signal fires
 */
export async function readHttp(
  url: URL,
  options: HttpOptions & { readonly mostBytes: number },
): Promise<HttpBody> {
  try {
    const answer = await options.fetch(
      url,
      requestOf(options, { bodyBytes: options.mostBytes }, options.signal),
    );
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) pieces.push(piece);
    const { status, reach } = answer;
    return { ok: true, status, reach, body: Buffer.concat(pieces), url: answer.url };
  } catch (error) {
    return failedBy(error, url);
  }
}

/**
 * As {@link readHttp}, where nothing but an answer will do; its status may be any.
 * @param options.name what people call whom it is asked of; default: the address's host
 * @throws TellyportError `source-unreachable`, `fetch-refused`, `request-cancelled`
 */
export async function requireHttp(
  url: URL,
  { name = url.host, ...options }: HttpOptions & { readonly mostBytes: number; readonly name?: string },
): Promise<Extract<HttpBody, { ok: true }>> {
  const answer = await readHttp(url, options);
  if (answer.ok) return answer;
  if (isTellyportError(answer.cause)) throw answer.cause;
  throw new TellyportError("source-unreachable", explainHttp(answer, name));
}

function requestOf(
  { reach, nameIt, answerMs }: HttpOptions,
  limits: FetchRequest["limits"],
  signal: AbortSignal | undefined,
): FetchRequest {
  return { reach, nameIt, signal, limits: { ...limits, ...(answerMs !== undefined && { answerMs }) } };
}

/** @throws what is no failure to fetch */
function failedBy(error: unknown, { host }: URL): HttpFailed {
  if (isTellyportError(error, "fetch-refused")) return { ok: false, reason: "refused", host, cause: error };
  if (!(error instanceof FetchFailure)) throw error;
  const { trouble, cause } = error;
  const reason = trouble === "silent" || trouble === "too-slow" ? "timeout" : trouble;
  return { ok: false, reason, host, cause };
}

/** Why nothing came, and what to do, for people. @param host what they call whom it was asked of */
export function explainHttp(failed: HttpFailed, host = failed.host): string {
  switch (failed.reason) {
    case "refused":
      return failed.cause instanceof TellyportError ? failed.cause.message : `${host} is not asked.`;
    case "timeout":
      return `${host} does not answer: check that it is switched on and its address.`;
    case "bad-redirect":
      return `${host} redirects without end, or to what is no web address: check the address.`;
    case "too-large":
      return `${host} sends far more than such an answer has: check the address.`;
    case "unreachable": {
      const code = systemCode(failed.cause);
      if (code === "ENOTFOUND" || code === "EAI_AGAIN")
        return `There is no host ${host} in this network's names: check the address.`;
      return `${host} cannot be reached${code === undefined ? "" : ` (${code})`}: check that it is switched on and its address.`;
    }
  }
}
