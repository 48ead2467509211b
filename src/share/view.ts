import type { Programme } from "../protocol/api.ts";
import type { Principal } from "../protocol/principal.ts";
import type { ViewingRules } from "./ports.ts";

/** What one client sees of channels and programmes. */
export interface View {
  sees(channel: string): boolean;
  /** Whether it may read and see what a programme is about. @param minimumAge years; null: nobody has said */
  reads(minimumAge: number | null): boolean;
  /** What is too old for it keeps its place in the list, with its rating and without a word of what it is. */
  programme(programme: Programme): Programme;
  /** Whether it may see a picture that was taken then, epoch ms: none of something that is, or may have been, too old. */
  seesPicture(takenAt: number, now: Programme | null): boolean;
}

/** For who sees it all. */
export const WHOLE_VIEW: View = {
  sees: () => true,
  reads: () => true,
  programme: (programme) => programme,
  seesPicture: () => true,
};

/** Above every rating there is (EN 300 468 §6.2.28: 18). */
const ANY_AGE = 99;

/** Whether ratings matter for somebody: some, or none at all (`unrated: false`), are too old for it. */
export function mindsRatings(rules: ViewingRules, principal: Principal): boolean {
  return rules.isTooOld(principal, ANY_AGE) || rules.isTooOld(principal, null);
}

/** As the rules are at this moment: to be asked for each answer, not kept. */
export function viewOf(rules: ViewingRules, principal: Principal): View {
  const channels = rules.channelsOf(principal);
  const isRated = mindsRatings(rules, principal);
  if (channels === null && !isRated) return WHOLE_VIEW;
  const reads = (minimumAge: number | null): boolean => !isRated || !rules.isTooOld(principal, minimumAge);
  return {
    sees: (channel) => channels === null || channels.has(channel),
    reads,
    programme: (programme) => (reads(programme.minimumAge ?? null) ? programme : withoutWords(programme)),
    seesPicture: (takenAt, now) =>
      !isRated ||
      // What was on before is not known any more.
      (now !== null && takenAt >= Date.parse(now.startsAt) && reads(now.minimumAge ?? null)),
  };
}

function withoutWords({ language, startsAt, endsAt, minimumAge }: Programme): Programme {
  return {
    title: "",
    description: "",
    language,
    startsAt,
    endsAt,
    restricted: true,
    ...(minimumAge !== undefined && { minimumAge }),
  };
}
