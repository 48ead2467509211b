import { lookup } from "node:dns/promises";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import type { Clock } from "../clock.ts";
import { TellyportError } from "../errors.ts";
import { orAborted } from "../or-aborted.ts";
import { boundedBody } from "./body.ts";
import { exchange } from "./exchange.ts";
import { FetchFailure, type FetchTrouble } from "./failure.ts";
import { homeNetwork, type HomeNetwork } from "./home-network.ts";
import { judgeAddress, judgeUrl, reachBeyond, type Reach } from "./reach.ts";
import { refused, type FetchRefusal, type NameIt } from "./refusal.ts";

/** Redirects that are followed. */
const MOST_REDIRECTS = 5;
/** Headers that are for one origin alone. */
const SECRET_HEADERS = new Set(["authorization", "cookie"]);

/** Bounds of a request. Null: no limit. */
export interface FetchLimits {
  /** From the request to the head of the last answer, ms; default 5500. */
  readonly answerMs: number;
  /** Between two pieces of the body, ms; default 10 000. */
  readonly silenceMs: number | null;
  /** From the request to the end of the body, ms; default 10 000. */
  readonly wholeMs: number | null;
  /** Of the body as it comes, bytes; default 2 MiB. */
  readonly bodyBytes: number | null;
}

export const FETCH_LIMITS: FetchLimits = {
  answerMs: 5500,
  silenceMs: 10_000,
  wholeMs: 10_000,
  bodyBytes: 2 * 1024 * 1024,
};

export interface FetchRequest {
  readonly reach: Reach;
  /** Gives it up, the body too. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: Partial<FetchLimits>;
  /** Beside `Accept`, `User-Agent`, and `Authorization` of the URL's user and password. No redirect to another origin has them. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: GET, with a body POST. A POST follows no redirect. */
  readonly method?: "GET" | "HEAD" | "POST";
  readonly body?: string | Uint8Array;
  /** Authorities whose certificates are good here, beside the system's; PEM. */
  readonly ca?: string | undefined;
  /** Own address from which it is asked; default: the system's choice. */
  readonly localAddress?: string | undefined;
  /** Redirects that are followed, 0 to 5; default 5. */
  readonly redirects?: number;
  /** How an address that is refused would be named, for people. */
  readonly nameIt?: NameIt;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The last of the redirects. May hold secrets. */
  readonly url: URL;
  /** What this answer may lead to in turn. */
  readonly reach: Reach;
  /** Our own address towards the one that answers; null when it is gone. */
  readonly localAddress: string | null;
  /** To be read once. @throws FetchFailure, and what the signal was fired with */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends it: whoever does not read the body to its end must. */
  cancel(): void;
}

/**
 * Asks for an address, and follows its redirects.
 * @throws TellyportError `fetch-refused`, `request-cancelled`
 * @throws FetchFailure
 */
export type SafeFetch = (url: URL, request: FetchRequest) => Promise<FetchAnswer>;

export interface SafeFetchDeps {
  readonly clock: Clock;
  /** Addresses of a name; default: as the system resolves it. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
  /** Default: the machine's, asked afresh because addresses come and go. */
  readonly network?: () => HomeNetwork;
}

/**
 * The one way in which the box asks for an address over HTTP. Every hop is judged by the addresses that its name has, and the
 * connection goes to those and no others: a name that changes its address in between changes nothing.
 */
export function createSafeFetch(deps: SafeFetchDeps): SafeFetch {
  const { clock, resolve = resolveName, network = () => homeNetwork(networkInterfaces()) } = deps;

  return async (start, request) => {
    const limits = { ...FETCH_LIMITS, ...request.limits };
    const life = new AbortController();
    const giveUp = (trouble: FetchTrouble): void => life.abort(new FetchFailure(trouble));
    const cancel = (): void =>
      life.abort(new TellyportError("request-cancelled", "The request was given up."));
    const whole = limits.wholeMs === null ? null : clock.after(limits.wholeMs, () => giveUp("too-slow"));
    const answerTimer = clock.after(limits.answerMs, () => giveUp("timeout"));
    const over = (): void => {
      whole?.cancel();
      answerTimer.cancel();
      request.signal?.removeEventListener("abort", cancel);
    };
    if (request.signal?.aborted === true) cancel();
    request.signal?.addEventListener("abort", cancel, { once: true });
    try {
      const { response, url, reach } = await follow(start, request, life.signal);
      answerTimer.cancel();
      const end = (): void => {
        over();
        response.destroy();
      };
      life.signal.addEventListener("abort", end, { once: true });
      if (life.signal.aborted) end();
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        url,
        reach,
        localAddress: response.socket.localAddress ?? null,
        body: boundedBody(response as AsyncIterable<Uint8Array>, {
          clock,
          limits,
          giveUp,
          over: end,
          reason: () => life.signal.reason as Error | undefined,
        }),
        cancel,
      };
    } catch (error) {
      over();
      if (life.signal.aborted) throw life.signal.reason as Error;
      throw error instanceof TellyportError || error instanceof FetchFailure
        ? error
        : new FetchFailure("unreachable", error);
    }
  };

  async function follow(start: URL, request: FetchRequest, signal: AbortSignal) {
    let url = start;
    let { reach } = request;
    const { method, body, ca, localAddress } = request;
    const outgoing = { method, body, ca, localAddress };
    const isPost = method === "POST" || body !== undefined;
    const mostRedirects = isPost ? 0 : (request.redirects ?? MOST_REDIRECTS);
    let headers = { ...authorizationOf(start), ...request.headers };
    let portKnown = false;
    for (let redirects = 0; ; redirects++) {
      const refuse = (why: FetchRefusal): TellyportError => refused(why, url, request.nameIt);
      const addresses = await judged(url, reach, portKnown, signal, refuse);
      const response = await exchange(url, addresses, { ...outgoing, headers }, signal);
      const home = network();
      const from = addresses.filter((address) => address === response.socket.remoteAddress);
      // Whoever of several it was: the least of what they allow.
      for (const address of from.length > 0 ? from : addresses) reach = reachBeyond(reach, address, home);
      const { statusCode = 0 } = response;
      const { location } = response.headers;
      if (statusCode < 300 || statusCode > 399 || location === undefined) return { response, url, reach };
      response.destroy();
      const to = URL.canParse(location, url.href) ? new URL(location, url) : null;
      if (redirects >= mostRedirects || to === null || !/^https?:$/.test(to.protocol))
        throw new FetchFailure("bad-redirect");
      if (url.protocol === "https:" && to.protocol === "http:")
        throw refused("downgrade", to, request.nameIt);
      portKnown = to.origin === url.origin;
      headers = { ...(portKnown ? headers : withoutSecrets(headers)), ...authorizationOf(to) };
      url = to;
    }
  }

  /** The addresses of a URL that may be asked. @throws TellyportError `fetch-refused` when none may */
  async function judged(
    url: URL,
    reach: Reach,
    portKnown: boolean,
    signal: AbortSignal,
    refuse: (why: FetchRefusal) => TellyportError,
  ): Promise<readonly string[]> {
    const before = judgeUrl(url, reach);
    if (before !== null) throw refuse(before);
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // A resolver cannot be told to stop: its answer comes to nobody.
    const found = isIP(host) === 0 ? await orAborted(resolve(host), signal) : [host];
    const home = network();
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    const { scope, named } = reach;
    const fine: string[] = [];
    let why: FetchRefusal = "no-machine";
    for (const address of found) {
      const against = judgeAddress({ address, port, named: named.has(url.origin), scope }, home);
      if (against === null || (against === "port" && portKnown)) fine.push(address);
      else why = against;
    }
    if (fine.length === 0) throw refuse(why);
    return fine;
  }
}

async function resolveName(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name.toLowerCase())),
  );
}

/** @see RFC 7617 */
function authorizationOf({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const text = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(text).toString("base64")}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
