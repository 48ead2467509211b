import { open, type FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import type { Clock } from "../../../kernel/clock.ts";
import { isTellyportError, systemCode, TellyportError } from "../../../kernel/errors.ts";
import { PACKET_BYTES, packetPid } from "../../mpegts/packet.ts";
import { findPackets } from "../../mpegts/resync.ts";
import type { Multiplex, TunerSource } from "../../ports.ts";
import { fileClock } from "./file-clock.ts";
import { FileTuner } from "./file-driver.ts";
import { indexFile, type FileIndex } from "./file-index.ts";
import type { Playable } from "./file-player.ts";
import { planLoop, type LoopPlan } from "./loop-plan.ts";
import { PacketReader } from "./packet-reader.ts";
import { findPictureCounters, type PacketAt } from "./picture-counters.ts";

/** Garbage at the beginning of a file that is passed over in search of packets. */
const SEARCH_BYTES = 1024 * 1024;
/** What is looked at behind the cut for the rest of units. */
const REST_BYTES = 4 * 1024 * 1024;

export interface FileSourceOptions {
  /** Captures; each is a multiplex of its own, `file:<name>`. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  /** Bits a second of a file without PCR; default: told from its PTS, else 2 Mbit/s. */
  readonly bitrate?: number;
  /** `seamless` (default): an endless stream with clocks and counters carried on; `jump`: from the end back to the start as it is. */
  readonly loop?: "seamless" | "jump";
  /** How many tuners play them; default 2. */
  readonly tuners?: number;
}

/**
 * Files as multiplexes.
 * @throws TellyportError `source-missing`, `source-empty`, `source-not-ts`
 */
export async function createFileSource(options: FileSourceOptions): Promise<TunerSource> {
  const files = new Map<string, Playable>();
  const multiplexes: Multiplex[] = [];
  for (const path of options.paths) {
    if (!files.has(path)) {
      files.set(path, await examine(path, options));
      multiplexes.push({ id: freeId(multiplexes, path), delivery: { system: "file", path } });
    }
  }
  const drivers = Array.from(
    { length: options.tuners ?? 2 },
    (_, i) => new FileTuner(`file-${i}`, `File player ${i + 1}`, files, options.clock),
  );
  return { drivers, multiplexes };
}

/** Two files of one name in two folders are two multiplexes. */
function freeId(taken: readonly Multiplex[], path: string): string {
  const name = `file:${basename(path)}`;
  let id = name;
  for (let i = 2; taken.some((multiplex) => multiplex.id === id); i++) id = `${name}#${i}`;
  return id;
}

/** The path is told as it was given: who reads it has just typed it, or has it in the configuration. */
async function examine(path: string, options: FileSourceOptions): Promise<Playable> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, "r");
    const stat = await file.stat();
    if (!stat.isFile())
      throw new TellyportError("source-not-ts", `"${path}" is no file: give the path of a capture.`);
    if (stat.size === 0)
      throw new TellyportError("source-empty", `"${path}" is empty: give a capture with packets in it.`);
    return await examineOpen(file, stat.size, path, options);
  } catch (error) {
    if (isTellyportError(error)) throw error;
    const missing = systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR";
    throw new TellyportError(
      "source-missing",
      missing
        ? `There is no file "${path}": check the path.`
        : `"${path}" cannot be read: check its permissions.`,
      { cause: error },
    );
  } finally {
    await file?.close();
  }
}

async function examineOpen(
  file: FileHandle,
  size: number,
  path: string,
  options: FileSourceOptions,
): Promise<Playable> {
  const head = Buffer.alloc(Math.min(size, SEARCH_BYTES));
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const found = findPackets(head, 0, bytesRead, { atEnd: bytesRead === size });
  if (found === null)
    throw new TellyportError(
      "source-not-ts",
      `"${path}" is no MPEG transport stream: packets of 188, 192 or 204 bytes that begin with 0x47 were not found.`,
    );
  const index = await indexFile(file, size, found.stride, found.offset);
  const clock = fileClock(index, options.bitrate ?? null);
  const plan = options.loop === "jump" ? null : planLoop(index, clock);
  const rest = plan === null ? [] : await restOfUnits(file, index, plan);
  return {
    stride: found.stride,
    first: found.offset,
    plan,
    rest,
    counters: plan === null ? null : await findPictureCounters(file, index, plan, rest),
    pcrPid: clock.pcrPid,
    msPerPacket: clock.ticksPerPacket / 27_000,
  };
}

/** The packets behind the cut that end a unit from before it. */
async function restOfUnits(file: FileHandle, index: FileIndex, plan: LoopPlan): Promise<PacketAt[]> {
  const open = new Set(plan.openPids);
  const rest: PacketAt[] = [];
  const buffer = PacketReader.buffer();
  const reader = new PacketReader(file, index.stride, plan.to);
  while (open.size > 0 && reader.position < plan.to + REST_BYTES) {
    const run = await reader.next(buffer);
    if (run === null) break;
    for (let i = 0; i < run.packets; i++) {
      const offset = i * PACKET_BYTES;
      const pid = packetPid(buffer, offset);
      const second = buffer[offset + 1]!;
      const hasPayload = (buffer[offset + 3]! & 0x10) !== 0;
      if (!open.has(pid) || (second & 0x80) !== 0 || !hasPayload) continue;
      if ((second & 0x40) !== 0) open.delete(pid);
      else
        rest.push({
          position: run.position + i * index.stride,
          bytes: Buffer.from(buffer.subarray(offset, offset + PACKET_BYTES)),
        });
    }
  }
  return rest;
}
