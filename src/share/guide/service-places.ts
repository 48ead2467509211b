import type { Rank } from "./event-ranks.ts";
import type { Place } from "./stored-event.ts";

const FIELDS = 5;

/** The places of a service's events in 20 bytes each: with them a repetition is known without a look into the database. */
export class ServicePlaces {
  readonly #numbers: Uint32Array;

  constructor(places: readonly Place[]) {
    this.#numbers = new Uint32Array(places.length * FIELDS);
    places.forEach(({ eventId, startsAt, endsAt, digest, timesRank, textsRank }, at) => {
      const from = startsAt / 1000;
      this.#numbers.set(
        [eventId, from, endsAt / 1000 - from, digest, timesRank * 8 + textsRank],
        at * FIELDS,
      );
    });
  }

  list(): Place[] {
    const places: Place[] = [];
    for (let at = 0; at < this.#numbers.length; at += FIELDS) {
      const [eventId = 0, from = 0, duration = 0, digest = 0, ranks = 0] = this.#numbers.subarray(
        at,
        at + FIELDS,
      );
      places.push({
        eventId,
        startsAt: from * 1000,
        endsAt: (from + duration) * 1000,
        digest: digest | 0,
        timesRank: (ranks >> 3) as Rank,
        textsRank: (ranks & 7) as Rank,
      });
    }
    return places;
  }
}
