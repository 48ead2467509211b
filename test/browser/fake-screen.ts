import type { Asked, AskRequest, WatchingNow } from "../../src/protocol/access-api.ts";
import { Refusal } from "./refusal.ts";

/** Of a fake box: its own screen, who watches, and televisions that ask to be let in. */
export class FakeScreen {
  /** Whether who pairs is the box's own screen. */
  is = false;
  watching: WatchingNow["watching"] = [];
  /** Where the box is found from anywhere; null: nowhere. */
  away: string | null = null;
  readonly asks: AskRequest[] = [];
  /** Milliseconds for which a code is good. */
  life = 300_000;
  /** What is said to who asks; null: it may. */
  refusal: { status: number; code: string } | null = null;
  /** The number that a television shows, once an owner has seen its code. */
  match: string | null = null;

  ask(request: AskRequest): Asked {
    if (this.refusal !== null) throw new Refusal(this.refusal.status, this.refusal.code);
    this.asks.push(request);
    const count = this.asks.length;
    return {
      claim: `asked-${count}`,
      code: count % 2 === 1 ? "WDJB-MJHT" : "XKCD-FGHJ",
      expiresAt: new Date(Date.now() + this.life).toISOString(),
    };
  }

  /** @returns null for a claim that was no question */
  poll(claim: string): object | null {
    if (!claim.startsWith("asked-")) return null;
    return { state: "pending", ...(this.match !== null && { match: this.match }) };
  }
}
