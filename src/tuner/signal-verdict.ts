import { neededCnr } from "./carrier-to-noise.ts";
import type { Delivery, Signal } from "./ports.ts";

export type SignalLevel = "none" | "poor" | "fair" | "good";

/** Why a signal is what it is; phones translate it. */
export type SignalVerdictCode =
  /** No lock. */
  | "no-signal"
  /** Below what the picture needs. */
  | "too-weak"
  /** Just above it. */
  | "barely-enough"
  | "enough"
  | "strong"
  /** There is power enough, and yet there are errors: interference, an overdriven amplifier, a bad plug. */
  | "errors"
  /** The device says nothing about it, or there is no carrier that could be weak. */
  | "received";

/** What a signal means for the picture. */
export interface SignalVerdict {
  readonly level: SignalLevel;
  readonly code: SignalVerdictCode;
  /** For people, in English: `weak: 12 dB, picture will break`. */
  readonly text: string;
  /** dB above what is needed, below when negative; null where it is not known. */
  readonly margin: number | null;
}

/** Above what is needed, dB: less breaks with the next shower, more stands bad weather and an ageing cable. */
const MARGIN = { fair: 1, good: 4 } as const;
/**
 * Bit error ratio behind the inner decoder. Up to the first the outer decoder mends everything (quasi error free), for convolutional
 * codes; where LDPC decodes, hardly any error is left and the same limits are kind. @see EN 300 744 annex A, EN 300 421 §5.4
 */
const ERRORS = { broken: 2e-4, doubtful: 1e-5 } as const;
/** Relative values, 0 to 1; each maker's scale is another. */
const QUALITY = { fair: 0.4, good: 0.65 } as const;
/** dBm at the tuner's input, where that is all that is known. @see NorDig Unified §3.4 (terrestrial), IEC 60728-1 (cable, satellite) */
const STRENGTH: Readonly<Record<"terrestrial" | "cable" | "satellite", { fair: number; good: number }>> = {
  terrestrial: { fair: -78, good: -68 },
  cable: { fair: -62, good: -56 },
  satellite: { fair: -65, good: -58 },
};

/** Judges a signal by the best of what the device tells: carrier to noise, else a relative quality, else its strength; then its errors. */
export function judgeSignal(signal: Signal, delivery: Delivery): SignalVerdict {
  if (!signal.locked) return unlocked(signal, delivery);
  const verdict =
    ofCarrier(signal, delivery) ?? ofQuality(signal) ?? ofStrength(signal, delivery) ?? received();
  return withErrors(verdict, signal);
}

function unlocked(signal: Signal, delivery: Delivery): SignalVerdict {
  const strength = signal.strength !== null && Number.isFinite(signal.strength) ? signal.strength : null;
  const kind = kindOf(delivery);
  const cure =
    kind === null
      ? "nothing is received"
      : strength === null || strength < STRENGTH[kind].fair
        ? `no signal${strength === null ? "" : ` (${strength.toFixed(0)} dBm)`}: check ${kind === "satellite" ? "dish and cable" : kind === "cable" ? "the cable" : "aerial and cable"}`
        : `something is there (${strength.toFixed(0)} dBm), but no broadcast that can be read`;
  return { level: "none", code: "no-signal", text: cure, margin: null };
}

function ofCarrier({ cnr }: Signal, delivery: Delivery): SignalVerdict | null {
  const needed = neededCnr(delivery);
  if (cnr === null || !Number.isFinite(cnr) || (needed === null && cnr <= 0)) return null;
  if (needed === null)
    return { level: "good", code: "received", text: `received: ${decibels(cnr)}`, margin: null };
  const margin = Math.round((cnr - needed) * 10) / 10;
  const figures = `${decibels(cnr)}`;
  if (margin < 0) return graded("poor", "too-weak", `weak: ${figures}, picture will break`, margin);
  if (margin < MARGIN.fair)
    return graded(
      "poor",
      "barely-enough",
      `barely enough: ${figures}, picture may break at any time`,
      margin,
    );
  if (margin < MARGIN.good)
    return graded("fair", "enough", `enough: ${figures}, picture may break in bad weather`, margin);
  return graded("good", "strong", `good: ${figures}`, margin);
}

function ofQuality({ quality }: Signal): SignalVerdict | null {
  if (quality === undefined || quality === null || !Number.isFinite(quality)) return null;
  const figures = `quality ${Math.round(Math.min(1, Math.max(0, quality)) * 100)} %`;
  // Servers that cannot tell say zero, with a lock and a picture.
  if (quality <= 0) return null;
  if (quality < QUALITY.fair) return graded("poor", "too-weak", `weak: ${figures}, picture will break`);
  if (quality < QUALITY.good) return graded("fair", "enough", `enough: ${figures}`);
  return graded("good", "strong", `good: ${figures}`);
}

function ofStrength({ strength }: Signal, delivery: Delivery): SignalVerdict | null {
  const kind = kindOf(delivery);
  if (kind === null || strength === null || !Number.isFinite(strength)) return null;
  const figures = `${strength.toFixed(0)} dBm`;
  const limits = STRENGTH[kind];
  if (strength < limits.fair) return graded("poor", "too-weak", `weak: ${figures}, picture may break`);
  if (strength < limits.good) return graded("fair", "enough", `enough: ${figures}`);
  return graded("good", "strong", `good: ${figures}`);
}

/** Errors weigh more than decibels: who looks at them sees what the decibels cannot show. */
function withErrors(verdict: SignalVerdict, { bitErrorRatio }: Signal): SignalVerdict {
  const ratio = bitErrorRatio ?? null;
  if (ratio === null || !Number.isFinite(ratio) || ratio <= ERRORS.doubtful) return verdict;
  if (verdict.level === "poor") return verdict;
  const figures = `bit errors ${ratio.toExponential(0)}`;
  if (ratio > ERRORS.broken)
    return graded(
      "poor",
      "errors",
      verdict.level === "good"
        ? `strong but disturbed: ${figures}, picture will break: check plugs, cable and amplifier`
        : `disturbed: ${figures}, picture will break`,
      verdict.margin,
    );
  return graded("fair", "errors", `some errors: ${figures}, picture may break`, verdict.margin);
}

function received(): SignalVerdict {
  return graded("good", "received", "received");
}

function graded(
  level: SignalLevel,
  code: SignalVerdictCode,
  text: string,
  margin: number | null = null,
): SignalVerdict {
  return { level, code, text, margin };
}

function decibels(value: number): string {
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} dB`;
}

function kindOf({ system }: Delivery): keyof typeof STRENGTH | null {
  switch (system) {
    case "dvbt":
    case "dvbt2":
    case "dtmb":
    case "isdbt":
    case "atsc":
      return "terrestrial";
    case "dvbc":
      return "cable";
    case "dvbs":
    case "dvbs2":
      return "satellite";
    case "file":
    case "mock":
    case "hdhomerun":
    case "http":
    case "udp":
    case "rtp":
      return null;
  }
}
