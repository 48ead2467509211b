/** Values of the delivery descriptors by their codes, named as in dtv-scan-tables; null: reserved, or to be found out. */
export type Codes<T> = readonly (T | null)[];

/** Hz. @see EN 300 468 tables 44 and 119 */
export const BANDWIDTHS: Codes<number> = [8_000_000, 7_000_000, 6_000_000, 5_000_000];
export const T2_BANDWIDTHS: Codes<number> = [
  8_000_000, 7_000_000, 6_000_000, 5_000_000, 10_000_000, 1_712_000,
];

/** @see EN 300 468 tables 45 to 49 */
export const CONSTELLATIONS: Codes<string> = ["QPSK", "QAM/16", "QAM/64"];
export const HIERARCHIES: Codes<string> = ["NONE", "1", "2", "4"];
export const CODE_RATES: Codes<string> = ["1/2", "2/3", "3/4", "5/6", "7/8"];
export const GUARD_INTERVALS: Codes<string> = ["1/32", "1/16", "1/8", "1/4"];
export const TRANSMISSION_MODES: Codes<string> = ["2K", "8K", "4K"];

/** @see EN 300 468 tables 120 and 121 */
export const T2_GUARD_INTERVALS: Codes<string> = ["1/32", "1/16", "1/8", "1/4", "1/128", "19/128", "19/256"];
export const T2_TRANSMISSION_MODES: Codes<string> = ["2K", "8K", "4K", "1K", "16K", "32K"];

/** FEC_inner of cable and satellite. @see EN 300 468 table 36 */
export const INNER_FECS: Codes<string> = [
  null,
  "1/2",
  "2/3",
  "3/4",
  "5/6",
  "7/8",
  "8/9",
  "3/5",
  "4/5",
  "9/10",
  null,
  null,
  null,
  null,
  null,
  "NONE",
];

/** @see EN 300 468 table 37 */
export const CABLE_MODULATIONS: Codes<string> = [
  "QAM/AUTO",
  "QAM/16",
  "QAM/32",
  "QAM/64",
  "QAM/128",
  "QAM/256",
];

/** @see EN 300 468 tables 39 to 42 */
export const POLARISATIONS = ["H", "V", "L", "R"] as const;
export const SATELLITE_MODULATIONS: Codes<string> = [null, "QPSK", "PSK/8", "QAM/16"];
export const ROLL_OFFS: Codes<string> = ["35", "25", "20"];

/** Code of a value. @returns null when the table has it not */
export function codeOf<T>(codes: Codes<T>, value: T | undefined): number | null {
  const code = value === undefined ? -1 : codes.indexOf(value);
  return code < 0 ? null : code;
}

/** `{ [name]: value }`, or nothing for a code that says nothing: optional members are absent, not undefined. */
export function member<K extends string, T>(name: K, codes: Codes<T>, code: number): { [P in K]?: T } {
  const value = codes[code] ?? null;
  return value === null ? {} : ({ [name]: value } as { [P in K]?: T });
}
