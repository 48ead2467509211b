import type { Programme } from "../../protocol/api.ts";
import type { GuideEvent } from "../../tuner/ports.ts";
import { genreNames } from "./genres.ts";

/** An event as clients see it; what is not known of it is absent. */
export function programmeOf(event: GuideEvent): Programme {
  const genres = (event.genres ?? []).flatMap((code) => {
    const names = genreNames(code);
    return names === null ? [] : [{ code, ...names }];
  });
  const subtitle = event.subtitle ?? null;
  const minimumAge = event.minimumAge ?? null;
  const programme = event.programmeCrid ?? null;
  const series = event.seriesCrid ?? null;
  return {
    title: event.title,
    description: event.description,
    language: event.language,
    startsAt: new Date(event.startsAt).toISOString(),
    endsAt: new Date(event.endsAt).toISOString(),
    ...(subtitle !== null && { subtitle }),
    ...(genres.length > 0 && { genres }),
    ...(minimumAge !== null && { minimumAge }),
    ...((programme !== null || series !== null) && { series: { programme, series } }),
  };
}
