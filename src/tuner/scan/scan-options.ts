import type { ScanOptions } from "../../protocol/api.ts";
import type { Delivery, Multiplex } from "../ports.ts";
import { cableCountries, plannedCountries } from "./country-plans.ts";
import type { Broadcast } from "./same-multiplex.ts";

/** One of each system, to ask tuners whether they could receive it: a front end accepts by system. */
const EXAMPLES: readonly Broadcast[] = [
  { system: "dvbt", frequencyHz: 474_000_000, bandwidthHz: 8_000_000, plp: null },
  { system: "dvbt2", frequencyHz: 474_000_000, bandwidthHz: 8_000_000, plp: null },
  { system: "dvbc", frequencyHz: 474_000_000, symbolRate: 6_900_000, modulation: "QAM/AUTO" },
  { system: "dvbs", frequencyKHz: 11_493_750, symbolRate: 22_000_000, polarisation: "H", orbital: null },
  { system: "dvbs2", frequencyKHz: 11_493_750, symbolRate: 22_000_000, polarisation: "H", orbital: null },
  { system: "isdbt", frequencyHz: 473_142_857, bandwidthHz: 6_000_000 },
  { system: "dtmb", frequencyHz: 474_000_000, bandwidthHz: 8_000_000 },
  { system: "atsc", frequencyHz: 473_000_000, modulation: "VSB/8" },
];

/**
 * What a scan can begin with.
 * @param known multiplexes that the box knows
 * @param services how many it knows
 * @param accepts whether a tuner that is there could receive a multiplex
 */
export function scanOptions(
  known: readonly Multiplex[],
  services: number,
  accepts: (multiplex: Multiplex) => boolean,
): ScanOptions {
  const orbitals = known.map(({ delivery }) => orbitalOf(delivery)).filter((one) => one !== null);
  // A dish that is named accepts its own position alone.
  const isReceived = (delivery: Broadcast): boolean =>
    [null, ...orbitals].some((orbital) =>
      accepts({ id: "example", delivery: "orbital" in delivery ? { ...delivery, orbital } : delivery }),
    );
  return {
    systems: EXAMPLES.filter(isReceived).map(({ system }) => system),
    countries: plannedCountries(),
    cable: cableCountries(),
    satellites: [...new Set(orbitals)].sort((a, b) => Number.parseFloat(a) - Number.parseFloat(b)),
    multiplexes: known.length,
    services,
  };
}

function orbitalOf(delivery: Delivery): string | null {
  return "orbital" in delivery ? delivery.orbital : null;
}
