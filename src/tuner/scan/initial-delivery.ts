import { nearest } from "../../kernel/config/nearest.ts";
import type { Delivery } from "../ports.ts";
import { excerpt, invalid } from "./initial-fault.ts";

/** What a section says, by key in upper case. */
export type Fields = ReadonlyMap<string, { readonly value: string; readonly line: number }>;

type Family = "terrestrial" | "cable" | "satellite" | "atsc" | "fixed";

/** Names of libdvbv5 (and usual short ones). Null: a system that no driver of ours receives. */
const SYSTEMS: Readonly<Record<string, readonly [Delivery["system"], Family] | null>> = {
  DVBT: ["dvbt", "terrestrial"],
  DVBT2: ["dvbt2", "terrestrial"],
  "DVBC/ANNEX_A": ["dvbc", "cable"],
  "DVBC/ANNEX_C": ["dvbc", "cable"],
  "DVBC/ANNEX_B": ["atsc", "atsc"],
  DVBC: ["dvbc", "cable"],
  DVBS: ["dvbs", "satellite"],
  DVBS2: ["dvbs2", "satellite"],
  ISDBT: ["isdbt", "fixed"],
  DTMB: ["dtmb", "fixed"],
  ATSC: ["atsc", "atsc"],
  ISDBS: null,
  ISDBC: null,
  DSS: null,
  DVBH: null,
  ATSCMH: null,
  CMMB: null,
  DAB: null,
  TURBO: null,
  UNDEFINED: null,
};

const POLARISATIONS: Readonly<Record<string, "H" | "V" | "L" | "R">> = {
  HORIZONTAL: "H",
  VERTICAL: "V",
  LEFT: "L",
  RIGHT: "R",
  H: "H",
  V: "V",
  L: "L",
  R: "R",
};

/** What stands for "not said". */
const UNSAID = new Set(["", "AUTO", "QAM/AUTO", "NONE", "4294967295", "-1", "UNKNOWN"]);

/**
 * The delivery parameters of one section.
 * @param at.line of the section's header, where a missing key is reported
 * @returns null for a system that is not received
 * @throws TellyportError `initial-table-invalid`
 */
export function deliveryOf(
  fields: Fields,
  at: { readonly line: number; readonly orbital: string | null },
): Delivery | null {
  const named = fields.get("DELIVERY_SYSTEM");
  if (named === undefined)
    throw invalid(at.line, "DELIVERY_SYSTEM is missing: add DELIVERY_SYSTEM = DVBT or another");
  const name = named.value.toUpperCase();
  const known = Object.hasOwn(SYSTEMS, name) ? SYSTEMS[name] : undefined;
  if (known === undefined) {
    const near = nearest(name, Object.keys(SYSTEMS));
    throw invalid(
      named.line,
      `"${excerpt(named.value)}" is no delivery system: ${near === null ? "write one such as DVBT, DVBT2, DVBC/ANNEX_A, DVBS2" : `did you mean ${near}`}`,
    );
  }
  if (known === null) return null;
  const [system, family] = known;
  const read = reader(fields, at.line);
  switch (family) {
    case "terrestrial":
      return terrestrial(system === "dvbt2" ? "dvbt2" : "dvbt", read);
    case "cable":
      return {
        system: "dvbc",
        frequencyHz: read.number("FREQUENCY", 1_000_000, 2_000_000_000),
        symbolRate: read.number("SYMBOL_RATE", 100_000, 20_000_000),
        modulation: read.text("MODULATION") ?? "QAM/AUTO",
        ...read.some({ innerFec: "INNER_FEC" }),
      };
    case "satellite": {
      const polarisation = read.polarisation();
      const streamId = system === "dvbs2" ? read.optional("STREAM_ID", 1, 255) : null;
      return {
        system: system === "dvbs2" ? "dvbs2" : "dvbs",
        frequencyKHz: read.number("FREQUENCY", 1_000_000, 50_000_000),
        symbolRate: read.number("SYMBOL_RATE", 100_000, 100_000_000),
        polarisation,
        orbital: at.orbital,
        ...read.some({ modulation: "MODULATION", innerFec: "INNER_FEC", rollOff: "ROLLOFF" }),
        ...(streamId !== null && { streamId }),
      };
    }
    case "atsc":
      return {
        system: "atsc",
        frequencyHz: read.number("FREQUENCY", 1_000_000, 2_000_000_000),
        modulation: read.text("MODULATION") ?? (name === "ATSC" ? "VSB/8" : "QAM/256"),
      };
    case "fixed": {
      const usual = system === "isdbt" ? 6_000_000 : 8_000_000;
      return {
        system: system === "isdbt" ? "isdbt" : "dtmb",
        frequencyHz: read.number("FREQUENCY", 1_000_000, 2_000_000_000),
        bandwidthHz: read.optional("BANDWIDTH_HZ", 1_000_000, 20_000_000) ?? usual,
      };
    }
  }
}

function terrestrial(system: "dvbt" | "dvbt2", read: Reader): Delivery {
  const plp =
    system === "dvbt2" ? (read.optional("STREAM_ID", 0, 255) ?? read.optional("PLP_ID", 0, 255)) : null;
  return {
    system,
    frequencyHz: read.number("FREQUENCY", 1_000_000, 2_000_000_000),
    bandwidthHz: read.optional("BANDWIDTH_HZ", 1_000_000, 20_000_000) ?? 8_000_000,
    plp,
    ...read.some({
      modulation: "MODULATION",
      transmissionMode: "TRANSMISSION_MODE",
      guardInterval: "GUARD_INTERVAL",
      codeRateHp: "CODE_RATE_HP",
      codeRateLp: "CODE_RATE_LP",
      hierarchy: "HIERARCHY",
    }),
  };
}

type Reader = ReturnType<typeof reader>;

function reader(fields: Fields, header: number) {
  const text = (key: string): string | undefined => {
    const value = fields.get(key)?.value.toUpperCase();
    return value === undefined || UNSAID.has(value) ? undefined : value;
  };
  const optional = (key: string, least: number, most: number): number | null => {
    const value = text(key);
    // Stream 0 is what the files write where there is only one.
    if (value === undefined || (value === "0" && least > 0)) return null;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most)
      throw invalid(
        fields.get(key)?.line ?? header,
        `${key} is "${excerpt(value)}": write a whole number from ${least} to ${most}`,
      );
    return number;
  };
  return {
    text,
    optional,
    number(key: string, least: number, most: number): number {
      const value = optional(key, least, most);
      if (value === null)
        throw invalid(fields.get(key)?.line ?? header, `${key} is missing: add ${key} = number`);
      return value;
    },
    /** Those of the keys that say something. */
    some<Name extends string>(keys: Readonly<Record<Name, string>>): Partial<Record<Name, string>> {
      const out: Partial<Record<Name, string>> = {};
      for (const [name, key] of Object.entries<string>(keys)) {
        const value = text(key);
        if (value !== undefined) out[name as Name] = value;
      }
      return out;
    },
    polarisation(): "H" | "V" | "L" | "R" {
      const field = fields.get("POLARIZATION");
      const known = POLARISATIONS[field?.value.toUpperCase() ?? ""];
      if (known !== undefined) return known;
      throw invalid(
        field?.line ?? header,
        `POLARIZATION is ${field === undefined ? "missing" : `"${excerpt(field.value)}"`}: write HORIZONTAL, VERTICAL, LEFT or RIGHT`,
      );
    },
  };
}
