import type { Signal } from "../../ports.ts";

/** What a server reports about its front end, in RTCP APP packets called `SES1`, five times a second. @see SAT>IP 1.2.2 §3.5.8 */
export interface SatipStatus {
  /** Front end, 1 and up; null when it is not told. */
  readonly frontend: number | null;
  /** 0..255 */
  readonly level: number;
  readonly locked: boolean;
  /** 0..15 */
  readonly quality: number;
  /** MHz; null when it is not told. */
  readonly frequencyMHz: number | null;
  /** `h`, `v`, `l`, `r`; null for cable and terrestrial ones. */
  readonly polarisation: string | null;
}

const APP = 204;
const NAME = Buffer.from("SES1");
const APP_HEAD = 16;
/** Level 32 is -65 dBm, 224 is -25 dBm, and evenly between. @see SAT>IP 1.2.2 §3.5.7 */
const LEVEL_LOW = 32;
const DBM_LOW = -65;
const DBM_PER_LEVEL = 40 / 192;

/**
 * Finds the status in a compound RTCP packet, `bytes[from..to)`.
 * @returns null when there is none, or when it is malformed
 * @see RFC 3550 §6.1, §6.7
 */
export function readStatus(bytes: Buffer, from = 0, to = bytes.length): SatipStatus | null {
  let at = from;
  while (at + 4 <= to) {
    if (bytes[at]! >> 6 !== 2) return null;
    const end = at + 4 + 4 * bytes.readUInt16BE(at + 2);
    if (end > to) return null;
    if (
      bytes[at + 1] === APP &&
      end >= at + APP_HEAD &&
      bytes.compare(NAME, 0, NAME.length, at + 8, at + 12) === 0
    ) {
      const length = Math.min(bytes.readUInt16BE(at + 14), end - at - APP_HEAD);
      return parseStatus(bytes.toString("latin1", at + APP_HEAD, at + APP_HEAD + length));
    }
    at = end;
  }
  return null;
}

/** Reads `ver=1.0;src=1;tuner=<fe>,<level>,<lock>,<quality>,<freq>,...;pids=...`, of an APP packet or of an SDP's fmtp. */
export function parseStatus(text: string): SatipStatus | null {
  const tuner = /(?:^|[;\s])tuner=([^;\s]*)/.exec(text)?.[1]?.split(",");
  if (tuner === undefined || tuner.length < 4) return null;
  const [frontend = "", level = "", lock = "", quality = "", frequency = "", next = ""] = tuner;
  return {
    frontend: numberOf(frontend),
    level: Math.min(255, numberOf(level) ?? 0),
    locked: lock === "1",
    quality: Math.min(15, numberOf(quality) ?? 0),
    frequencyMHz: numberOf(frequency),
    polarisation: /^[hvlr]$/.test(next) ? next : null,
  };
}

function numberOf(text: string): number | null {
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

/**
 * The status as a signal. Level 0 and quality 0 with a lock are servers that measure neither.
 * @param locked whether packets say so as well
 */
export function signalOf(status: SatipStatus | null, locked: boolean): Signal {
  const level = status?.level ?? 0;
  const quality = status?.quality ?? 0;
  return {
    locked,
    strength: level === 0 ? null : DBM_LOW + (level - LEVEL_LOW) * DBM_PER_LEVEL,
    cnr: null,
    quality: quality === 0 && locked ? null : status === null ? null : quality / 15,
  };
}
