import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import type { Clock } from "../../../kernel/clock.ts";
import { systemCode, TellyportError } from "../../../kernel/errors.ts";

/** Redirects that are followed. */
const MOST_REDIRECTS = 5;
/** From the request to the headers of the answer, ms: under what a session waits for a lock. */
const ANSWER_MS = 5500;

export type HttpFailure =
  /** No such host, no route, refused, reset, or no HTTP. */
  | "unreachable"
  | "timeout"
  /** Too many redirects, or one that leads out of HTTP. */
  | "bad-redirect"
  | "too-large";

export type HttpOpened =
  | { readonly ok: true; readonly response: IncomingMessage; readonly url: URL }
  | { readonly ok: false; readonly reason: HttpFailure; readonly cause?: unknown };

export interface HttpOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Ms from the request to the headers; default 5500. */
  readonly answerMs?: number;
}

/**
 * Asks for an address, follows its redirects, and resolves with the headers: the body flows when somebody listens. Name and
 * password of the address go as Basic authorisation, to its own host alone.
 * @throws TellyportError `request-cancelled` when the signal fires
 */
export async function openHttp(url: URL, options: HttpOptions): Promise<HttpOpened> {
  const deadline = new AbortController();
  const timer = options.clock.after(options.answerMs ?? ANSWER_MS, () => deadline.abort());
  const signal = AbortSignal.any([
    deadline.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ]);
  try {
    let at = url;
    let authorization = authorizationOf(url);
    for (let redirects = 0; ; redirects++) {
      const response = await answerOf(at, authorization, signal);
      const to = redirectOf(response, at);
      if (to === null) return { ok: true, response, url: at };
      response.destroy();
      if (redirects === MOST_REDIRECTS || (to.protocol !== "http:" && to.protocol !== "https:"))
        return { ok: false, reason: "bad-redirect" };
      authorization = authorizationOf(to) ?? (to.origin === at.origin ? authorization : null);
      at = to;
    }
  } catch (cause) {
    if (options.signal?.aborted === true)
      throw new TellyportError("request-cancelled", "The request was given up.", { cause });
    return { ok: false, reason: deadline.signal.aborted ? "timeout" : "unreachable", cause };
  } finally {
    timer.cancel();
  }
}

function answerOf(url: URL, authorization: string | null, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    // An agent of its own for each: a stream's connection is never used again.
    const request = send(withoutUserInfo(url), {
      agent: false,
      headers: { accept: "*/*", "user-agent": "Tellyport", ...(authorization !== null && { authorization }) },
    });
    const onAbort = (): void => void request.destroy(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    // Errors behind the answer are the response's; this listener keeps them from being nobody's.
    request.on("error", (error) => {
      signal.removeEventListener("abort", onAbort);
      reject(error);
    });
    request.once("response", (response) => {
      signal.removeEventListener("abort", onAbort);
      response.on("error", () => undefined);
      resolve(response);
    });
    request.end();
  });
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

/** @see RFC 7617 */
function authorizationOf(url: URL): string | null {
  if (url.username === "" && url.password === "") return null;
  const text = `${decoded(url.username)}:${decoded(url.password)}`;
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function redirectOf({ statusCode = 0, headers: { location } }: IncomingMessage, base: URL): URL | null {
  if (statusCode < 300 || statusCode > 399 || location === undefined) return null;
  return URL.canParse(location, base.href) ? new URL(location, base) : new URL("invalid:");
}

export type HttpBody =
  | { readonly ok: true; readonly status: number; readonly body: Buffer; readonly url: URL }
  | { readonly ok: false; readonly reason: HttpFailure; readonly cause?: unknown };

/**
 * Reads a whole answer of bounded length.
 * @param options.wholeMs ms from the request to the body's end; default 10 000
 * @throws TellyportError `request-cancelled` when the signal fires
 */
export async function readHttp(
  url: URL,
  options: HttpOptions & { readonly mostBytes: number; readonly wholeMs?: number },
): Promise<HttpBody> {
  const late = new AbortController();
  const timer = options.clock.after(options.wholeMs ?? 10_000, () => late.abort());
  let response: IncomingMessage | null = null;
  const onAbort = (): void => void response?.destroy();
  late.signal.addEventListener("abort", onAbort);
  options.signal?.addEventListener("abort", onAbort);
  try {
    const opened = await openHttp(url, options);
    if (!opened.ok) return opened;
    response = opened.response;
    const pieces: Buffer[] = [];
    let length = 0;
    for await (const piece of response as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > options.mostBytes) return { ok: false, reason: "too-large" };
      pieces.push(piece);
    }
    return { ok: true, status: response.statusCode ?? 0, body: Buffer.concat(pieces), url: opened.url };
  } catch (cause) {
    if (cause instanceof TellyportError) throw cause;
    if (options.signal?.aborted === true)
      throw new TellyportError("request-cancelled", "The request was given up.", { cause });
    return { ok: false, reason: late.signal.aborted ? "timeout" : "unreachable", cause };
  } finally {
    timer.cancel();
    options.signal?.removeEventListener("abort", onAbort);
    response?.destroy();
  }
}

/** Why nothing came, and what to do, for people. @param host whom it was asked of */
export function explainHttp(failed: { reason: HttpFailure; cause?: unknown }, host: string): string {
  switch (failed.reason) {
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
