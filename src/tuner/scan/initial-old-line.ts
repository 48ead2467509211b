import type { Fields } from "./initial-delivery.ts";

/** What each column says, by the first word of the line. */
const COLUMNS: Readonly<Record<string, readonly [system: string, ...keys: string[]]>> = {
  T: [
    "DVBT",
    "FREQUENCY",
    "BANDWIDTH_HZ",
    "CODE_RATE_HP",
    "CODE_RATE_LP",
    "MODULATION",
    "TRANSMISSION_MODE",
    "GUARD_INTERVAL",
    "HIERARCHY",
  ],
  T2: [
    "DVBT2",
    "FREQUENCY",
    "BANDWIDTH_HZ",
    "CODE_RATE_HP",
    "CODE_RATE_LP",
    "MODULATION",
    "TRANSMISSION_MODE",
    "GUARD_INTERVAL",
    "HIERARCHY",
    "STREAM_ID",
  ],
  C: ["DVBC/ANNEX_A", "FREQUENCY", "SYMBOL_RATE", "INNER_FEC", "MODULATION"],
  S: ["DVBS", "FREQUENCY", "POLARIZATION", "SYMBOL_RATE", "INNER_FEC"],
  S1: ["DVBS", "FREQUENCY", "POLARIZATION", "SYMBOL_RATE", "INNER_FEC"],
  S2: ["DVBS2", "FREQUENCY", "POLARIZATION", "SYMBOL_RATE", "INNER_FEC", "ROLLOFF", "MODULATION"],
  A: ["ATSC", "FREQUENCY", "MODULATION"],
};

const MODULATIONS: Readonly<Record<string, string>> = {
  "8VSB": "VSB/8",
  "16VSB": "VSB/16",
  "8PSK": "PSK/8",
  "16APSK": "APSK/16",
  "32APSK": "APSK/32",
};
const ROLL_OFFS: Readonly<Record<string, string>> = { "0.35": "35", "0.25": "25", "0.20": "20", "0.2": "20" };

/**
 * One line of the format before dvbv5, which had a line for a multiplex: `S 10714250 H 22000000 5/6`.
 * @returns null when it is none
 */
export function fieldsOfOldLine(content: string, line: number): Fields | null {
  const [word = "", ...values] = content.split(/\s+/);
  const columns = Object.hasOwn(COLUMNS, word) ? COLUMNS[word] : undefined;
  if (columns === undefined || values.length === 0) return null;
  const [system, ...keys] = columns;
  const fields = new Map([["DELIVERY_SYSTEM", { value: system, line }]]);
  for (const [index, key] of keys.entries()) {
    const value = values[index];
    if (value !== undefined) fields.set(key, { value: newName(key, value), line });
  }
  // American cable stands in the same lines as its antennas.
  if (word === "A" && /^QAM/.test(fields.get("MODULATION")?.value ?? ""))
    fields.set("DELIVERY_SYSTEM", { value: "DVBC/ANNEX_B", line });
  return fields;
}

function newName(key: string, value: string): string {
  switch (key) {
    case "BANDWIDTH_HZ": {
      const megahertz = /^([\d.]+)MHz$/i.exec(value);
      return megahertz === null ? value : String(Math.round(Number(megahertz[1]) * 1_000_000));
    }
    case "MODULATION":
      return MODULATIONS[value] ?? value.replace(/^QAM(?=\d|AUTO)/, "QAM/");
    case "ROLLOFF":
      return ROLL_OFFS[value] ?? value;
    default:
      return value;
  }
}
