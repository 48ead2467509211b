import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { createLog } from "../../../../src/kernel/log.ts";
import { ms, pid, type Milliseconds } from "../../../../src/kernel/units.ts";
import { describeAdapters } from "../../../../src/tuner/drivers/linux-dvb/adapters.ts";
import { createDvbSource } from "../../../../src/tuner/drivers/linux-dvb/index.ts";
import type { Multiplex, PacketSink, TunerDriver, TunerSource } from "../../../../src/tuner/ports.ts";
import { PacketScan } from "../../../../src/tuner/mpegts/packet-scan.ts";
import { SectionAssembler } from "../../../../src/tuner/mpegts/section-assembler.ts";
import { MuxTables } from "../../../../src/tuner/mux-tables.ts";

/** Runs our driver in a process that the shim is preloaded into, and does what the test asks for. */

const log = createLog({ level: process.env.CHILD_LOG ?? "silent" });

const HEAD_BYTES = 2000 * 188;

/** Everything that a driver told its sink. */
class Judge implements PacketSink {
  readonly tables: MuxTables;
  readonly #scan = new PacketScan();
  readonly #followed = new Set<number>();
  packets_ = 0;
  chunks = 0;
  misaligned = 0;
  overflows = 0;
  syncLosses = 0;
  continuityErrors = 0;
  failure: { code: string; message: string; at: number } | null = null;
  readonly perPid = new Map<number, number>();
  readonly #counters = new Map<number, number>();
  readonly #head: Buffer[] = [];
  #headBytes = 0;

  constructor(multiplex: Multiplex) {
    this.tables = new MuxTables(multiplex);
    for (const each of [0, 0x10, 0x11, 0x12, 0x14]) this.#follow(each);
  }

  #follow(each: number): void {
    if (this.#followed.has(each)) return;
    this.#followed.add(each);
    this.#scan.sections(
      pid(each),
      new SectionAssembler((section) => {
        for (const change of this.tables.push(each, section))
          if (change.kind === "pat") for (const pmt of this.tables.programs.values()) this.#follow(pmt);
      }),
    );
  }

  packets(chunk: Buffer, at: Milliseconds): void {
    this.#scan.scan(chunk, at);
    this.chunks++;
    if (chunk.length % 188 !== 0) this.misaligned++;
    if (this.#headBytes < HEAD_BYTES) {
      this.#head.push(Buffer.from(chunk));
      this.#headBytes += chunk.length;
    }
    for (let o = 0; o + 188 <= chunk.length; o += 188) {
      if (chunk[o] !== 0x47) this.misaligned++;
      this.packets_++;
      const p = chunk.readUInt16BE(o + 1) & 0x1fff;
      this.perPid.set(p, (this.perPid.get(p) ?? 0) + 1);
      if (p === 0x1fff || (chunk[o + 1]! & 0x80) !== 0) continue;
      const counter = chunk[o + 3]! & 0x0f;
      const payload = (chunk[o + 3]! & 0x10) !== 0;
      const discontinuity = (chunk[o + 3]! & 0x20) !== 0 && chunk[o + 4]! > 0 && (chunk[o + 5]! & 0x80) !== 0;
      const before = this.#counters.get(p);
      this.#counters.set(p, counter);
      if (before === undefined || discontinuity) continue;
      if (payload ? counter !== ((before + 1) & 0x0f) && counter !== before : counter !== before)
        this.continuityErrors++;
    }
  }
  overflow(): void {
    this.overflows++;
    this.#counters.clear();
  }
  syncLoss(): void {
    this.syncLosses++;
    this.#counters.clear();
  }
  failed(code: string, message: string): void {
    this.failure = { code, message, at: performance.now() };
  }
  report() {
    return {
      packets: this.packets_,
      chunks: this.chunks,
      misaligned: this.misaligned,
      overflows: this.overflows,
      syncLosses: this.syncLosses,
      continuityErrors: this.continuityErrors,
      failure: this.failure,
      pids: Object.fromEntries(this.perPid),
    };
  }
  head(): string {
    return Buffer.concat(this.#head).subarray(0, HEAD_BYTES).toString("base64");
  }
}

let source: TunerSource | null = null;
let changes = 0;
const judges = new Map<string, Judge>();
const drivers = new Map<string, TunerDriver>();

function driver(id: string): TunerDriver {
  const found = source?.drivers.find((one) => one.id === id) ?? drivers.get(id);
  if (found === undefined) throw new Error(`there is no driver ${id}`);
  drivers.set(id, found);
  return found;
}

function servicesOf({ tables }: Judge) {
  return {
    complete: tables.hasPat && tables.hasEveryPmt && tables.hasSdt,
    transportStreamId: tables.transportStreamId,
    services: tables
      .services()
      .map(({ key, name, onAir, kind }) => ({ id: key.serviceId, name, onAir, kind })),
  };
}

/** Descriptors of this process that the shim made for devices, and threads. */
function resources() {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return { descriptors: links.length, threads: readdirSync("/proc/self/task").length };
}

const operations: Record<string, (args: never) => unknown> = {
  describe: () => describeAdapters(),
  source: async (options: Record<string, unknown>) => {
    source = await createDvbSource({ clock: systemClock, log, ...options });
    source.onChange?.(() => void changes++);
    return source.drivers.map(({ id, name }) => ({ id, name }));
  },
  drivers: () => ({ changes, ids: source!.drivers.map(({ id }) => id) }),
  accepts: ({ id, multiplex }: { id: string; multiplex: Multiplex }) => driver(id).accepts(multiplex),
  tune: async ({
    id,
    multiplex,
    abortMs,
    pids,
  }: {
    id: string;
    multiplex: Multiplex;
    abortMs?: number;
    pids?: number[];
  }) => {
    const judge = new Judge(multiplex);
    judges.set(id, judge);
    const from = performance.now();
    const signal = abortMs === undefined ? new AbortController().signal : AbortSignal.timeout(abortMs);
    if (pids !== undefined) driver(id).filter(new Set(pids.map((each) => pid(each))));
    try {
      await driver(id).tune(multiplex, judge, signal);
      return { locked: true, ms: performance.now() - from };
    } catch (error) {
      if (!isTellyportError(error)) throw error;
      return { locked: false, code: error.code, message: error.message, ms: performance.now() - from };
    }
  },
  filter: ({ id, pids }: { id: string; pids: number[] | "all" }) =>
    driver(id).filter(pids === "all" ? "all" : new Set(pids.map((each) => pid(each)))),
  judge: ({ id }: { id: string }) => ({ ...judges.get(id)!.report(), signal: driver(id).signal() }),
  head: ({ id }: { id: string }) => judges.get(id)!.head(),
  /** A main thread that is busy. */
  block: ({ ms }: { ms: number }) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  },
  close: async ({ id }: { id: string }) => {
    const from = performance.now();
    await driver(id).close();
    return performance.now() - from;
  },
  closeSource: async () => {
    for (const one of drivers.values()) await one.close();
    await source?.close?.();
  },
  resources,
  /** The services that our tables have found in what was received. */
  services: ({ id }: { id: string }) => servicesOf(judges.get(id)!),
  /** The same of a file. */
  servicesOf: ({ path }: { path: string }) => {
    const judge = new Judge({ id: path, delivery: { system: "file", path } });
    const bytes = readFileSync(path);
    judge.packets(bytes.subarray(0, bytes.length - (bytes.length % 188)), ms(0));
    return servicesOf(judge);
  },
};

process.on("message", ({ id, op, args }: { id: number; op: string; args: never }) => {
  const operation = operations[op];
  void Promise.resolve()
    .then(() => {
      if (operation === undefined) throw new Error(`no operation ${op}`);
      return operation(args);
    })
    .then(
      (value) => process.send!({ id, value }),
      (error: unknown) =>
        process.send!({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
