import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import { CODE_LENGTH, formatCode, normaliseCode } from "../protocol/pairing.ts";
import type { Applicant } from "./applicant.ts";
import { sameText } from "./bytes.ts";
import { randomLetters } from "./letters.ts";
import type { AccessLimits } from "./limits.ts";
import { offerNotFound } from "./offer-states.ts";

/** Devices that may ask at once; each address at home once. */
const AT_ONCE = 8;

/** Who asks, as far as it is known before an owner says what it is to be. */
export type Asking = Omit<Applicant, "admission" | "role">;

interface Ask {
  readonly asking: Asking;
  readonly code: string;
  /** Monotonic ms. */
  readonly expires: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface AsksDeps {
  clock: Clock;
  limits: Pick<AccessLimits, "claimLifetime">;
  random: (bytes: number) => Buffer;
}

/**
 * Devices that show a code and wait for an owner who sees it (RFC 8628, with the box's own network around it). Nobody is told
 * of them: who has not seen the screen does not hear of it, so that a stranger cannot bother or deceive anybody from afar.
 * In memory only.
 */
export class Asks {
  readonly #deps: AsksDeps;
  readonly #asks = new Map<string, Ask>();

  constructor(deps: AsksDeps) {
    this.#deps = deps;
  }

  /**
   * Lets a device ask; what it asked before, from the same address, is over.
   * @returns the code that it shows, and until when (ms since 1970) it is good
   * @throws TellyportError `pairing-too-many`
   */
  open(asking: Asking): { code: string; expiresAt: number } {
    const { clock, limits, random } = this.#deps;
    for (const [code, ask] of this.#list())
      if (ask.asking.origin.address === asking.origin.address) this.#asks.delete(code);
    if (this.#asks.size >= AT_ONCE) {
      const [soonest] = this.#asks.values();
      throw new TellyportError(
        "pairing-too-many",
        `${AT_ONCE} devices ask to be let in already. Try again when one of them has given up.`,
        { retryAfterMs: (soonest?.expires ?? clock.monotonic()) - clock.monotonic() },
      );
    }
    const code = randomLetters(random, CODE_LENGTH);
    const expiresAt = clock.now() + limits.claimLifetime;
    this.#asks.set(code, { asking, code, expires: clock.monotonic() + limits.claimLifetime, expiresAt });
    return { code: formatCode(code), expiresAt };
  }

  /** @param secretHash of the claim's secret. @returns who asks with it; null: nobody (any more) */
  find(secretHash: string): Asking | null {
    const found = this.#list().find(([, { asking }]) => sameText(asking.secretHash, secretHash));
    return found?.[1].asking ?? null;
  }

  /** An owner has seen a code. It is used up by that. @throws TellyportError `offer-not-found` */
  take(typed: string): Asking {
    const code = normaliseCode(typed) ?? "";
    this.#list();
    const ask = this.#asks.get(code);
    if (ask === undefined) throw offerNotFound();
    this.#asks.delete(code);
    return ask.asking;
  }

  #list(): [string, Ask][] {
    const now = this.#deps.clock.monotonic();
    for (const [code, { expires }] of this.#asks) if (now >= expires) this.#asks.delete(code);
    return [...this.#asks];
  }
}
