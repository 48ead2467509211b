import type { GuideFound, Programme } from "../../src/protocol/api.ts";

type Showing = GuideFound["found"][number];

/** Shown with a programme's details. */
const MOST = 8;

/** Of what was found, the other showings and episodes of a programme: those of the same series, or with the same title. */
export function otherShowings(
  found: readonly Showing[],
  channel: string,
  programme: Programme,
): readonly Showing[] {
  const series = programme.series?.series ?? null;
  const isSame = (one: Programme): boolean =>
    (series !== null && one.series?.series === series) || one.title === programme.title;
  return found
    .filter(
      (one) =>
        isSame(one.programme) && !(one.channel === channel && one.programme.startsAt === programme.startsAt),
    )
    .sort((a, b) => Date.parse(a.programme.startsAt) - Date.parse(b.programme.startsAt))
    .slice(0, MOST);
}
