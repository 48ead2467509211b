import type { GuideEvent, ServiceKey } from "../ports.ts";
import type { Eit } from "../si/eit.ts";
import type { EitEvent } from "../si/eit-event.ts";
import { completeCrid } from "../si/event-descriptors.ts";

/** crid_type of an item and of its series; 0x31 and 0x32 are the same of the United Kingdom. @see TS 102 323 §12.1, D-Book §8.4 */
const ITEM = [0x01, 0x31];
const SERIES = [0x02, 0x32];

/** @param startsAt of the event, where it is known */
export function guideEventOf(
  service: ServiceKey,
  event: EitEvent,
  startsAt: number,
  eit: Pick<Eit, "actual" | "schedule">,
): GuideEvent {
  const programmeCrid = cridOf(event, ITEM);
  const seriesCrid = cridOf(event, SERIES);
  // Level 1 of 0 is "undefined content".
  const genres = event.content.filter((nibbles) => nibbles >= 0x10);
  const ages = event.rating.map(({ age }) => age);
  return {
    service,
    eventId: event.eventId,
    startsAt,
    endsAt: startsAt + event.durationMs,
    title: event.title,
    description: event.description,
    language: event.language,
    origin: { table: eit.schedule ? "schedule" : "present-following", actual: eit.actual },
    ...(event.shortText !== undefined && { subtitle: event.shortText }),
    ...(genres.length > 0 && { genres }),
    ...(ages.length > 0 && { minimumAge: Math.min(...ages) }),
    ...(programmeCrid !== null && { programmeCrid }),
    ...(seriesCrid !== null && { seriesCrid }),
  };
}

/** Without the authority, which other tables name, the identifier still tells one series from another within a service. */
function cridOf(event: EitEvent, types: readonly number[]): string | null {
  const crid = event.crids?.find(({ type }) => types.includes(type))?.crid;
  return crid === undefined ? null : (completeCrid(crid, null) ?? crid);
}
