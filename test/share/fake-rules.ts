import { TellyportError } from "../../src/kernel/errors.ts";
import { Emitter } from "../../src/kernel/events.ts";
import type { Principal } from "../../src/protocol/principal.ts";
import type { Reach, ViewingRules, ViewingWish, Watching } from "../../src/share/ports.ts";

/** Rules that the test sets: of kids and guests alone, as the real ones. */
export class FakeRules implements ViewingRules {
  /** Highest rating, years; null: any. */
  ceiling: number | null = null;
  /** What has no rating may be watched. */
  unrated = true;
  channels: ReadonlySet<string> | null = null;
  /** Nobody may watch now. */
  closed = false;
  /** Ids that end for the next one. */
  ending: (running: readonly Watching[]) => readonly string[] = () => [];
  readonly told: { client: string; seconds: number }[] = [];
  readonly wishes: ViewingWish[] = [];
  readonly changed = new Emitter<string | null>();

  admit(wish: ViewingWish, running: readonly Watching[]): readonly string[] {
    this.wishes.push(wish);
    const objection = this.objection(wish);
    if (objection !== null) throw objection;
    return this.ending(running);
  }

  objection({ principal, channel, minimumAge }: ViewingWish): TellyportError | null {
    if (isFree(principal)) return null;
    if (this.channels !== null && !this.channels.has(channel))
      return new TellyportError("parental-channel", "Not this channel.");
    if (this.closed)
      return new TellyportError("parental-hours", "Not now.", { detail: { until: "2026-11-21T07:00:00Z" } });
    if (!this.#isTooOld(minimumAge)) return null;
    return new TellyportError("parental-rating", "Not this programme.", { detail: { minimumAge } });
  }

  channelsOf(principal: Principal): ReadonlySet<string> | null {
    return isFree(principal) ? null : this.channels;
  }

  isTooOld(principal: Principal, minimumAge: number | null): boolean {
    return !isFree(principal) && this.#isTooOld(minimumAge);
  }

  #isTooOld(minimumAge: number | null): boolean {
    return minimumAge === null ? !this.unrated : minimumAge > (this.ceiling ?? Infinity);
  }

  reach(principal: Principal): Reach {
    if (principal.role === "guest") return "live";
    return isFree(principal) || (this.ceiling === null && this.unrated) ? "all" : "since-start";
  }

  watched({ client }: Principal, seconds: number): void {
    this.told.push({ client, seconds });
  }

  onChanged(listener: (client: string | null) => void): () => void {
    return this.changed.on(listener);
  }
}

const isFree = ({ role }: Principal): boolean => role === "owner" || role === "viewer";
