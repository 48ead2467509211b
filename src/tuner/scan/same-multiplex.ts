import type { Delivery } from "../ports.ts";

/** How far apart two carriers of a satellite may be said to be and still be one, kHz. */
const SATELLITE_TOLERANCE_KHZ = 2000;

/**
 * Whether two descriptions are of one multiplex: the same system, stream and polarisation, and frequencies nearer than half of
 * the channel. Tables, plans and NITs differ by offsets of up to 0.5 MHz, and by the details that a receiver finds out itself.
 */
export function sameMultiplex(a: Delivery, b: Delivery): boolean {
  switch (a.system) {
    case "dvbt":
    case "dvbt2":
      return a.system === b.system && near(a, b) && samePlp(a.plp, b.plp);
    case "dtmb":
    case "isdbt":
      return a.system === b.system && near(a, b);
    case "dvbc":
      return (
        b.system === "dvbc" &&
        Math.abs(a.frequencyHz - b.frequencyHz) < Math.min(a.symbolRate, b.symbolRate) / 2
      );
    case "atsc":
      return b.system === "atsc" && Math.abs(a.frequencyHz - b.frequencyHz) < 3_000_000;
    case "dvbs":
    case "dvbs2": {
      if (a.system !== b.system) return false;
      const narrow = Math.min(a.symbolRate, b.symbolRate) / 2000;
      return (
        a.polarisation === b.polarisation &&
        a.orbital === b.orbital &&
        (a.streamId ?? null) === (b.streamId ?? null) &&
        Math.abs(a.frequencyKHz - b.frequencyKHz) <= Math.min(SATELLITE_TOLERANCE_KHZ, narrow)
      );
    }
    default:
      return JSON.stringify(a) === JSON.stringify(b);
  }
}

function near(
  a: { readonly frequencyHz: number; readonly bandwidthHz: number },
  b: { readonly frequencyHz: number; readonly bandwidthHz: number },
): boolean {
  return Math.abs(a.frequencyHz - b.frequencyHz) < Math.min(a.bandwidthHz, b.bandwidthHz) / 2;
}

/** One that names no PLP takes the first one there is: 0 nearly always. */
function samePlp(a: number | null, b: number | null): boolean {
  return (a ?? 0) === (b ?? 0);
}

/** From the air, and not a file or an address: what a scan may find more of. */
export type Broadcast = Extract<
  Delivery,
  { readonly system: "dvbt" | "dvbt2" | "dvbc" | "dvbs" | "dvbs2" | "dtmb" | "isdbt" | "atsc" }
>;

export function isBroadcast(delivery: Delivery): delivery is Broadcast {
  return "frequencyHz" in delivery || "frequencyKHz" in delivery;
}

export type Family = "terrestrial" | "cable" | "satellite" | "other";

/** By which way it comes: a network's tables speak of one. */
export function familyOf(delivery: Delivery): Family {
  switch (delivery.system) {
    case "dvbt":
    case "dvbt2":
    case "dtmb":
    case "isdbt":
      return "terrestrial";
    case "dvbc":
      return "cable";
    case "dvbs":
    case "dvbs2":
      return "satellite";
    case "atsc":
      return delivery.modulation.startsWith("QAM") ? "cable" : "terrestrial";
    default:
      return "other";
  }
}

/**
 * A name for a multiplex that was never seen: `dvbt-498.000`, `dvbs2-19.2E-11603.5H`. It stays with the multiplex when that moves.
 * @param taken names of others
 */
export function nameMultiplex(delivery: Broadcast, taken: ReadonlySet<string>): string {
  const base = multiplexName(delivery);
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}-${number}`;
  return id;
}

function multiplexName(delivery: Broadcast): string {
  if (!("frequencyKHz" in delivery)) {
    const plp = "plp" in delivery && delivery.plp !== null && delivery.plp !== 0 ? `-plp${delivery.plp}` : "";
    return `${delivery.system}-${(delivery.frequencyHz / 1_000_000).toFixed(3)}${plp}`;
  }
  const place = delivery.orbital === null ? "" : `-${delivery.orbital}`;
  const stream = delivery.streamId === undefined ? "" : `-isi${delivery.streamId}`;
  return `${delivery.system}${place}-${delivery.frequencyKHz / 1000}${delivery.polarisation}${stream}`;
}
