import type {} from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { TellyportError } from "../kernel/errors.ts";
import type { Milliseconds } from "../kernel/units.ts";
import type { RequestOrigin, RouteAccess } from "../protocol/access.ts";
import type { Principal } from "../protocol/principal.ts";

/** What access control offers to others, structurally equal to the ports that they declare; `main` wires them. */

/** What is judged of a request, whichever door it came through. */
export interface AuthenticationRequest {
  method: string;
  /** Absolute path with query, as received. */
  url: string;
  headers: IncomingHttpHeaders;
  origin: RequestOrigin;
}

export interface Authenticator {
  /** @throws TellyportError of kind `unauthenticated`; `detail.headers` go into the answer */
  authenticate(request: AuthenticationRequest): Promise<Principal>;
}

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
 * How far back somebody may go in a live stream: as far as there is something, to what was on when it began to watch, or not
 * farther than players need.
 */
export type Reach = "all" | "since-start" | "live";

export interface ViewingRulesPort {
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
  /** Told whose rules are others now (null: perhaps everybody's): set anew, lifted by the PIN, or in force again. @returns a function that unsubscribes */
  onChanged(listener: (client: string | null) => void): () => void;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route. */
    access?: RouteAccess;
  }
  interface FastifyRequest {
    origin: RequestOrigin;
    /** Set on routes of kind `roles` and `local`. */
    principal: Principal | null;
  }
}
