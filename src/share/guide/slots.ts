import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Tuple } from "./stored-event.ts";

/** Events that begin in the same three hours of a service lie together: one segment of its EIT. @see EN 300 468 §5.2.4 */
export const SLOT_SECONDS = 3 * 60 * 60;
/** Services that can have rows. */
export const MAX_SERVICES = 0x10000;
/** Bytes of a slot before it is compressed: more than all that is kept of one service. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Window and memory of a slot's few kilobytes. */
const DEFLATE = { level: 6, windowBits: 13, memLevel: 4, chunkSize: 1024 } as const;
const INFLATE = { windowBits: 13, chunkSize: 2048, maxOutputLength: MAX_BYTES } as const;

/** @param seconds epoch */
export const slotAt = (seconds: number): number => Math.floor(seconds / SLOT_SECONDS);

/** By time first: what comes new lies side by side, and what is over leaves whole pages. */
export const rowOf = (slot: number, service: number): number => slot * MAX_SERVICES + service;

export const slotOf = (row: number): number => Math.floor(row / MAX_SERVICES);

export const serviceOf = (row: number): number => row % MAX_SERVICES;

export function pack(tuples: readonly Tuple[]): Buffer {
  return deflateRawSync(JSON.stringify(tuples), DEFLATE);
}

/** @returns JSON for {@link tuplesOf}; nothing of a row that is damaged */
export function unpack(packed: Uint8Array): string {
  try {
    return inflateRawSync(packed, INFLATE).toString();
  } catch {
    return "[]";
  }
}

export function tuplesOf(json: string): Tuple[] {
  try {
    return JSON.parse(json) as Tuple[];
  } catch {
    return [];
  }
}
