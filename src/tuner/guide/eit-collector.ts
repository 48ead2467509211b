import type { GuideEvent } from "../ports.ts";
import { SeenSections } from "../seen-sections.ts";
import { decodeEit } from "../si/eit.ts";

/** Guide events that wait to be taken; beyond it sections are left for their next repetition. */
const MAX_WAITING_EVENTS = 2000;

/** What the EIT of one multiplex says. Pure: sections in, events out. @see EN 300 468 §5.2.4 */
export class EitCollector {
  readonly #seen = new SeenSections();
  /** Sections of present/following seen, by service; a bit each. */
  readonly #presentFollowing = new Map<number, { seen: number; all: number }>();
  #events: GuideEvent[] = [];

  /** Takes events decoded since the last call, at most `limit`. */
  take(limit: number): GuideEvent[] {
    return this.#events.splice(0, limit);
  }

  /** Present/following of a service of this transport stream was seen whole. */
  hasPresentFollowing(serviceId: number): boolean {
    const sections = this.#presentFollowing.get(serviceId);
    return sections !== undefined && (sections.seen & sections.all) === sections.all;
  }

  /** @param section whole and checked; not kept */
  push(section: Buffer): void {
    if (this.#events.length > MAX_WAITING_EVENTS || !this.#seen.isNew(section)) return;
    const eit = decodeEit(section);
    if (eit === null || !eit.current) return;
    if (eit.actual && !eit.schedule) {
      const seen = (this.#presentFollowing.get(eit.serviceId)?.seen ?? 0) | (1 << (eit.sectionNumber & 31));
      const all = 2 ** (Math.min(eit.lastSectionNumber, 30) + 1) - 1;
      this.#presentFollowing.set(eit.serviceId, { seen, all });
    }
    const { originalNetworkId, transportStreamId, serviceId } = eit;
    for (const event of eit.events) {
      if (event.startsAt === null) continue;
      this.#events.push({
        service: { originalNetworkId, transportStreamId, serviceId },
        eventId: event.eventId,
        startsAt: event.startsAt,
        endsAt: event.startsAt + event.durationMs,
        title: event.title,
        description: event.description,
        language: event.language,
      });
    }
  }
}
