import type { Clock, Timer } from "../kernel/clock.ts";
import type { OfferState } from "../protocol/access-api.ts";
import { CHOICES } from "../protocol/pairing.ts";
import { RecentMap } from "../kernel/recent-map.ts";
import { randomBelow, sameText } from "./bytes.ts";
import type { Applicant } from "./applicant.ts";
import type { AccessLimits } from "./limits.ts";
import { TIMER_SLACK, offerNotFound, type OfferStates } from "./offer-states.ts";

/** Claims that were turned down, at the most, whose clients can still learn of it. */
const DENIED_REMEMBERED = 64;

/** An owner's no: meant, or by a number that was another. */
export type Denied = "denied" | "wrong-number";

/** A right claim that waits for an owner's yes. */
interface Waiting {
  readonly applicant: Applicant;
  /** Two digits, shown on the new client. */
  readonly match: string;
  readonly choices: readonly string[];
  /** Monotonic ms. */
  readonly expires: number;
  readonly state: OfferState;
  readonly timer: Timer;
}

export interface ApprovalsDeps {
  clock: Clock;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  states: OfferStates;
}

/**
 * Claims that wait for an owner, who says yes by choosing the number that the new client shows (against a stranger who has
 * somebody else's code typed in, RFC 8628 §5.4). In memory only: nothing of a claim that is turned down or runs out is ever on
 * disk, and one that waits when the power fails was not acknowledged as more than waiting.
 */
export class Approvals {
  readonly #deps: ApprovalsDeps;
  readonly #waiting = new Map<string, Waiting>();
  /** Hash of the claim's secret → until when (monotonic ms) its client is told, and what. */
  readonly #denied = new RecentMap<{ until: number; why: Denied }>(DENIED_REMEMBERED);

  constructor(deps: ApprovalsDeps) {
    this.#deps = deps;
  }

  /** Lets a claim wait. @returns the number for the new client, until when (ms since 1970) it waits, and what owners see */
  wait(applicant: Applicant): { match: string; expiresAt: number; state: OfferState } {
    const { clock, limits, random, states } = this.#deps;
    const choices: string[] = [];
    while (choices.length < CHOICES) {
      const number = String(randomBelow(random, 100)).padStart(2, "0");
      if (!choices.includes(number)) choices.push(number);
    }
    const match = choices[randomBelow(random, CHOICES)] as string;
    const expiresAt = clock.now() + limits.claimLifetime;
    const { admission, name, terminalType, origin, home, role } = applicant;
    const waiting: Waiting = {
      applicant,
      match,
      choices,
      expires: clock.monotonic() + limits.claimLifetime,
      state: {
        id: admission.id,
        role,
        expiresAt: new Date(expiresAt).toISOString(),
        state: "waiting",
        claim: { name, terminalType, address: origin.address, home, choices },
      },
      timer: clock.after(limits.claimLifetime + TIMER_SLACK, () => this.list()),
    };
    this.#waiting.set(admission.id, waiting);
    states.tell(waiting.state);
    return { match, expiresAt, state: waiting.state };
  }

  /** What owners see, the oldest first. */
  states(): OfferState[] {
    return this.list().map((waiting) => waiting.state);
  }

  /** When (monotonic ms) each waiting claim of an offer ends. */
  offerEnds(): number[] {
    const offers = this.list().filter((waiting) => waiting.applicant.admission.parent === null);
    return offers.map((waiting) => waiting.expires);
  }

  /** How many claims with a client's passes wait. */
  countOf(parent: string): number {
    return this.list().filter((waiting) => waiting.applicant.admission.parent === parent).length;
  }

  /** @param secretHash of the claim's secret. @returns who waits with it; for a while after a no, which it was; else null */
  find(secretHash: string): Applicant | Denied | null {
    const waiting = this.list().find((one) => sameText(one.applicant.secretHash, secretHash));
    if (waiting !== undefined) return waiting.applicant;
    const denied = this.#denied.get(secretHash);
    return denied !== undefined && this.#deps.clock.monotonic() < denied.until ? denied.why : null;
  }

  /** @param secretHash of the claim's secret. @returns the number for the device that asked with it; null before an owner has seen it */
  matchOf(secretHash: string): string | null {
    const waiting = this.list().find((one) => sameText(one.applicant.secretHash, secretHash));
    return waiting?.applicant.admission.by === "asked" ? waiting.match : null;
  }

  /**
   * @returns who waits, and whether the number is the one that was shown to it
   * @throws TellyportError `offer-not-found` when nobody waits there
   */
  judge(id: string, match: string | null): { applicant: Applicant; right: boolean } {
    const waiting = this.#find(id);
    return { applicant: waiting.applicant, right: match !== null && sameText(match, waiting.match) };
  }

  /** Ends the wait. @param why it is refused. @throws TellyportError `offer-not-found` */
  end(id: string, as: "paired" | "refused" | "closed", why: Denied = "denied"): void {
    const waiting = this.#find(id);
    waiting.timer.cancel();
    this.#waiting.delete(id);
    if (as === "refused") this.#denied.set(waiting.applicant.secretHash, { until: waiting.expires, why });
    this.#deps.states.tell({ ...waiting.state, state: as, claim: null });
  }

  /** Ends what came of a client's offers and passes: it may no longer. */
  closeOf(client: string): void {
    for (const { applicant } of this.list()) {
      const { id, openedBy, parent } = applicant.admission;
      if (openedBy === client || parent === client) this.end(id, "closed");
    }
  }

  /** Those that wait now. */
  list(): Waiting[] {
    const now = this.#deps.clock.monotonic();
    for (const [id, { expires, state, timer }] of this.#waiting) {
      if (now < expires) continue;
      timer.cancel();
      this.#waiting.delete(id);
      this.#deps.states.tell({ ...state, state: "closed", claim: null });
    }
    return [...this.#waiting.values()];
  }

  #find(id: string): Waiting {
    const waiting = this.list().find((one) => one.applicant.admission.id === id);
    if (waiting === undefined) throw offerNotFound();
    return waiting;
  }
}
