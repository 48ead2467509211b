import { TellyportError } from "../../kernel/errors.ts";
import type { ClientLimits } from "../../protocol/client-limits.ts";
import type { Role } from "../../protocol/principal.ts";
import { isWithinHours, minuteOf, nextHours } from "./hours.ts";
import { localMoment } from "./local-time.ts";

/** What a kid may for whom its owner has said nothing else. */
const KID: ClientLimits = { maximumAge: 12, unrated: true };

/** Whom limits are for. */
export const isLimited = (role: Role): boolean => role === "kid" || role === "guest";

/** What counts for a role when nothing was set: kids have a ceiling, guests nothing beyond being guests. */
export function defaultLimits(role: Role): ClientLimits {
  return role === "kid" ? KID : {};
}

/** @throws TellyportError `limits-invalid` for hours that end before they begin */
export function checkLimits(limits: ClientLimits): void {
  for (const [index, { from, to }] of (limits.hours ?? []).entries()) {
    if (minuteOf(from) < minuteOf(to)) continue;
    throw new TellyportError(
      "limits-invalid",
      `hours: ${from}-${to} ends before it begins. Hours are of one day: give two for a night, one up to 24:00 and one from 00:00.`,
      { detail: { field: `limits/hours/${index}` } },
    );
  }
}

/** What limits are judged by. */
export interface ViewingFacts {
  /** Id of the channel. */
  readonly channel: string;
  /** Rating of the programme that is on, years; null: it has none, or nothing is known of it. */
  readonly minimumAge: number | null;
  /** Epoch ms. */
  readonly now: number;
  /** Programme time that was watched on this local day, seconds. */
  readonly watched: number;
}

/** Whether a programme is for the one who has these limits, by its rating alone. Nothing is known of null. */
export function isForAge({ maximumAge, unrated = true }: ClientLimits, minimumAge: number | null): boolean {
  return minimumAge === null ? unrated : minimumAge <= (maximumAge ?? Infinity);
}

/** Whether ratings matter to the one who has these limits. */
export function hasCeiling({ maximumAge, unrated = true }: ClientLimits): boolean {
  return maximumAge !== undefined || !unrated;
}

/**
 * Why somebody with these limits may not watch now: the code and sentence for the phone. Pure.
 * @returns `parental-channel`, `parental-hours`, `quota-used`, `parental-rating`; null: it may
 */
export function objectionTo(limits: ClientLimits, facts: ViewingFacts): TellyportError | null {
  const { channel, minimumAge, now, watched } = facts;
  const { channels, hours, minutesPerDay } = limits;
  if (channels !== undefined && !channels.includes(channel)) {
    return new TellyportError("parental-channel", "This channel is not among those that you may watch.");
  }
  if (hours !== undefined && !isWithinHours(hours, now)) {
    const until = nextHours(hours, now);
    return new TellyportError("parental-hours", "It is not a time at which you may watch.", {
      detail: { until: until === null ? null : new Date(until).toISOString() },
    });
  }
  if (minutesPerDay !== undefined && watched >= minutesPerDay * 60) {
    const until = new Date(localMoment(now, 1, 0)).toISOString();
    return new TellyportError("quota-used", "You have watched as long as you may today.", {
      detail: { until },
    });
  }
  if (isForAge(limits, minimumAge)) return null;
  const why =
    minimumAge === null
      ? "Nobody has said for which age this programme is, and you may only watch those that say it."
      : `This programme is for viewers from ${minimumAge} years on.`;
  return new TellyportError("parental-rating", why, { detail: { minimumAge } });
}
