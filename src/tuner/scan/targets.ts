import { TellyportError } from "../../kernel/errors.ts";
import type { Multiplex } from "../ports.ts";
import { cablePlan, countryPlan, plannedCountries, type PlanSystem } from "./country-plans.ts";
import { parseInitialTables } from "./initial-tables.ts";
import { isBroadcast, nameMultiplex, type Broadcast } from "./same-multiplex.ts";

/** Where a scan begins. Nothing said: at what is known. */
export interface ScanTarget {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined;
  /** Only this; `cable` is the country's. */
  readonly system?: ScanSystem | undefined;
  /** Orbital position such as `19.2E`. */
  readonly satellite?: string | undefined;
  /** Initial tuning data, see {@link parseInitialTables}. */
  readonly initial?: string | undefined;
}
export const SCAN_SYSTEMS = ["dvbt", "dvbt2", "dvbc", "dvbs", "dvbs2", "isdbt", "dtmb", "atsc"] as const;
export type ScanSystem = (typeof SCAN_SYSTEMS)[number] | "cable";

/**
 * The multiplexes to begin with.
 * @param known what the box knows, from its tuners and from earlier scans
 * @throws TellyportError `scan-target-unknown`, `initial-table-invalid`
 */
export function scanTargets(target: ScanTarget, known: readonly Multiplex[]): readonly Multiplex[] {
  const orbital = target.satellite === undefined ? null : orbitalOf(target.satellite);
  const wanted = (delivery: Multiplex["delivery"]): boolean =>
    (target.system === undefined || target.system === "cable" || delivery.system === target.system) &&
    (orbital === null || !("orbital" in delivery) || delivery.orbital === orbital);
  if (target.initial !== undefined) {
    const { multiplexes } = parseInitialTables(target.initial, { orbital });
    const deliveries = multiplexes.map(({ delivery }) => delivery).filter(isBroadcast);
    return someOf(
      deliveries.filter(wanted),
      "The initial data name no multiplex of that system: leave --system away.",
    );
  }
  if (target.country !== undefined) return someOf(planOf(target.country, target.system), noPlan(target));
  const some = known.filter(
    ({ delivery }) => wanted(delivery) && (orbital === null || "orbital" in delivery),
  );
  if (some.length > 0) return some;
  throw new TellyportError(
    "scan-target-unknown",
    orbital !== null
      ? `Nothing is known of ${orbital} yet: give initial data of that satellite with --initial FILE (one transponder is enough, the rest is found).`
      : "The box knows no multiplex yet: give a country with --country, or initial data with --initial FILE.",
  );
}

/** Why a country and a system are nothing that can be scanned, with the way on; null: they are. Empty and `any`: not said. */
export function checkTarget({ country, system }: { country: string; system: string }): string | null {
  if (country === "") return null;
  const named = [...SCAN_SYSTEMS, "cable" as const].find((one) => one === system);
  if (named === "dvbs" || named === "dvbs2") return null;
  if (planOf(country, named).length > 0) return null;
  const countries = plannedCountries();
  const code = country.toUpperCase();
  if (countries.includes(code)) return `there is no plan of ${system} in ${code}: leave scan.system away`;
  const meant = code === "UK" ? "GB" : null;
  return meant === null
    ? `there is no frequency plan for ${country} (there are ${countries.join(", ")})`
    : `there is no frequency plan for ${country}: did you mean ${meant}?`;
}

function planOf(country: string, system: ScanTarget["system"]): readonly Broadcast[] {
  switch (system) {
    case "cable":
      return cablePlan(country);
    case "dvbs":
    case "dvbs2":
      throw new TellyportError(
        "scan-target-unknown",
        "Satellites have no country: name one with --satellite 19.2E and give its initial data with --initial FILE.",
      );
    default:
      return countryPlan(country, system satisfies PlanSystem | undefined);
  }
}

function noPlan({ country = "", system }: ScanTarget): string {
  const code = country.toUpperCase();
  const countries = plannedCountries();
  if (countries.includes(code))
    return `There is no frequency plan for ${system ?? "any system"} in ${code}: leave --system away, or give initial data with --initial FILE.`;
  // Two letters are near to those of any country; this one is written for another.
  const meant = code === "UK" ? " (did you mean GB?)" : "";
  return `There is no frequency plan for "${country}"${meant}: write a country's two letters, such as FR, or give initial data with --initial FILE.`;
}

function someOf(deliveries: readonly Broadcast[], message: string): Multiplex[] {
  if (deliveries.length === 0) throw new TellyportError("scan-target-unknown", message);
  const taken = new Set<string>();
  return deliveries.map((delivery) => {
    const id = nameMultiplex(delivery, taken);
    taken.add(id);
    return { id, delivery };
  });
}

/** `19.2E` of what a person writes: `19.2e`, `S19.2E`, `5W`. @throws TellyportError `scan-target-unknown` */
export function orbitalOf(text: string): string {
  const match = /^S?(\d{1,3})(?:[.,](\d))?°?\s*([EW])$/i.exec(text.trim());
  const degrees = Number(`${match?.[1] ?? ""}.${match?.[2] ?? "0"}`);
  if (match === null || degrees > 180)
    throw new TellyportError(
      "scan-target-unknown",
      `"${text}" is no orbital position: write one such as 19.2E or 5.0W.`,
    );
  return `${degrees.toFixed(1)}${(match[3] ?? "").toUpperCase()}`;
}
