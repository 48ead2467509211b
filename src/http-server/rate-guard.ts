import type { IncomingMessage } from "node:http";
import { networkOf } from "../kernel/network-address.ts";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import type { Recognise } from "./ports.ts";
import { TokenBuckets, type BucketShape } from "../kernel/token-buckets.ts";

/** How often a sender may ask, and how often it may be wrong. */
export interface RateLimits {
  /** Requests without a known credential, of each open route of the API and of all else; default 400, and 40 a second. */
  readonly requests: BucketShape;
  /** Requests of one known client from one place, those for media left out; default 600, and 60 a second. */
  readonly known: BucketShape;
  /** Credentials that were not good; default 80, and 1 a second. */
  readonly guesses: BucketShape;
}

export const DEFAULT_RATES: RateLimits = {
  requests: { burst: 400, perSecond: 40 },
  known: { burst: 600, perSecond: 60 },
  guesses: { burst: 80, perSecond: 1 },
};

/** Whose limits a request counts against. */
export interface Sender {
  /** The client (or playback) whose credential it seems to carry; null: a stranger. */
  readonly known: string | null;
  readonly key: string;
}

/**
 * Limits by sender. Who shows a credential that this box gave has limits of its own, apart from the strangers behind the same
 * address: a household or a carrier's network is not locked out by one that guesses there. The strangers' limits are
 * asked before any signature is checked.
 */
export class RateGuard {
  readonly #clock: Clock;
  readonly #recognise: Recognise;
  readonly #requests: TokenBuckets;
  readonly #known: TokenBuckets;
  readonly #guesses: TokenBuckets;

  constructor(deps: { clock: Clock; recognise: Recognise; limits?: RateLimits }) {
    const { requests, known, guesses } = deps.limits ?? DEFAULT_RATES;
    this.#clock = deps.clock;
    this.#recognise = deps.recognise;
    this.#requests = new TokenBuckets(requests);
    this.#known = new TokenBuckets(known);
    this.#guesses = new TokenBuckets(guesses);
  }

  /**
   * Who sends it. Those without an address (see `RequestOrigin.address`) would all be one sender: such a request is refused unless
   * its credential is known.
   * @param body once it was read
   * @throws TellyportError `rate-limited`
   */
  senderOf(request: IncomingMessage, origin: RequestOrigin, body?: unknown): Sender {
    const known = this.#recognise({ url: request.url ?? "", headers: request.headers, body });
    if (known === null && origin.address === null) throw tooMany(1000);
    const from = origin.address === null ? "" : networkOf(origin.address);
    return { known, key: known === null ? from : `${from} ${known}` };
  }

  /**
   * Counts a request.
   * @param place what is asked for, where that has limits of its own
   * @param weight as how many it counts; default 1
   * @returns `rate-limited` when it is one too many, else null
   */
  countRequest(sender: Sender, place: string, weight = 1): TellyportError | null {
    const wait = this.#requests.take(`${sender.key} ${place}`, this.#clock.monotonic(), weight);
    return wait > 0 ? tooMany(wait) : null;
  }

  /**
   * As {@link countRequest}, of a known client: a guest's phone must not take the whole box. Whoever has copied its token, and
   * asks from elsewhere, uses up nothing of it.
   */
  countKnown(sender: Sender, weight = 1): TellyportError | null {
    const wait = this.#known.take(sender.key, this.#clock.monotonic(), weight);
    return wait > 0 ? tooMany(wait) : null;
  }

  /** Before a credential is judged. @throws TellyportError `rate-limited` when too many were wrong lately */
  mayGuess(sender: Sender): void {
    const wait = this.#guesses.wait(sender.key, this.#clock.monotonic());
    if (wait > 0) throw tooMany(wait);
  }

  /** A credential was not good. */
  countGuess(sender: Sender): void {
    this.#guesses.take(sender.key, this.#clock.monotonic());
  }
}

function tooMany(retryAfterMs: number): TellyportError {
  return new TellyportError(
    "rate-limited",
    "Too many requests came from here. Wait a moment, and ask again.",
    { retryAfterMs },
  );
}
