import type { ErrorCode, TellyportError } from "../kernel/errors.ts";
import type { Milliseconds, Seconds } from "../kernel/units.ts";
import type { Principal } from "../protocol/principal.ts";

/** What resource sharing needs of others; `main` wires it. */

/** Mints and checks playback grants: the token in a media path. */
export interface GrantPort {
  /** @returns the path token for one playback */
  issue(playback: string, principal: Principal, expiresAt: Milliseconds): string;
  /** @returns the playback that a path token names. @throws TellyportError `grant-invalid` or `grant-ended` */
  check(grant: string): string;
  /** From now on the playback's grant answers `grant-ended`. */
  end(playback: string): void;
}

/** Somebody who watches, or is about to. */
export interface Watching {
  /** Of the playback. */
  readonly id: string;
  readonly principal: Principal;
  /** It was asked for from the home network, and none of its media have gone elsewhere. */
  readonly home: boolean;
}

/** What somebody wants to watch, or watches. */
export interface ViewingWish {
  readonly principal: Principal;
  /** Id of the channel. */
  readonly channel: string;
  readonly home: boolean;
  /** Rating of the programme that is on now, years; null: it has none, or nothing is known. */
  readonly minimumAge: number | null;
}

/**
 * How far back somebody may go in a live stream: as far as there is something, to what was on when it began to watch (what was on
 * before that, nobody has judged for it), or not farther than players need.
 */
export type Reach = "all" | "since-start" | "live";

/**
 * Who may watch what, and how many at a time. Asked when something begins or changes and every few seconds, never for each
 * request; it answers at once.
 */
export interface ViewingRules {
  /**
   * Asked when a channel is wished for, again before it is tuned, and when a playback leaves the home network.
   * @param running who watches or is about to, in order of their start
   * @returns ids of those that must end for it
   * @throws TellyportError as of {@link objection}, and `session-limit`
   */
  admit(wish: ViewingWish, running: readonly Watching[]): readonly string[];
  /** Why it may not be watched now, by whoever else it is: `parental-*`, `quota-used`; null: it may. */
  objection(wish: ViewingWish): TellyportError | null;
  /** The only channels that somebody sees; null: all. */
  channelsOf(principal: Principal): ReadonlySet<string> | null;
  /** Whether a programme of that rating (years; null: nobody has said) is for older viewers than this one. */
  isTooOld(principal: Principal, minimumAge: number | null): boolean;
  reach(principal: Principal): Reach;
  /** Programme time that somebody has watched, since this was said last; seconds. */
  watched(principal: Principal, seconds: number): void;
  /** Told whose rules are others now (null: perhaps everybody's). @returns a function that unsubscribes */
  onChanged(listener: (client: string | null) => void): () => void;
}

/** Everybody may everything. */
export const NO_RULES: ViewingRules = {
  admit: () => [],
  objection: () => null,
  channelsOf: () => null,
  isTooOld: () => false,
  reach: () => "all",
  watched: () => undefined,
  onChanged: () => () => undefined,
};

/** What an owner may want to read later: who has watched what, and who was refused by the rules. */
export type ViewingNote = {
  readonly client: string;
  readonly channel: { readonly id: string; readonly name: string };
  readonly home: boolean;
  /** Why it was refused, or how it ended. */
  readonly reason: ErrorCode;
} & (
  | { readonly kind: "watch-refused" }
  | {
      readonly kind: "watched";
      readonly seconds: Seconds;
      readonly startedAt: Milliseconds;
      /** Of the programme that was on in the middle of it; null: nothing is known. */
      readonly title: string | null;
    }
);
