import { TellyportError } from "../../../kernel/errors.ts";
import type { Delivery } from "../../ports.ts";
import type { DvbSystem } from "./adapter-description.ts";
import { CAN, DTV, type DtvCommand, type Property } from "./abi.ts";
import { planDish, satelliteOf, type Dishes, type SatelliteDelivery, type SecStep } from "./dish.ts";
import {
  CODE_RATE,
  GUARD_INTERVAL,
  HIERARCHY,
  INTERLEAVING_AUTO,
  INVERSION,
  MODULATION,
  PILOT_AUTO,
  ROLL_OFF,
  SYSTEM,
  TRANSMISSION_MODE,
} from "./kernel-names.ts";

/** What the plan needs to know of a front end. */
export interface FrontendFacts {
  /** `5.11` is 0x050b. */
  readonly apiVersion: number;
  /** Numbers of fe_delivery_system. */
  readonly deliverySystems: readonly number[];
  /** Bits of `CAN`. */
  readonly caps: number;
}

export type TuneStep =
  | SecStep
  /** DTV_CLEAR in a call of its own. */
  | { readonly kind: "clear" }
  /** One FE_SET_PROPERTY; DTV_TUNE is the last of them. */
  | { readonly kind: "set"; readonly properties: readonly Property[] };

export interface TunePlan {
  readonly steps: readonly TuneStep[];
  /** State of LNB and switches afterwards; null where there is no dish. */
  readonly sec: string | null;
}

type Terrestrial = Extract<Delivery, { system: "dvbt" | "dvbt2" }>;

/** Any input stream or PLP. @see linux/dvb/frontend.h NO_STREAM_ID_FILTER */
const ANY_STREAM = 0xffffffff;
/** DTV_STREAM_ID means the PLP of DVB-T2 from here on. */
const API_STREAM_ID = 0x0508;

/** Which of an adapter's systems a delivery needs; null when it is nothing for Linux DVB. */
export function systemOf(delivery: Delivery): DvbSystem | null {
  switch (delivery.system) {
    case "dvbt":
    case "dvbt2":
    case "dvbc":
    case "dvbs":
    case "dvbs2":
    case "dtmb":
    case "isdbt":
      return delivery.system;
    case "atsc":
      return delivery.modulation.startsWith("QAM") ? "atsc-cable" : "atsc";
    default:
      return null;
  }
}

/** Systems by the kernel's numbers. */
const SYSTEMS: ReadonlyMap<number, DvbSystem> = new Map([
  [SYSTEM.DVBT, "dvbt"],
  [SYSTEM.DVBT2, "dvbt2"],
  [SYSTEM.DVBC_ANNEX_A, "dvbc"],
  [SYSTEM.DVBC_ANNEX_C, "dvbc"],
  [SYSTEM.DVBS, "dvbs"],
  [SYSTEM.DVBS2, "dvbs2"],
  [SYSTEM.DTMB, "dtmb"],
  [SYSTEM.ISDBT, "isdbt"],
  [SYSTEM.ATSC, "atsc"],
  [SYSTEM.DVBC_ANNEX_B, "atsc-cable"],
]);

/** Names of the systems that we know how to tune. */
export function systemNames(deliverySystems: readonly number[]): DvbSystem[] {
  const names = deliverySystems.flatMap((number) => SYSTEMS.get(number) ?? []);
  return [...new Set(names)];
}

/** Whether the front end could receive it: the system, and for satellites a dish that points there. */
export function canReceive(delivery: Delivery, facts: FrontendFacts, dishes: Dishes): boolean {
  const system = systemOf(delivery);
  if (system === null || !systemNames(facts.deliverySystems).includes(system)) return false;
  return !isSatellite(delivery) || satelliteOf(delivery, dishes) !== null;
}

const isSatellite = (delivery: Delivery): delivery is SatelliteDelivery =>
  delivery.system === "dvbs" || delivery.system === "dvbs2";

/**
 * The steps that tune a front end, in order. What the multiplex does not say is left to the front end where it can find out, and
 * is what most broadcasters use where it cannot.
 * @param sec what LNB and switches were told last; equal to what is needed now: they are left alone
 * @throws TellyportError `unsupported`
 */
export function planTune(
  delivery: Delivery,
  facts: FrontendFacts,
  dishes: Dishes,
  sec: string | null,
): TunePlan {
  const dish = isSatellite(delivery) ? planDish(delivery, dishes) : null;
  const properties = propertiesOf(delivery, facts, dish?.intermediateKHz ?? 0);
  return {
    steps: [
      ...(dish === null || dish.state === sec ? [] : dish.steps),
      { kind: "clear" },
      { kind: "set", properties: [...properties, { command: DTV.TUNE, value: 0 }] },
    ],
    sec: dish?.state ?? null,
  };
}

function propertiesOf(delivery: Delivery, facts: FrontendFacts, intermediateKHz: number): Property[] {
  const can = (cap: number): boolean => (facts.caps & cap) !== 0;
  const begin = (system: number, frequency: number): Property[] => [
    set(DTV.DELIVERY_SYSTEM, system),
    set(DTV.FREQUENCY, frequency),
    set(DTV.INVERSION, can(CAN.INVERSION_AUTO) ? INVERSION.AUTO : INVERSION.OFF),
  ];
  switch (delivery.system) {
    case "dvbt":
      return [...begin(SYSTEM.DVBT, delivery.frequencyHz), ...terrestrial(delivery, can)];
    case "dvbt2":
      return [
        ...begin(SYSTEM.DVBT2, delivery.frequencyHz),
        ...terrestrial(delivery, can),
        ...plp(delivery.plp, facts),
      ];
    case "dvbc": {
      const annexC = !facts.deliverySystems.includes(SYSTEM.DVBC_ANNEX_A);
      return [
        ...begin(annexC ? SYSTEM.DVBC_ANNEX_C : SYSTEM.DVBC_ANNEX_A, delivery.frequencyHz),
        set(DTV.SYMBOL_RATE, delivery.symbolRate),
        set(DTV.MODULATION, modulation(delivery.modulation, can)),
        set(DTV.INNER_FEC, codeRate(delivery.innerFec ?? "NONE", can)),
      ];
    }
    case "dvbs":
    case "dvbs2":
      return [
        ...begin(delivery.system === "dvbs" ? SYSTEM.DVBS : SYSTEM.DVBS2, intermediateKHz),
        ...satellite(delivery, can),
      ];
    case "dtmb":
      return [
        ...begin(SYSTEM.DTMB, delivery.frequencyHz),
        set(DTV.BANDWIDTH_HZ, delivery.bandwidthHz),
        set(DTV.MODULATION, MODULATION["QAM/AUTO"]!),
        set(DTV.TRANSMISSION_MODE, TRANSMISSION_MODE.AUTO!),
        set(DTV.GUARD_INTERVAL, GUARD_INTERVAL.AUTO!),
        set(DTV.INNER_FEC, CODE_RATE.AUTO!),
        set(DTV.INTERLEAVING, INTERLEAVING_AUTO),
      ];
    case "isdbt":
      return [...begin(SYSTEM.ISDBT, delivery.frequencyHz), ...isdbt(delivery.bandwidthHz)];
    case "atsc": {
      const cable = systemOf(delivery) === "atsc-cable";
      return [
        ...begin(cable ? SYSTEM.DVBC_ANNEX_B : SYSTEM.ATSC, delivery.frequencyHz),
        set(DTV.MODULATION, modulation(delivery.modulation, can)),
      ];
    }
    default:
      throw new TellyportError(
        "unsupported",
        `A DVB adapter cannot receive multiplexes of the kind "${delivery.system}".`,
      );
  }
}

type Can = (cap: number) => boolean;

const set = (command: DtvCommand, value: number): Property => ({ command, value });

function terrestrial(delivery: Terrestrial, can: Can): Property[] {
  const second = delivery.system === "dvbt2";
  // DVB-T2 tells all of these in its own signalling.
  const auto = (cap: number, name: string): string => (second || can(cap) ? "AUTO" : name);
  const { modulation: wanted } = delivery;
  const fec = auto(CAN.FEC_AUTO, "2/3");
  const qam = second || can(CAN.QAM_AUTO) ? "QAM/AUTO" : "QAM/64";
  return [
    set(DTV.BANDWIDTH_HZ, delivery.bandwidthHz),
    set(DTV.CODE_RATE_HP, number(CODE_RATE, delivery.codeRateHp ?? fec)),
    set(DTV.CODE_RATE_LP, number(CODE_RATE, delivery.codeRateLp ?? fec)),
    set(DTV.MODULATION, number(MODULATION, wanted ?? qam)),
    set(
      DTV.TRANSMISSION_MODE,
      number(TRANSMISSION_MODE, delivery.transmissionMode ?? auto(CAN.TRANSMISSION_MODE_AUTO, "8K")),
    ),
    set(
      DTV.GUARD_INTERVAL,
      number(GUARD_INTERVAL, delivery.guardInterval ?? auto(CAN.GUARD_INTERVAL_AUTO, "1/8")),
    ),
    set(DTV.HIERARCHY, number(HIERARCHY, delivery.hierarchy ?? auto(CAN.HIERARCHY_AUTO, "NONE"))),
  ];
}

/** Older kernels have a property of its own for the PLP, and no word for "any". */
function plp(wanted: number | null, facts: FrontendFacts): Property[] {
  if (facts.apiVersion >= API_STREAM_ID) return [set(DTV.STREAM_ID, wanted ?? ANY_STREAM)];
  return wanted === null ? [] : [set(DTV.DVBT2_PLP_ID_LEGACY, wanted)];
}

function satellite(delivery: SatelliteDelivery, can: Can): Property[] {
  const properties = [
    set(DTV.SYMBOL_RATE, delivery.symbolRate),
    set(DTV.INNER_FEC, codeRate(delivery.innerFec ?? "AUTO", can)),
  ];
  if (delivery.system === "dvbs")
    return [
      ...properties,
      set(DTV.MODULATION, number(MODULATION, delivery.modulation ?? "QPSK")),
      set(DTV.ROLLOFF, ROLL_OFF["35"]!),
    ];
  return [
    ...properties,
    set(DTV.MODULATION, number(MODULATION, delivery.modulation ?? "PSK/8")),
    set(DTV.PILOT, PILOT_AUTO),
    set(DTV.ROLLOFF, number(ROLL_OFF, delivery.rollOff ?? "AUTO")),
    set(DTV.STREAM_ID, delivery.streamId ?? ANY_STREAM),
  ];
}

/** The layers are told by the broadcast itself. @see ARIB STD-B31 §3.15 (TMCC) */
function isdbt(bandwidthHz: number): Property[] {
  const fec = CODE_RATE.AUTO!;
  const qam = MODULATION["QAM/AUTO"]!;
  return [
    set(DTV.BANDWIDTH_HZ, bandwidthHz),
    set(DTV.GUARD_INTERVAL, GUARD_INTERVAL.AUTO!),
    set(DTV.TRANSMISSION_MODE, TRANSMISSION_MODE.AUTO!),
    set(DTV.ISDBT_LAYER_ENABLED, 7),
    set(DTV.ISDBT_PARTIAL_RECEPTION, 0),
    set(DTV.ISDBT_SOUND_BROADCASTING, 0),
    set(DTV.ISDBT_LAYERA_FEC, fec),
    set(DTV.ISDBT_LAYERA_MODULATION, qam),
    set(DTV.ISDBT_LAYERB_FEC, fec),
    set(DTV.ISDBT_LAYERB_MODULATION, qam),
    set(DTV.ISDBT_LAYERC_FEC, fec),
    set(DTV.ISDBT_LAYERC_MODULATION, qam),
  ];
}

function codeRate(name: string, can: Can): number {
  return number(CODE_RATE, name === "AUTO" && !can(CAN.FEC_AUTO) ? "3/4" : name);
}

function modulation(name: string, can: Can): number {
  return number(MODULATION, name === "QAM/AUTO" && !can(CAN.QAM_AUTO) ? "QAM/256" : name);
}

function number(names: Readonly<Record<string, number>>, name: string): number {
  const value = Object.hasOwn(names, name) ? names[name] : undefined;
  if (value === undefined)
    throw new TellyportError("unsupported", `"${name}" is none of ${Object.keys(names).join(", ")}.`);
  return value;
}
