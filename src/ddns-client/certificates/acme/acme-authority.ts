import type { KeyObject } from "node:crypto";
import { sleep, type Clock } from "../../../kernel/clock.ts";
import { TellyportError, isTellyportError } from "../../../kernel/errors.ts";
import { orAborted } from "../../../kernel/or-aborted.ts";
import type { SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import type { CertificateFiles } from "../files.ts";
import type { CertificateAuthority, DnsChallenges, OrderEnd, RenewalWindow } from "../ports.ts";
import { certificateRequest } from "../csr.ts";
import { AcmeAccount, locationOf, type AccountOptions } from "./account.ts";
import { authorityLine, type AcmeAnswer } from "./authority-line.ts";
import { certificateId } from "./certificate-id.ts";
import { Account, Authorization, Order, OrderList, RenewalInfo, read } from "./objects.ts";
import { problemError, problemOf } from "./problem.ts";
import { renewalWindow } from "./renewal-window.ts";

export interface AcmeOptions extends AccountOptions {
  /** Authorities that are trusted with https to the directory beside the public ones, PEM. */
  readonly ca?: string | undefined;
  /** A profile of the authority's, such as `tlsserver`; default: the authority's own. @see draft-aaron-acme-profiles */
  readonly profile?: string | undefined;
}

export interface AcmeDeps {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly files: CertificateFiles;
}

/** For the names to be shown and judged, ms; some authorities ask from several places one after another. */
const JUDGING = 10 * 60_000;
/** For the certificate to be made after that, ms. */
const ISSUING = 5 * 60_000;
/** For the answers to be taken away again, ms. */
const CLEARING = 30_000;
/** Between two looks where the authority says nothing, ms. */
const [FIRST_LOOK, LONGEST_LOOK] = [1000, 15_000];
/** Pages of a list of orders, and orders on them, that are looked through. */
const [MOST_PAGES, MOST_ORDERS] = [5, 20];

/** An authority that speaks ACME; challenges are dns-01 alone, for wildcards. @see RFC 8555, RFC 9773 */
export class AcmeAuthority implements CertificateAuthority {
  readonly id: string;
  readonly #account: AcmeAccount;
  readonly #clock: Clock;
  readonly #profile: string | undefined;

  constructor(options: AcmeOptions, { fetch, clock, files }: AcmeDeps) {
    const { directory, ca } = options;
    this.id = directory.href;
    this.#account = new AcmeAccount(authorityLine({ fetch, clock, directory, ca }), files, options);
    this.#clock = clock;
    this.#profile = options.profile;
  }

  async order(names: readonly string[], replaces: string | null, signal: AbortSignal): Promise<string> {
    const { newOrder, renewalInfo, meta } = await this.#account.directory(signal, true);
    const profile = this.#profile;
    if (profile !== undefined && !Object.hasOwn(meta?.profiles ?? {}, profile))
      throw new TellyportError(
        "acme-refused",
        `The certificate authority has no profile ${profile}; it has: ${Object.keys(meta?.profiles ?? {})
          .slice(0, 10)
          .join(", ")}`,
        { detail: { problem: "invalidProfile" } },
      );
    const predecessor = renewalInfo === undefined || replaces === null ? null : certificateId(replaces);
    const make = (extra: object): Promise<AcmeAnswer> =>
      this.#account.post(
        newOrder,
        {
          identifiers: names.map((value) => ({ type: "dns", value })),
          ...(profile !== undefined && { profile }),
          ...extra,
        },
        { doing: "the order" },
        signal,
      );
    const answer = await (predecessor === null
      ? make({})
      : make({ replaces: predecessor }).catch((error: unknown) => {
          // It may be another authority's, or replaced already: that is no reason to go without. RFC 9773 §5
          if (!isTellyportError(error, "acme-refused")) throw error;
          return make({});
        }));
    return locationOf(answer, "order");
  }

  async findOrder(names: readonly string[], signal: AbortSignal): Promise<string | null> {
    const account = await this.#account.post(null, null, { doing: "the account" }, signal);
    // Many have no such list; those give the same order for the same names once more.
    let page = read(Account, account.body, "account").orders;
    let looked = 0;
    for (let pages = 0; page !== undefined && pages < MOST_PAGES; pages++) {
      const answer = await this.#account.post(page, null, { doing: "the list of orders" }, signal);
      for (const url of read(OrderList, answer.body, "list of orders").orders) {
        if (++looked > MOST_ORDERS) return null;
        const { order } = await this.#look(url, signal);
        const isOpen = order.status === "pending" || order.status === "ready";
        if (isOpen && isFor(order, names)) return url;
      }
      page = nextPage(answer);
    }
    return null;
  }

  async finish(
    url: string,
    names: readonly string[],
    key: KeyObject,
    challenges: DnsChallenges,
    signal: AbortSignal,
  ): Promise<OrderEnd> {
    try {
      let { order, retryAfterMs } = await this.#first(url, signal);
      if (order.status === "pending") {
        await this.#within(JUDGING, signal, "judge the names", (inTime) =>
          this.#authorize(order, challenges, inTime).finally(() => this.#clear(challenges, signal)),
        );
        ({ order, retryAfterMs } = await this.#look(url, signal));
      }
      return await this.#within(ISSUING, signal, "make the certificate", async (inTime) => {
        let isAsked = false;
        for (let looks = 0; ; looks++) {
          if (order.status === "invalid") throw over(problemError("the order", order.error));
          if (order.status === "valid" && order.certificate !== undefined)
            return { chain: await this.#download(order.certificate, inTime) };
          if (order.status === "ready" && !isAsked) {
            isAsked = true;
            const csr = certificateRequest(key, names).toString("base64url");
            await this.#account
              .post(order.finalize, { csr }, { doing: "the certificate" }, inTime)
              .catch(passed);
          } else await this.#pause(retryAfterMs, looks, inTime);
          ({ order, retryAfterMs } = await this.#look(url, inTime));
        }
      });
    } catch (error) {
      if (error instanceof Over) return { over: error.why };
      throw error;
    }
  }

  async renewal(certificate: string, signal: AbortSignal): Promise<RenewalWindow | null> {
    const { renewalInfo } = await this.#account.directory(signal, true);
    const id = renewalInfo === undefined ? null : certificateId(certificate);
    if (renewalInfo === undefined || id === null) return null;
    const url = `${renewalInfo.replace(/\/$/, "")}/${id}`;
    const { body, retryAfterMs } = await this.#account.get(url, "the time of renewal", signal);
    return renewalWindow(read(RenewalInfo, body, "time of renewal"), retryAfterMs, this.#clock.now());
  }

  /** @see RFC 8555 §7.5 */
  async #authorize(order: Order, challenges: DnsChallenges, signal: AbortSignal): Promise<void> {
    const open: { url: string; name: string; challenge: string; isAsked: boolean; value: string }[] = [];
    for (const url of order.authorizations) {
      const { authorization } = await this.#judged(url, signal);
      if (authorization.status === "valid") continue;
      const { value: name } = authorization.identifier;
      const challenge = authorization.challenges.find(({ type }) => type === "dns-01");
      if (authorization.status !== "pending") throw over(whyNot(authorization));
      if (challenge?.url === undefined || challenge.token === undefined)
        throw over(
          new TellyportError("acme-refused", `The certificate authority does not judge ${name} by DNS.`, {
            detail: { problem: "unsupportedChallenge" },
          }),
        );
      const value = await this.#account.dnsDigest(challenge.token);
      const isAsked = challenge.status === "processing" || challenge.status === "valid";
      open.push({ url, name, challenge: challenge.url, isAsked, value });
    }
    if (open.length === 0) return;
    const values = [...new Set(open.map(({ value }) => value))];
    await orAborted(challenges.publish(values, signal), signal);
    for (const { challenge, isAsked } of open)
      if (!isAsked) await this.#account.post(challenge, {}, { doing: "the challenge" }, signal);
    for (const { url } of open) {
      for (let looks = 0; ; looks++) {
        const { authorization, retryAfterMs } = await this.#judged(url, signal);
        if (authorization.status === "valid") break;
        if (authorization.status !== "pending") throw over(whyNot(authorization));
        await this.#pause(retryAfterMs, looks, signal);
      }
    }
  }

  /** What stays behind does no harm, and the next order takes it away; nobody who stops waits for it. */
  #clear(challenges: DnsChallenges, signal: AbortSignal): Promise<void> {
    return Promise.race([
      challenges.clear().catch(() => undefined),
      sleep(this.#clock, CLEARING, signal).catch(() => undefined),
    ]);
  }

  async #judged(url: string, signal: AbortSignal) {
    const { body, retryAfterMs } = await this.#account.post(url, null, { doing: "the names" }, signal);
    return { authorization: read(Authorization, body, "authorization"), retryAfterMs };
  }

  async #look(url: string, signal: AbortSignal) {
    const { body, retryAfterMs } = await this.#account.post(url, null, { doing: "the order" }, signal);
    return { order: read(Order, body, "order"), retryAfterMs };
  }

  /** An order that the authority does not know any more is over, and another one may be made. */
  #first(url: string, signal: AbortSignal) {
    return this.#look(url, signal).catch((error: unknown) => {
      if (!isTellyportError(error, "acme-refused")) throw error;
      throw over(new TellyportError("acme-failed", error.message, { cause: error }));
    });
  }

  async #download(url: string, signal: AbortSignal): Promise<string> {
    const accept = "application/pem-certificate-chain";
    const answer = await this.#account.post(url, null, { doing: "the certificate", accept }, signal);
    return answer.body.toString("latin1");
  }

  /** @see RFC 8555 §7.5.1 */
  #pause(retryAfterMs: number | undefined, looks: number, signal: AbortSignal): Promise<void> {
    const own = Math.min(FIRST_LOOK * 1.5 ** looks, LONGEST_LOOK);
    return sleep(this.#clock, Math.max(retryAfterMs ?? own, 100), signal);
  }

  /** @throws TellyportError `acme-failed` when the time is over, and what the signal was fired with */
  async #within<T>(
    time: number,
    signal: AbortSignal,
    what: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    const tooLate = new TellyportError(
      "acme-failed",
      `The certificate authority did not ${what} within ${time / 60_000} minutes.`,
    );
    const timer = this.#clock.after(time, () => late.abort(tooLate));
    try {
      return await work(AbortSignal.any([signal, late.signal]));
    } catch (error) {
      throw late.signal.aborted && !signal.aborted && !(error instanceof Over) ? tooLate : error;
    } finally {
      timer.cancel();
    }
  }
}

/** Nothing will come of the order. */
class Over extends Error {
  readonly why: TellyportError;

  constructor(why: TellyportError) {
    super(why.message);
    this.why = why;
  }
}

const over = (why: TellyportError): Over => new Over(why);

/** Who asked twice is told that it is not ready, since it is being made. What is wrong with the request ends the order. */
function passed(error: unknown): undefined {
  if (problemOf(error) === "orderNotReady") return undefined;
  throw isTellyportError(error, "acme-refused") ? over(error) : error;
}

function whyNot({ identifier, wildcard, challenges, status }: Authorization): TellyportError {
  const name = `${wildcard === true ? "*." : ""}${identifier.value}`;
  const problem = challenges.find(({ error }) => error !== undefined)?.error;
  return problemError(name, problem ?? { detail: `the authorization is ${status}` }, {
    challenge: true,
    ...(problem === undefined && { status: 503 }),
  });
}

function isFor({ identifiers }: Order, names: readonly string[]): boolean {
  const ordered = new Set(identifiers.map(({ value }) => value.toLowerCase()));
  return ordered.size === names.length && names.every((name) => ordered.has(name));
}

/** @see RFC 8288 */
function nextPage({ headers }: AcmeAnswer): string | undefined {
  const links = [headers["link"] ?? []].flat().join(", ");
  return /<(https:\/\/[^>]{1,2000})>\s*;[^,]*\brel="?next"?/.exec(links)?.[1];
}
