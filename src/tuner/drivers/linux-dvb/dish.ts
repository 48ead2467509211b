import { TellyportError } from "../../../kernel/errors.ts";
import type { Delivery } from "../../ports.ts";

/** A low-noise block converter: which frequency it takes off, in which band. MHz. */
export interface Lnb {
  readonly lowMHz: number;
  /** 0: the LNB has one band only. */
  readonly highMHz: number;
  /** On air, from here on it is the high band, which a tone of 22 kHz asks for. */
  readonly switchMHz: number;
}

/** The LNB of nearly every Ku-band dish in Europe. */
export const UNIVERSAL_LNB: Lnb = { lowMHz: 9750, highMHz: 10_600, switchMHz: 11_700 };

/** What is before the tuner for one orbital position. */
export interface Satellite {
  /** Such as `19.2E`, as in {@link Delivery}. */
  readonly orbital: string;
  /** Input of a committed DiSEqC 1.0 switch, 1 to 4. */
  readonly port?: number;
  /** Input of an uncommitted DiSEqC 1.1 switch, 1 to 16. */
  readonly uncommittedPort?: number;
  /** Tone burst of a two-way switch ("mini DiSEqC"). */
  readonly toneBurst?: "A" | "B";
  /** In place of the LNB that is named for all. */
  readonly lnb?: Lnb;
}

export interface Dishes {
  readonly lnb: Lnb;
  /** Empty: one dish without a switch, wherever it points. */
  readonly satellites: readonly Satellite[];
}

export type SatelliteDelivery = Extract<Delivery, { system: "dvbs" | "dvbs2" }>;

/** A step of satellite equipment control. */
export type SecStep =
  | { readonly kind: "tone"; readonly on: boolean }
  | { readonly kind: "voltage"; readonly volts: 13 | 18 }
  | { readonly kind: "diseqc"; readonly message: readonly number[] }
  | { readonly kind: "burst"; readonly burst: "A" | "B" }
  | { readonly kind: "wait"; readonly ms: number };

export interface DishSetting {
  /** Behind the LNB, kHz. */
  readonly intermediateKHz: number;
  /** Equal texts: nothing about LNB or switches differs. */
  readonly state: string;
  readonly steps: readonly SecStep[];
}

/** Between the change of the voltage, the messages, the burst and the tone, ms. @see DiSEqC bus specification 4.2 §4 */
const QUIET_MS = 15;
/** A message of four bytes takes 54 ms on the wire. */
const MESSAGE_MS = 54;

/** The satellite that a multiplex needs; null when none of the dishes sees it. */
export function satelliteOf(delivery: SatelliteDelivery, dishes: Dishes): Omit<Satellite, "orbital"> | null {
  const { satellites } = dishes;
  if (satellites.length === 0) return {};
  if (delivery.orbital === null) return satellites[0] ?? {};
  return satellites.find(({ orbital }) => orbital === delivery.orbital) ?? null;
}

/**
 * What LNB and switches must be told for a multiplex. Left-hand polarisation counts as horizontal (18 V), right-hand as vertical.
 * @throws TellyportError `unsupported` when no dish sees the satellite, or its LNB does not reach the frequency
 */
export function planDish(delivery: SatelliteDelivery, dishes: Dishes): DishSetting {
  const satellite = satelliteOf(delivery, dishes);
  if (satellite === null)
    throw new TellyportError(
      "unsupported",
      `No dish points at ${delivery.orbital}: name it under tuners.dvb.satellites.`,
    );
  const lnb = satellite.lnb ?? dishes.lnb;
  const high = lnb.highMHz > 0 && delivery.frequencyKHz >= lnb.switchMHz * 1000;
  const intermediateKHz = Math.abs(delivery.frequencyKHz - (high ? lnb.highMHz : lnb.lowMHz) * 1000);
  if (intermediateKHz === 0)
    throw new TellyportError(
      "unsupported",
      `The LNB cannot receive ${delivery.frequencyKHz / 1000} MHz: check tuners.dvb.lnb.`,
    );
  const horizontal = delivery.polarisation === "H" || delivery.polarisation === "L";
  const { port, uncommittedPort, toneBurst } = satellite;
  const steps: SecStep[] = [
    { kind: "tone", on: false },
    { kind: "voltage", volts: horizontal ? 18 : 13 },
    { kind: "wait", ms: QUIET_MS },
  ];
  // The switch next to the tuner is the uncommitted one: it must let the message for the other through.
  if (uncommittedPort !== undefined)
    steps.push(
      { kind: "diseqc", message: [0xe0, 0x10, 0x39, 0xf0 | (uncommittedPort - 1)] },
      { kind: "wait", ms: MESSAGE_MS },
    );
  if (port !== undefined)
    steps.push(
      {
        kind: "diseqc",
        message: [0xe0, 0x10, 0x38, 0xf0 | ((port - 1) << 2) | (horizontal ? 2 : 0) | (high ? 1 : 0)],
      },
      { kind: "wait", ms: MESSAGE_MS },
    );
  if (toneBurst !== undefined)
    steps.push({ kind: "burst", burst: toneBurst }, { kind: "wait", ms: QUIET_MS });
  steps.push({ kind: "tone", on: high });
  return {
    intermediateKHz,
    state: [horizontal ? 18 : 13, high, port, uncommittedPort, toneBurst].join("/"),
    steps,
  };
}
