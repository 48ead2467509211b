import { LONGEST_GUESS } from "../now-next.ts";
import { importedEventId } from "./imported-event.ts";
import type { XmltvProgramme } from "./xmltv-reader.ts";

/** Programmes of one channel at most. */
const MOST = 4000;

/** A programme whose end is known. */
export interface Ended {
  readonly programme: XmltvProgramme;
  readonly endsAt: number;
}

/**
 * Starts of the programmes of one channel: a programme without an end lasts until the next one. That is right for a listing in the
 * order of time, either way; of one in no order only what came before is known, so that nothing need be held to the end.
 */
export class ChannelStarts {
  /** Of all programmes that came. */
  readonly eventIds: number[] = [];
  /** Epoch ms; of those with an end. */
  first = Infinity;
  last = -Infinity;
  /** Some begin before others have ended: a loose edge, as broadcasters have them. */
  overlaps = false;
  /** The latest start of all has no next one yet. */
  #open: XmltvProgramme | null = null;
  #latest = -Infinity;
  #latestEnd = -Infinity;

  /** @returns programmes whose end is known now, in no order */
  add(programme: XmltvProgramme): Ended[] {
    const { startsAt } = programme;
    if (this.eventIds.length >= MOST) return [];
    this.eventIds.push(importedEventId(startsAt));
    const ended: Ended[] = [];
    const end = (one: XmltvProgramme, endsAt: number): void => {
      if (one.endsAt === null && endsAt - one.startsAt > LONGEST_GUESS) return;
      this.first = Math.min(this.first, one.startsAt);
      this.last = Math.max(this.last, one.startsAt);
      this.overlaps ||= one.startsAt < this.#latestEnd;
      this.#latestEnd = Math.max(this.#latestEnd, endsAt);
      ended.push({ programme: one, endsAt });
    };
    if (this.#open !== null && startsAt > this.#open.startsAt) {
      end(this.#open, startsAt);
      this.#open = null;
    }
    if (programme.endsAt !== null) end(programme, programme.endsAt);
    else if (startsAt >= this.#latest) this.#open = programme;
    else {
      const id = importedEventId(startsAt);
      let next = Infinity;
      for (const other of this.eventIds) if (other > id && other < next) next = other;
      if (next < Infinity) end(programme, next * 1000);
    }
    this.#latest = Math.max(this.#latest, startsAt);
    return ended;
  }
}
