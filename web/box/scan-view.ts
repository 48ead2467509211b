import type { ScanOptions, ScanRequest } from "../../src/protocol/api.ts";

/** What may be scanned, and how long it still takes: pure. */

export type Where = "known" | "air" | "cable" | "satellite";

const AIR = ["dvbt", "dvbt2", "isdbt", "dtmb", "atsc"];
const SATELLITE = ["dvbs", "dvbs2"];

/** What the tuners that are there can scan; nothing where they know by themselves what they receive. */
export function placesToScan({ systems, multiplexes }: ScanOptions): Where[] {
  const has = (some: readonly string[]): boolean => some.some((system) => systems.includes(system));
  return [
    ...(multiplexes > 0 ? (["known"] as const) : []),
    ...(has(AIR) ? (["air"] as const) : []),
    ...(has(["dvbc"]) || has(["atsc"]) ? (["cable"] as const) : []),
    ...(has(SATELLITE) ? (["satellite"] as const) : []),
  ];
}

export interface ScanChoice {
  readonly where: Where | null;
  /** ISO 3166-1; null: none is chosen. */
  readonly country: string | null;
  /** `19.2E`; null: none is chosen. */
  readonly satellite: string | null;
  /** Text of a file; null: none is chosen. */
  readonly initial: string | null;
}

/** What is asked of the box; null while something is missing. */
export function scanRequest({ where, country, satellite, initial }: ScanChoice): ScanRequest | null {
  switch (where) {
    case "known":
      return {};
    case "air":
      return country === null ? null : { country };
    case "cable":
      return country === null ? null : { country, system: "cable" };
    case "satellite":
      if (initial !== null) return { initial };
      return satellite === null ? null : { satellite };
    case null:
      return null;
  }
}

/** So much must be done before the rest can be guessed, percent, and so long it must have taken, ms. */
const ENOUGH = { percent: 3, elapsed: 5000 };

/** Milliseconds until it is done, if it goes on as it went; null: too early to say. */
export function timeLeft(percent: number, elapsed: number): number | null {
  if (percent < ENOUGH.percent || elapsed < ENOUGH.elapsed || percent >= 100) return null;
  return (elapsed / percent) * (100 - percent);
}

/** The viewer's own country, if it has a plan: by the region of the browser's languages. */
export function ownCountry(languages: readonly string[], countries: readonly string[]): string | null {
  for (const language of languages) {
    const region = /-([A-Z]{2})\b/.exec(language)?.[1];
    if (region !== undefined && countries.includes(region)) return region;
  }
  return null;
}
