import * as Type from "typebox";
import type { Static, TProperties } from "typebox";
import { PACKET } from "./packet-template.ts";

/**
 * What can go wrong on command. The two events (`pmt-change`, `clock-jump`) happen once, when they are set; the others
 * last until they are cleared. Without a multiplex a fault is on all of them.
 */

const fault = <Kind extends string, P extends TProperties>(kind: Kind, description: string, properties: P) =>
  Type.Object({ kind: Type.Literal(kind), ...properties }, { description });

const multiplex = Type.Optional(Type.String({ description: "e.g. mock-1; default: all" }));
const ratio = Type.Number({ minimum: 0, maximum: 1, description: "Share of packets" });
const seed = Type.Optional(Type.Integer({ minimum: 1, maximum: 0x7fffffff, description: "Default: 1" }));

export const MockFault = Type.Union(
  [
    fault("lock-delay", "Time to lock", {
      multiplex,
      ms: Type.Integer({ minimum: 0, maximum: 600_000, description: "Milliseconds, instead of 150" }),
    }),
    fault("no-lock", "Tuning fails, and what is locked loses its signal", { multiplex }),
    fault("no-data", "Locks, and nothing comes", { multiplex }),
    fault("packet-loss", "Packets that do not arrive", { multiplex, ratio, seed }),
    fault("continuity-errors", "Packets before which a counter skips", { multiplex, ratio, seed }),
    fault("unplugged", "The device is gone until this is cleared", {
      tuner: Type.Optional(Type.String({ description: "e.g. mock-0; default: all" })),
    }),
    fault("pmt-change", "Another version of a PMT; with audioShift the sound moves to other PIDs", {
      multiplex,
      service: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffff, description: "Default: all" })),
      audioShift: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 0x70, description: "Added to every audio PID" }),
      ),
    }),
    fault("rating", "What is on is for viewers from so many years on, whatever the guide says", {
      multiplex,
      service: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffff, description: "Default: all" })),
      years: Type.Integer({ minimum: 4, maximum: 18 }),
    }),
    fault("clock-jump", "PCR, PTS and DTS jump", {
      multiplex,
      seconds: Type.Number({ minimum: -90_000, maximum: 90_000 }),
    }),
  ],
  { title: "MockFault" },
);
export type MockFault = Static<typeof MockFault>;
export type MockFaultKind = MockFault["kind"];

/** Set-up of the mock from configuration. */
export const MockOptions = Type.Object(
  {
    lockDelayMs: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 60_000, default: 150, description: "Time to lock, ms" }),
    ),
    noLockAfterMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 60_000,
        default: 1500,
        description: "Time until a tuner gives up, ms",
      }),
    ),
    noLock: Type.Optional(
      Type.Array(Type.String(), { default: [], description: "Multiplexes that never lock, beside mock-4" }),
    ),
    noData: Type.Optional(
      Type.Array(Type.String(), { default: [], description: "Multiplexes that lock and send nothing" }),
    ),
    packetLoss: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, default: 0, description: "Share of packets lost" }),
    ),
    commands: Type.Optional(
      Type.Array(MockFault, { default: [], description: "Further faults, in force from the beginning" }),
    ),
  },
  { additionalProperties: false, title: "MockOptions" },
);
export type MockOptions = Static<typeof MockOptions>;

/** The faults that a configuration asks for. */
export function faultsOf(options: MockOptions): MockFault[] {
  const { noLock = [], noData = [], packetLoss = 0, commands = [] } = options;
  return [
    ...noLock.map((multiplex) => ({ kind: "no-lock" as const, multiplex })),
    ...noData.map((multiplex) => ({ kind: "no-data" as const, multiplex })),
    ...(packetLoss > 0 ? [{ kind: "packet-loss" as const, ratio: packetLoss }] : []),
    ...commands,
  ];
}

/** A row of numbers without pattern, the same for the same seed. @returns [0, 1) */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Takes packets out of a chunk, in place. @returns the chunk without them */
export function losePackets(chunk: Buffer, ratio: number, random: () => number): Buffer {
  let kept = 0;
  for (let at = 0; at < chunk.length; at += PACKET) {
    if (random() < ratio) continue;
    if (kept !== at) chunk.copyWithin(kept, at, at + PACKET);
    kept += PACKET;
  }
  return chunk.subarray(0, kept);
}

/** Lets continuity counters skip, in place: from a chosen packet on, those of its PID are one ahead. */
export class CounterSkips {
  readonly #ahead = new Uint8Array(0x2000);

  apply(chunk: Buffer, ratio: number, random: () => number): void {
    for (let at = 0; at < chunk.length; at += PACKET) {
      const pid = ((chunk[at + 1]! & 0x1f) << 8) | chunk[at + 2]!;
      const flags = chunk[at + 3]!;
      // Only packets with payload count.
      if ((flags & 0x10) !== 0 && random() < ratio) this.#ahead[pid]!++;
      chunk[at + 3] = (flags & 0xf0) | ((flags + this.#ahead[pid]!) & 0x0f);
    }
  }
}

/** Keeps the packets of some PIDs, copied into `out`. @returns the bytes kept */
export function keepPids(chunk: Buffer, pids: ReadonlySet<number>, out: Buffer): number {
  let kept = 0;
  for (let at = 0; at < chunk.length; at += PACKET) {
    if (!pids.has(((chunk[at + 1]! & 0x1f) << 8) | chunk[at + 2]!)) continue;
    chunk.copy(out, kept, at, at + PACKET);
    kept += PACKET;
  }
  return kept;
}
