import { DEFAULT_LIMITS, type AccessLimits } from "./limits.ts";
import type { SessionLimits } from "./rules/session-limits.ts";

/** The section `access` of the configuration. */
export interface PolicyChoice {
  readonly policy: "relaxed" | "nextv-f";
  /** Phones at home may watch over plain http, without a key of their own. */
  readonly lanHttp: boolean;
}

export interface Policy {
  readonly access: AccessLimits;
  readonly sessions: SessionLimits;
}

const DAY = 24 * 60 * 60_000;

/** As configured where nobody says anything. */
export const RELAXED: PolicyChoice = { policy: "relaxed", lanHttp: true };

/** Of one client; owners end their own oldest playback by the limits of resource sharing alone. */
const PER_CLIENT: SessionLimits["perClient"] = {
  owner: { away: Infinity, home: Infinity, inAll: Infinity },
  viewer: { away: 1, home: 2, inAll: Infinity },
  kid: { away: 1, home: 2, inAll: Infinity },
  guest: { away: 1, home: 1, inAll: 1 },
};

/**
 * What a policy means in figures. Pure.
 * - `relaxed`: 64 clients; paired for 30 days after the last use and 180 days in all; two watch away from home at a time.
 * - `nextv-f` (NexTV-F TR-001): paired at home only, everything ends 90 days after pairing; 6 clients; one watches away from home.
 */
export function policyOf({ policy, lanHttp }: PolicyChoice): Policy {
  if (policy === "relaxed") {
    return { access: { ...DEFAULT_LIMITS, lanHttp }, sessions: { away: 2, perClient: PER_CLIENT } };
  }
  return {
    access: {
      ...DEFAULT_LIMITS,
      lanHttp,
      pairFromHomeOnly: true,
      clients: 6,
      refreshAbsolute: 90 * DAY,
    },
    sessions: { away: 1, perClient: PER_CLIENT },
  };
}
