import { PCR_WRAP } from "../../../kernel/units.ts";
import { PACKET_BYTES } from "../../mpegts/packet.ts";
import type { FileIndex, PidIndex } from "./file-index.ts";

/** A PCR farther from the one before than this, or behind it, is a jump of the clock and no passing of time; 27 MHz. */
export const JUMP = 2 * 27_000_000;
/** Where neither PCR, PTS nor the caller tells the rate; bits a second. */
export const DEFAULT_BITRATE = 2_000_000;

/** Signed distance of two PCRs the short way round, 27 MHz. */
export function pcrDelta(from: number, to: number): number {
  const delta = (((to - from) % PCR_WRAP) + PCR_WRAP) % PCR_WRAP;
  return delta >= PCR_WRAP / 2 ? delta - PCR_WRAP : delta;
}

/** Which moment belongs to which place of the file. */
export interface FileClock {
  /** The PID whose PCRs pace the file; null when there is none. */
  readonly pcrPid: number | null;
  /** Mean time of a packet, 27 MHz. */
  readonly ticksPerPacket: number;
  /** Time of a file offset, 27 MHz, relative to the first; jumps of the clock are in it. */
  at(position: number): number;
}

/** @param bitrate of a file without PCR; null: told from its time stamps, else 2 Mbit/s */
export function fileClock(index: FileIndex, bitrate: number | null): FileClock {
  const main = [...index.pids.values()]
    .filter((pid) => pid.pcrs.length >= 2)
    .sort((a, b) => b.pcrs.length - a.pcrs.length)[0];
  if (main === undefined) {
    const rate = bitrate ?? rateOfStamps(index) ?? DEFAULT_BITRATE;
    const ticksPerPacket = (PACKET_BYTES * 8 * 27_000_000) / rate;
    return {
      pcrPid: null,
      ticksPerPacket,
      at: (position) => ((position - index.first) / index.stride) * ticksPerPacket,
    };
  }
  return clockOfPcrs(index, main);
}

function clockOfPcrs(index: FileIndex, main: PidIndex): FileClock {
  const positions = main.pcrs.map((pcr) => pcr.position);
  const times = [0];
  let steadyTicks = 0;
  let steadyPackets = 0;
  for (let i = 1; i < main.pcrs.length; i++) {
    const delta = pcrDelta(main.pcrs[i - 1]!.value, main.pcrs[i]!.value);
    times.push(times[i - 1]! + delta);
    if (delta < 0 || delta > JUMP) continue;
    steadyTicks += delta;
    steadyPackets += (positions[i]! - positions[i - 1]!) / index.stride;
  }
  const ticksPerPacket =
    steadyPackets > 0 && steadyTicks > 0
      ? steadyTicks / steadyPackets
      : (PACKET_BYTES * 8 * 27_000_000) / DEFAULT_BITRATE;
  const along = (from: number, to: number): number => ((to - from) / index.stride) * ticksPerPacket;
  return {
    pcrPid: main.pid,
    ticksPerPacket,
    at(position) {
      let low = 0;
      let high = positions.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (positions[middle]! <= position) low = middle + 1;
        else high = middle;
      }
      const before = low - 1;
      if (before < 0) return times[0]! - along(position, positions[0]!);
      const from = positions[before]!;
      const to = positions[before + 1];
      if (to === undefined) return times[before]! + along(from, position);
      const delta = times[before + 1]! - times[before]!;
      if (delta < 0 || delta > JUMP) return times[before]! + along(from, position);
      return times[before]! + (delta * (position - from)) / (to - from);
    },
  };
}

/** Bits a second by the time stamps of the PID that has most of them; null when none has enough. */
function rateOfStamps(index: FileIndex): number | null {
  let best: { units: number; rate: number } | null = null;
  for (const { units } of index.pids.values()) {
    const stamped = units.filter((unit) => unit.dts !== null);
    const first = stamped[0];
    const last = stamped.at(-1);
    if (first === undefined || last === undefined || stamped.length <= (best?.units ?? 4)) continue;
    const elapsed = pcrDelta(first.dts! * 300, last.dts! * 300) / 27_000_000;
    const bits = ((last.position - first.position) / index.stride) * PACKET_BYTES * 8;
    if (elapsed > 0.2 && bits > 0) best = { units: stamped.length, rate: bits / elapsed };
  }
  return best === null ? null : best.rate;
}
