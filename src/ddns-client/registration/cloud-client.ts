import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import type { Clock } from "../../kernel/clock.ts";
import {
  TellyportError,
  isTellyportError,
  messageOf,
  systemCode,
  type ErrorCode,
} from "../../kernel/errors.ts";
import { signJws } from "../../kernel/ed25519-jws.ts";
import { isRecord } from "../../kernel/is-record.ts";
import { orAborted } from "../../kernel/or-aborted.ts";
import {
  createSafeFetch,
  namedReach,
  type FetchAnswer,
  type FetchRequest,
  type SafeFetch,
} from "../../kernel/safe-fetch/index.ts";
import {
  ACTIONS,
  Cloud,
  HostToken,
  Registration,
  REQUEST_TYPE,
  type ActionName,
} from "../../protocol/registration.ts";
import type { Signer } from "../ports.ts";
import { isOfBox } from "./own-registration.ts";
import type { Sequence } from "./sequence.ts";

/** The families of addresses: what comes over IPv4 speaks of IPv4 alone. */
export type Family = 4 | 6;

/** By which way a request goes. */
export interface Way {
  /** Default: whichever answers first. */
  readonly family?: Family;
  /** Own address that it leaves from: IPv6 has several, and the cloud takes what it sees. */
  readonly localAddress?: string | undefined;
}

export interface CloudClientDeps {
  /** As configured, such as `https://cloud.example`. */
  readonly origin: string;
  /** Authorities that are trusted beside the system's, PEM. */
  readonly ca?: string | undefined;
  readonly signer: Signer;
  readonly sequence: Sequence;
  readonly clock: Clock;
  /** Addresses of a name; default: as the system resolves it. */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/** What an action says beside who, when and to whom. */
type Words<Name extends ActionName> = Omit<
  Static<(typeof ACTIONS)[Name]["schema"]>,
  "act" | "iss" | "aud" | "seq" | "iat"
>;

/** Of an answer; it lists a few names. */
const LONGEST_ANSWER = 64 * 1024;
/** A challenge is answered when the name servers have it: up to 15 s. */
const LIMITS = { answerMs: 25_000, wholeMs: 30_000, silenceMs: 10_000, bodyBytes: LONGEST_ANSWER };

/** The box's side of the registration API: signs, sends one request at a time, and reads what comes back. */
export class CloudClient {
  readonly #deps: CloudClientDeps;
  readonly #fetch: Record<"any" | Family, SafeFetch>;
  readonly #header: { readonly typ: string; readonly kid: string; readonly jwk: object };
  /** The last request: their numbers must arrive in order. */
  #last: Promise<void> = Promise.resolve();

  constructor(deps: CloudClientDeps) {
    const { clock, resolve = resolveName, signer } = deps;
    const only = (family: Family): SafeFetch =>
      createSafeFetch({
        clock,
        resolve: async (name) => (await resolve(name)).filter((address) => isIP(address) === family),
      });
    this.#deps = deps;
    this.#fetch = { any: createSafeFetch({ clock, resolve }), 4: only(4), 6: only(6) };
    const jwk = {
      kty: "OKP",
      crv: "Ed25519",
      x: Buffer.from(signer.spki.subarray(-32)).toString("base64url"),
    };
    this.#header = { typ: REQUEST_TYPE, kid: signer.boxId, jwk };
  }

  /**
   * Asks for an action, and again once with a larger number when the cloud has seen this one.
   * @throws TellyportError `cloud-unreachable`, `request-cancelled`, or as the cloud answers
   */
  act<Name extends Exclude<ActionName, "host">>(
    name: Name,
    words: Words<Name>,
    signal: AbortSignal,
    way: Way = {},
  ): Promise<Registration> {
    return this.#inOrder(signal, async () => {
      const registration = await this.#act(name, words, Registration, signal, way);
      if (isOfBox(registration, this.#deps.signer.boxId)) return registration;
      throw unreachable(
        this.#deps.origin,
        new Error("it speaks of another box, or of names that are not its own"),
      );
    });
  }

  /** A new token for a name that is updated by dyndns2. @throws as {@link act} */
  hostToken(label: string, signal: AbortSignal): Promise<HostToken> {
    return this.#inOrder(signal, () => this.#act("host", { label }, HostToken, signal, {}));
  }

  /** What the cloud says to anybody. @throws as {@link act} */
  describe(signal: AbortSignal, way: Way = {}): Promise<Cloud> {
    return this.#call("/v1/cloud", Cloud, { signal }, way);
  }

  /** @param signal ends the wait too: one before it may hold everybody up until its own time is over */
  #inOrder<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const done = orAborted(before, signal)
      .catch((error: unknown) => {
        throw isTellyportError(error) ? error : unreachable(this.#deps.origin, error);
      })
      .then(work);
    this.#last = Promise.allSettled([before, done]).then(() => undefined);
    return done;
  }

  async #act<S extends TSchema>(
    name: ActionName,
    words: object,
    schema: S,
    signal: AbortSignal,
    way: Way,
  ): Promise<Static<S>> {
    const { sequence } = this.#deps;
    const path = ACTIONS[name].path(this.#deps.signer.boxId);
    const send = (): Promise<Static<S>> => {
      const body = Buffer.from(JSON.stringify({ request: this.#sign(name, words) }));
      const headers = { "content-type": "application/json" };
      return this.#call(path, schema, { signal, method: "POST", body, headers }, way);
    };
    try {
      return await send();
    } catch (error) {
      if (!isTellyportError(error, "sequence-behind")) throw error;
      sequence.raiseTo(Number(error.detail?.["seq"]));
      return await send();
    }
  }

  /** @see RFC 7515 §7.1, RFC 8037 §3.1 */
  #sign(act: ActionName, words: object): string {
    const { signer, origin, sequence, clock } = this.#deps;
    const payload = {
      act,
      iss: signer.boxId,
      aud: origin,
      seq: sequence.next(),
      iat: Math.max(0, Math.floor(clock.now() / 1000)),
      ...words,
    };
    return signJws(this.#header, payload, (data) => signer.sign(data));
  }

  async #call<S extends TSchema>(
    path: string,
    schema: S,
    request: Omit<FetchRequest, "reach">,
    { family, localAddress }: Way,
  ): Promise<Static<S>> {
    const { origin, ca } = this.#deps;
    const url = new URL(path, origin);
    const fetch = this.#fetch[family ?? "any"];
    let answer: FetchAnswer;
    let value: unknown;
    try {
      answer = await fetch(url, {
        reach: namedReach(new URL(origin)),
        limits: LIMITS,
        redirects: 0,
        ca,
        localAddress,
        ...request,
      });
      value = await jsonOf(answer);
    } catch (error) {
      if (isTellyportError(error, "request-cancelled")) throw error;
      throw unreachable(origin, error);
    }
    if (answer.status >= 400) throw problemOf(origin, answer.status, value);
    if (answer.status === 200 && Value.Check(schema, value)) return value;
    throw unreachable(origin, new Error(`what answered (${answer.status}) is no Tellyport cloud`));
  }
}

async function resolveName(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

async function jsonOf(answer: FetchAnswer): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) pieces.push(piece);
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch {
    return null; // judged by its status and schema
  }
}

function unreachable(origin: string, cause: unknown): TellyportError {
  return new TellyportError(
    "cloud-unreachable",
    `The cloud at ${origin} does not answer as it should (${reasonOf(cause)}). It is asked again by itself; at home everything works without it.`,
    { cause },
  );
}

/** Nobody is believed who wants to be left alone for longer, ms. */
const LONGEST_WAIT = 24 * 3600_000;
/** What clouds refuse with. The other codes are the box's: by some of them the app takes itself for signed out. */
const REFUSALS: ReadonlySet<string> = new Set<ErrorCode>([
  "alias-taken",
  "alias-unfit",
  "box-blocked",
  "box-unknown",
  "dns-unavailable",
  "host-not-allowed",
  "rate-limited",
  "registration-invalid",
  "sequence-behind",
  "too-many-boxes",
  "too-many-hosts",
]);

/** In brackets: what the system calls it where it has a name, such as ECONNREFUSED. */
function reasonOf(failure: unknown): string {
  const inner = failure instanceof Error ? failure.cause : undefined;
  return systemCode(inner) ?? messageOf(failure).replace(/\.$/, "");
}

/** The cloud's own words, where they are words that Tellyport knows. */
function problemOf(origin: string, status: number, value: unknown): TellyportError {
  const { code, title, detail, retryAfterMs } = isRecord(value) ? value : {};
  const wait = typeof retryAfterMs === "number" && {
    retryAfterMs: Math.min(LONGEST_WAIT, Math.max(0, retryAfterMs)),
  };
  if (typeof code !== "string" || !isRefusal(code) || status >= 500)
    return new TellyportError(
      "cloud-unreachable",
      `The cloud at ${origin} cannot help now (${status}${typeof code === "string" ? `, ${oneLine(code, 60)}` : ""}). It is asked again by itself.`,
      wait || {},
    );
  // Its details would go on to whoever asked the box, and some of them into the head of its answer.
  const seq = isRecord(detail) ? detail["seq"] : undefined;
  return new TellyportError(code, typeof title === "string" ? oneLine(title, 300) : code, {
    ...(typeof seq === "number" && { detail: { seq } }),
    ...wait,
  });
}

/** Control characters would be written into logs and terminals. */
function oneLine(text: string, longest: number): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ").slice(0, longest);
}

function isRefusal(code: string): code is ErrorCode {
  return REFUSALS.has(code);
}
