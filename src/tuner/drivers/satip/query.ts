import type { Delivery } from "../../ports.ts";

/** A delivery that goes over the air or through a cable. */
export type Broadcast = Extract<
  Delivery,
  { system: "dvbt" | "dvbt2" | "dvbc" | "dvbs" | "dvbs2" | "dtmb" | "isdbt" | "atsc" }
>;

export interface QueryOptions {
  /** Signal source of a satellite delivery, 1..255. */
  readonly src: number;
  /** Front end to force; null: the server chooses. */
  readonly frontend: number | null;
}

/** What goes before `pids`: everything that names the multiplex, in the order of the specification's examples. @see SAT>IP 1.2.2 §3.5.11 */
export function tuningQuery(delivery: Broadcast, options: QueryOptions): string {
  const fields: (readonly [string, string | number | null])[] =
    options.frontend === null ? [] : [["fe", options.frontend]];
  fields.push(...fieldsOf(delivery, options.src));
  return fields
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function fieldsOf(delivery: Broadcast, src: number): (readonly [string, string | number | null])[] {
  switch (delivery.system) {
    case "dvbs":
    case "dvbs2":
      return [
        ["src", src],
        ["freq", decimal(delivery.frequencyKHz / 1000)],
        ["pol", delivery.polarisation.toLowerCase()],
        ["ro", rollOff(delivery.rollOff)],
        ["msys", delivery.system],
        ["mtype", modulation(delivery.modulation) ?? (delivery.system === "dvbs" ? "qpsk" : "8psk")],
        ["plts", delivery.system === "dvbs2" ? "auto" : null],
        ["sr", decimal(delivery.symbolRate / 1000)],
        ["fec", fraction(delivery.innerFec)],
        ["isi", delivery.streamId ?? null],
      ];
    case "dvbt":
    case "dvbt2":
      return [
        ["freq", decimal(delivery.frequencyHz / 1e6)],
        ["bw", decimal(delivery.bandwidthHz / 1e6)],
        ["msys", delivery.system],
        ["tmode", transmissionMode(delivery.transmissionMode)],
        ["mtype", modulation(delivery.modulation) ?? (delivery.system === "dvbt" ? "64qam" : "256qam")],
        ["gi", fraction(delivery.guardInterval)],
        ["fec", fraction(delivery.codeRateHp)],
        ["plp", delivery.system === "dvbt2" ? delivery.plp : null],
      ];
    case "dvbc":
      return [
        ["freq", decimal(delivery.frequencyHz / 1e6)],
        ["msys", "dvbc"],
        ["mtype", modulation(delivery.modulation) ?? "256qam"],
        ["sr", decimal(delivery.symbolRate / 1000)],
        ["fec", fraction(delivery.innerFec)],
      ];
    case "dtmb":
    case "isdbt":
      return [
        ["freq", decimal(delivery.frequencyHz / 1e6)],
        ["bw", decimal(delivery.bandwidthHz / 1e6)],
        ["msys", delivery.system],
        ["mtype", "64qam"],
      ];
    case "atsc":
      return [
        ["freq", decimal(delivery.frequencyHz / 1e6)],
        ["msys", systemName(delivery)],
        ["mtype", modulation(delivery.modulation) ?? "8vsb"],
      ];
  }
}

/** The name by which servers call the system; ATSC's cable goes by annex B of ITU-T J.83. */
export function systemName(delivery: Broadcast): string {
  if (delivery.system !== "atsc") return delivery.system;
  return delivery.modulation.toUpperCase().startsWith("QAM") ? "dvbcb" : "atsc";
}

/** Whether a delivery is one of those that a SAT>IP server could receive. */
export function isBroadcast(delivery: Delivery): delivery is Broadcast {
  switch (delivery.system) {
    case "dvbt":
    case "dvbt2":
    case "dvbc":
    case "dvbs":
    case "dvbs2":
    case "dtmb":
    case "isdbt":
    case "atsc":
      return true;
    default:
      return false;
  }
}

/** MHz of the delivery, on air. */
export function frequencyMHz(delivery: Broadcast): number {
  return "frequencyKHz" in delivery ? delivery.frequencyKHz / 1000 : delivery.frequencyHz / 1e6;
}

/** `QAM/64` → `64qam`, `PSK/8` → `8psk`, `QPSK` → `qpsk`; null for one to be found out. */
function modulation(name: string | undefined): string | null {
  const parts = /^([A-Z]*(?:QAM|PSK|APSK|VSB))(?:\/(\d+))?$/.exec((name ?? "").toUpperCase());
  if (parts === null) return null;
  const [, kind = "", order] = parts;
  if (kind === "QPSK" || kind === "DQPSK") return "qpsk";
  return order === undefined ? null : `${order}${kind.toLowerCase()}`;
}

/** `3/4` → `34`, `19/128` → `19128`; null for one to be found out. */
function fraction(text: string | undefined): string | null {
  const parts = /^(\d+)\/(\d+)$/.exec(text ?? "");
  return parts === null ? null : `${parts[1]}${parts[2]}`;
}

/** `8K` → `8k`; null for one to be found out. */
function transmissionMode(text: string | undefined): string | null {
  const parts = /^(\d+)K$/i.exec(text ?? "");
  return parts === null ? null : `${parts[1]}k`;
}

/** `25`, `0.25` → `0.25`; 0.35, the only one of DVB-S, where none is named. */
function rollOff(text: string | undefined): string {
  const percent = /^(?:0?\.)?(20|25|35)$/.exec(text ?? "")?.[1] ?? "35";
  return `0.${percent}`;
}

/** Up to three places, without zeroes at the end. */
function decimal(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
