import type { Tuners } from "../../tuner/ports.ts";

/**
 * Ids of the multiplexes that come in well and that somebody uses anyway. One that only lingers is left out: each still
 * would hold its tuner for a while longer, and so for ever.
 */
export function receivedNow(tuners: Pick<Tuners, "snapshot">): Set<string> {
  return new Set(
    tuners
      .snapshot()
      .flatMap(({ state, multiplex, consumers }) =>
        state === "streaming" && multiplex !== null && consumers.length > 0 ? [multiplex] : [],
      ),
  );
}
