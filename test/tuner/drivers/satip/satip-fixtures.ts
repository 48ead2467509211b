import { systemClock, type Clock } from "../../../../src/kernel/clock.ts";
import { createLog } from "../../../../src/kernel/log.ts";
import { SatipTuner } from "../../../../src/tuner/drivers/satip/satip-tuner.ts";
import { sourceOf, type SatipServer } from "../../../../src/tuner/drivers/satip/server.ts";
import type { Multiplex, PacketSink, TunerFailure } from "../../../../src/tuner/ports.ts";
import { FakeSatipServer, type SatipQuirks } from "../../../helpers/fake-satip-server.ts";
import { tsPacket } from "../../../helpers/ts-packets.ts";

export const log = createLog({ level: "silent" });

/** A transport stream whose counters go on when it is played round and round. */
export function streamOf(pids: readonly number[], mark: number): Buffer {
  const packets: Buffer[] = [];
  for (let i = 0; i < 16; i++)
    for (const pid of pids)
      packets.push(tsPacket({ pid, cc: i, payload: Buffer.alloc(184, mark), stuff: "payload" }));
  return Buffer.concat(packets);
}

export const PIDS = [0, 0x100, 0x101, 0x102];

export function satellite(frequencyKHz: number): Multiplex {
  return {
    id: `S${frequencyKHz}`,
    delivery: { system: "dvbs2", frequencyKHz, symbolRate: 22_000_000, polarisation: "H", orbital: null },
  };
}

export const FIRST = satellite(11_494_000);
export const SECOND = satellite(11_612_000);
export const DARK = satellite(12_000_000);

/** Notes what a driver delivers, and judges continuity per PID. */
export class NotingSink implements PacketSink {
  packetsSeen = 0;
  readonly byPid = new Map<number, number>();
  /** First payload bytes seen. */
  readonly marks = new Set<number>();
  /** Jumps of a continuity counter without an overflow told before. */
  breaks = 0;
  overflows = 0;
  syncLosses = 0;
  failure: TunerFailure | null = null;
  readonly #counters = new Map<number, number>();

  packets(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += 188) {
      const pid = chunk.readUInt16BE(at + 1) & 0x1fff;
      const cc = chunk.readUInt8(at + 3) & 15;
      const before = this.#counters.get(pid);
      if (before !== undefined && cc !== ((before + 1) & 15)) this.breaks++;
      this.#counters.set(pid, cc);
      this.byPid.set(pid, (this.byPid.get(pid) ?? 0) + 1);
      this.marks.add(chunk.readUInt8(at + 4));
      this.packetsSeen++;
    }
  }

  overflow(): void {
    this.overflows++;
    this.#counters.clear();
  }

  syncLoss(): void {
    this.syncLosses++;
  }

  failed(code: TunerFailure): void {
    this.failure = code;
  }
}

/** A server with two multiplexes, and a tuner of its. */
export async function receive(
  t: { teardown(fn: () => unknown): void },
  options: {
    quirks?: Partial<SatipQuirks>;
    transport?: SatipServer["transport"];
    clock?: Clock;
    frontend?: number;
  } = {},
): Promise<{ fake: FakeSatipServer; tuner: SatipTuner; sink: NotingSink; server: SatipServer }> {
  const streams = { "11494": streamOf(PIDS, 0xaa), "11612": streamOf(PIDS, 0xbb) };
  const fake = await new FakeSatipServer(streams, options.quirks).start();
  const server: SatipServer = {
    id: "fake",
    name: "Fake server",
    address: { host: "127.0.0.1", port: fake.port },
    transport: options.transport ?? "auto",
    learned: null,
    source: sourceOf([]),
    unreachable: () => undefined,
  };
  const tuner = new SatipTuner({
    id: "satip-fake-dvbs2-1",
    name: "Fake server DVBS2 1",
    system: "dvbs2",
    frontend: options.frontend ?? null,
    server,
    clock: options.clock ?? systemClock,
    log,
  });
  t.teardown(async () => {
    await tuner.close();
    await fake.close();
  });
  return { fake, tuner, sink: new NotingSink(), server };
}

/** Waits until it holds, 10 s at most. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (const until = performance.now() + 10_000; !holds();) {
    if (performance.now() > until) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const never = new AbortController().signal;
