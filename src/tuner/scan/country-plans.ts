import type { Broadcast } from "./same-multiplex.ts";

/** Systems that a country's plan lists channels for; satellites have no countries. */
export const PLAN_SYSTEMS = ["dvbt", "dvbt2", "dvbc", "isdbt", "dtmb", "atsc"] as const;
export type PlanSystem = (typeof PLAN_SYSTEMS)[number];

/** Channels at equal distances: centre of the first, MHz, their distance, MHz, and how many. */
type Raster = readonly [first: number, step: number, count: number];

// Band III and bands IV and V, by the plans of ITU region 1 (GE06), of the Americas and their followers, of China and Australia.
const VHF_7: Raster = [177.5, 7, 8];
/** Eastern Europe's channels R6 to R12. */
const VHF_8: Raster = [178, 8, 7];
/** Channels 21 to 48, what is left to broadcasting below 694 MHz. */
const UHF_694: Raster = [474, 8, 28];
/** Channels 21 to 60, below 790 MHz. */
const UHF_790: Raster = [474, 8, 40];
/** American channels 7 to 13. */
const US_VHF: Raster = [177, 6, 7];
/** American channels 14 to 36, below 608 MHz, and to 51. */
const US_UHF_608: Raster = [473, 6, 23];
const US_UHF_698: Raster = [473, 6, 38];

interface Band {
  readonly rasters: readonly Raster[];
  readonly bandwidthMHz: number;
  /** How far the centres lie above the raster, Hz. */
  readonly offsetHz?: number;
}

const EUROPE: Band = { rasters: [UHF_694], bandwidthMHz: 8 };
const EUROPE_VHF: Band = { rasters: [VHF_7], bandwidthMHz: 7 };
const EAST_VHF: Band = { rasters: [VHF_8], bandwidthMHz: 8 };
const WIDE_UHF: Band = { rasters: [UHF_790], bandwidthMHz: 8 };
const AUSTRALIA: Band = { rasters: [VHF_7, [529.5, 7, 24]], bandwidthMHz: 7 };
const SIX_MHZ: Band = { rasters: [US_VHF, US_UHF_698], bandwidthMHz: 6 };
/** ISDB-T's centres lie a seventh of a megahertz above. @see ARIB STD-B31 */
const JAPAN: Band = { rasters: [[473, 6, 40]], bandwidthMHz: 6, offsetHz: 142_857 };
const ISDB_AMERICA: Band = { rasters: [US_VHF, US_UHF_698], bandwidthMHz: 6, offsetHz: 142_857 };
/** Channels 6 to 12, 13 to 24 and 25 to 48. @see GB 20600 */
const CHINA: Band = {
  rasters: [
    [171, 8, 7],
    [474, 8, 12],
    [610, 8, 24],
  ],
  bandwidthMHz: 8,
};

/** ISO 3166-1 codes by what is on air there. */
const TERRESTRIAL: readonly (readonly [
  systems: readonly PlanSystem[],
  bands: readonly Band[],
  countries: string,
])[] = [
  [
    ["dvbt", "dvbt2"],
    [EUROPE],
    "AD AT BE BG CH CY CZ DE EE ES FR GB GE GI GR HU IE IS LI LT LV MC MD NL NO PT RO SK SM TR VA",
  ],
  [["dvbt", "dvbt2"], [EUROPE, EUROPE_VHF], "AL BA DK FI HR IT LU ME MK MT PL RS SE SI XK"],
  [["dvbt", "dvbt2"], [EUROPE, EAST_VHF], "AM AZ BY KG KZ RU TJ TM UA UZ"],
  [
    ["dvbt", "dvbt2"],
    [WIDE_UHF],
    "AE AF BH DZ EG ET GH ID IL IN IQ IR JO KE KW LB LY MA MM MN MY MZ NA NG NZ OM QA RW SA SD SG SN SY TH TN TZ UG VN YE ZA ZM ZW",
  ],
  [["dvbt", "dvbt2"], [AUSTRALIA], "AU"],
  [["dvbt", "dvbt2"], [SIX_MHZ], "CO PA TT TW"],
  [["isdbt"], [JAPAN], "JP"],
  [["isdbt"], [ISDB_AMERICA], "AR BO BR CL CR EC GT HN NI PE PH PY SV UY VE"],
  [["dtmb"], [CHINA], "CN"],
  [["dtmb"], [WIDE_UHF], "HK MO"],
  [
    ["atsc"],
    [{ rasters: [[57, 6, 3], [79, 6, 2], US_VHF, US_UHF_608], bandwidthMHz: 6 }],
    "BS CA DO MX PR US VI",
  ],
  [["atsc"], [SIX_MHZ], "KR"],
];

/** Europe's cables: 8 MHz channels from 110 to 862 MHz. Home channels of the operators are among them. */
const CABLE_EUROPE: readonly Raster[] = [[114, 8, 94]];
const CABLE_CHINA: readonly Raster[] = [
  [115, 8, 45],
  [474, 8, 49],
];
/** Channels 2 to 135 of the American cable plan. @see EIA/CEA-542 */
const CABLE_AMERICA: readonly Raster[] = [
  [57, 6, 3],
  [79, 6, 2],
  [93, 6, 21],
  [219, 6, 72],
  [651, 6, 36],
];
const CABLE: readonly (readonly [
  symbolRates: readonly number[],
  modulation: string,
  rasters: readonly Raster[],
  countries: string,
])[] = [
  [
    [6_900_000],
    "QAM/AUTO",
    CABLE_EUROPE,
    "AT BE BG CH CZ DE EE ES FR GB GR HR HU IE IT LT LU LV MT PL PT RO RS SI SK TR UA",
  ],
  [[6_875_000], "QAM/AUTO", CABLE_EUROPE, "DK FI IN NL NO RU SE"],
  [[6_875_000], "QAM/64", CABLE_CHINA, "CN"],
];
const AMERICAN_CABLE = "CA MX US";

const within = (countries: string, country: string): boolean => countries.split(" ").includes(country);

/** Every country with a plan of its cables, in alphabetical order. */
export function cableCountries(): string[] {
  const rows = [...CABLE.map((row) => row.at(-1) as string), AMERICAN_CABLE];
  return [...new Set(rows.flatMap((countries) => countries.split(" ")))].sort();
}

/** Every country with a plan, ISO 3166-1 alpha-2, in alphabetical order. */
export function plannedCountries(): string[] {
  return [...TERRESTRIAL, ...CABLE]
    .flatMap((row) => (row.at(-1) as string).split(" "))
    .filter((one, i, all) => all.indexOf(one) === i)
    .sort();
}

/**
 * Every frequency at which a country's broadcasters may be, by system; cable only when it is asked for.
 * @param country ISO 3166-1 alpha-2
 * @param system default: those on air
 * @returns none when there is no plan
 */
export function countryPlan(country: string, system?: PlanSystem): readonly Broadcast[] {
  const code = country.toUpperCase();
  const plan: Broadcast[] = [];
  for (const [systems, bands, countries] of TERRESTRIAL)
    if (within(countries, code))
      for (const band of bands)
        for (const frequencyHz of frequencies(band.rasters, band.offsetHz))
          for (const one of systems)
            if (system === undefined || one === system)
              plan.push(onAir(one, frequencyHz, band.bandwidthMHz * 1_000_000));
  if (system === "dvbc")
    for (const [symbolRates, modulation, rasters, countries] of CABLE)
      if (within(countries, code))
        for (const symbolRate of symbolRates)
          for (const frequencyHz of frequencies(rasters))
            plan.push({ system: "dvbc", frequencyHz, symbolRate, modulation });
  return plan;
}

/** American cable has the system of the aerials, and another modulation. */
export function cablePlan(country: string): readonly Broadcast[] {
  if (!within(AMERICAN_CABLE, country.toUpperCase())) return countryPlan(country, "dvbc");
  return [...frequencies(CABLE_AMERICA)].map((frequencyHz) => ({
    system: "atsc",
    frequencyHz,
    modulation: "QAM/256",
  }));
}

function* frequencies(rasters: readonly Raster[], offsetHz = 0): Generator<number, void, void> {
  for (const [first, step, count] of rasters)
    for (let index = 0; index < count; index++)
      yield Math.round((first + step * index) * 1_000_000) + offsetHz;
}

function onAir(system: PlanSystem, frequencyHz: number, bandwidthHz: number): Broadcast {
  switch (system) {
    case "dvbt":
    case "dvbt2":
      return { system, frequencyHz, bandwidthHz, plp: null };
    case "atsc":
      return { system, frequencyHz, modulation: "VSB/8" };
    case "isdbt":
    case "dtmb":
      return { system, frequencyHz, bandwidthHz };
    case "dvbc":
      throw new RangeError("cable has rows of its own");
  }
}
