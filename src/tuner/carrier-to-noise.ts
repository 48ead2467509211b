import type { Delivery } from "./ports.ts";

/**
 * How much carrier to noise a multiplex needs for a picture without errors: what the standards give for each modulation and code
 * rate, and for what is not known the mode that broadcasters of that system use most.
 */

type Rates = Readonly<Record<string, number>>;

/** Rice channel, with the loss of a real receiver. @see EN 300 744 annex A */
const DVBT: Readonly<Record<string, Rates>> = {
  QPSK: { "1/2": 3.6, "2/3": 5.7, "3/4": 6.8, "5/6": 8.0, "7/8": 8.7 },
  "QAM/16": { "1/2": 9.6, "2/3": 11.6, "3/4": 13.0, "5/6": 14.4, "7/8": 15.0 },
  "QAM/64": { "1/2": 14.7, "2/3": 17.1, "3/4": 18.6, "5/6": 20.0, "7/8": 21.0 },
};
/** Rice channel, FEC frames of 64 800 bits. @see ETSI TS 102 831 table 46 */
const DVBT2: Readonly<Record<string, Rates>> = {
  QPSK: { "1/2": 1.2, "3/5": 2.5, "2/3": 3.4, "3/4": 4.4, "4/5": 5.1, "5/6": 5.6 },
  "QAM/16": { "1/2": 6.2, "3/5": 7.8, "2/3": 9.1, "3/4": 10.4, "4/5": 11.3, "5/6": 11.9 },
  "QAM/64": { "1/2": 10.2, "3/5": 12.3, "2/3": 13.8, "3/4": 15.5, "4/5": 16.6, "5/6": 17.4 },
  "QAM/256": { "1/2": 13.6, "3/5": 16.3, "2/3": 18.1, "3/4": 20.4, "4/5": 21.8, "5/6": 22.6 },
};
/** For 2·10⁻⁴ before the Reed-Solomon decoder. @see EN 300 429 */
const DVBC: Rates = { "QAM/16": 17, "QAM/32": 20, "QAM/64": 23, "QAM/128": 26, "QAM/256": 29 };
/** From Eb/N0 of 4.5 to 6.4 dB, per symbol. @see EN 300 421 table 3 */
const DVBS: Rates = { "1/2": 4.1, "2/3": 5.9, "3/4": 6.9, "5/6": 7.9, "7/8": 8.5 };
/** Es/N0, ideal. @see EN 302 307-1 table 13 */
const DVBS2: Readonly<Record<string, Rates>> = {
  QPSK: {
    "1/4": -2.4,
    "1/3": -1.2,
    "2/5": -0.3,
    "1/2": 1.0,
    "3/5": 2.2,
    "2/3": 3.1,
    "3/4": 4.0,
    "4/5": 4.7,
    "5/6": 5.2,
    "8/9": 6.2,
    "9/10": 6.4,
  },
  "PSK/8": { "3/5": 5.5, "2/3": 6.6, "3/4": 7.9, "5/6": 9.4, "8/9": 10.7, "9/10": 11.0 },
  "APSK/16": { "2/3": 9.0, "3/4": 10.2, "4/5": 11.0, "5/6": 11.6, "8/9": 12.9, "9/10": 13.1 },
  "APSK/32": { "3/4": 12.7, "4/5": 13.6, "5/6": 14.3, "8/9": 15.7, "9/10": 16.1 },
};
/** What receivers lose against the ideal of a table, dB. */
const IMPLEMENTATION = 1;

/** dB; null for what has no carrier. */
export function neededCnr(delivery: Delivery): number | null {
  switch (delivery.system) {
    case "dvbt":
      return rateOf(DVBT, delivery.modulation, delivery.codeRateHp, "QAM/64", "3/4");
    case "dvbt2":
      return rateOf(DVBT2, delivery.modulation, delivery.codeRateHp, "QAM/256", "2/3") + IMPLEMENTATION;
    case "dvbc":
      return DVBC[delivery.modulation] ?? DVBC["QAM/256"]!;
    case "dvbs":
      return DVBS[delivery.innerFec ?? ""] ?? DVBS["3/4"]!;
    case "dvbs2":
      return rateOf(DVBS2, delivery.modulation, delivery.innerFec, "PSK/8", "2/3") + IMPLEMENTATION;
    case "dtmb":
      // 64-QAM with code rate 0.6, the mode of most cities. @see GB 20600
      return 16;
    case "isdbt":
      // 64-QAM 3/4 of layer B. @see ARIB STD-B31 annex
      return 20.1;
    case "atsc":
      // Threshold of visibility over the air; for cable ITU-T J.83 annex B. @see ATSC A/53, A/74
      if (delivery.modulation.startsWith("QAM")) return delivery.modulation === "QAM/64" ? 22 : 28;
      return 15.2;
    case "file":
    case "mock":
    case "hdhomerun":
    case "http":
    case "udp":
    case "rtp":
      return null;
  }
}

/** Of an unknown modulation the usual one; of an unknown code rate the usual one, where the modulation has it. */
function rateOf(
  table: Readonly<Record<string, Rates>>,
  modulation: string | undefined,
  rate: string | undefined,
  usual: string,
  usualRate: string,
): number {
  const rates = table[modulation ?? usual] ?? table[usual]!;
  return rates[rate ?? usualRate] ?? rates[usualRate] ?? Math.max(...Object.values(rates));
}
