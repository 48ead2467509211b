import type { DnsChallenges } from "./certificates/index.ts";
import type { CloudClient } from "./registration/cloud-client.ts";

/** An authority's questions answered in the cloud's zone. The cloud says done when its name servers have it. */
export function cloudChallenges(client: CloudClient): DnsChallenges {
  return {
    async publish(values, signal) {
      await client.act("challenge", { values: [...values] }, signal);
    },
    async clear() {
      await client.act("challenge", { values: [] }, AbortSignal.timeout(CLEAR_MS));
    },
  };
}

const CLEAR_MS = 30_000;

/** The same answers in several places: each name of a certificate is asked for where it is. */
export function allChallenges(places: readonly DnsChallenges[]): DnsChallenges {
  return {
    async publish(values, signal) {
      await Promise.all(places.map((place) => place.publish(values, signal)));
    },
    async clear() {
      await Promise.all(places.map((place) => place.clear()));
    },
  };
}
