import type { ErrorCode } from "../kernel/errors.ts";
import { ms } from "../kernel/units.ts";
import { PacketScan } from "./mpegts/packet-scan.ts";
import type { PesAssembler } from "./mpegts/pes-assembler.ts";
import type { PacketHistory } from "./packet-history.ts";
import type { ElementaryStream, ServiceSink, ServiceStreams, WeightClass } from "./ports.ts";

/** What a consumer asks of a session. */
export interface FeedRequest {
  readonly serviceId: number;
  /** Changes with those who share the feed. */
  weight: WeightClass;
  readonly consumer: string;
  readonly sink: ServiceSink;
  readonly select: (stream: ElementaryStream) => boolean;
}

/** How long packets must be scrambled (or clear) before it is said; ms. */
export const SCRAMBLING_HYSTERESIS_MS = 500;

/** Every stream that can be seen, heard or read. */
export function isPlayable(stream: ElementaryStream): boolean {
  return stream.codec !== "other";
}

/** One consumer's share of the scan: the PIDs of its service, followed through PMT changes. */
export class ServiceFeed {
  readonly request: FeedRequest;
  /** Monotonic ms of the first {@link streams}; -1 before. */
  knownAt = -1;
  readonly #pids: FeedPids;
  #wanted: readonly number[] = [];
  #scrambled = false;
  #scrambledSince = -1;
  #clearSince = -1;

  constructor(request: FeedRequest, pids: FeedPids) {
    this.request = request;
    this.#pids = pids;
  }

  /** The service's streams are known, or are others now. PIDs that stay are not interrupted. @param now monotonic ms */
  streams(streams: ServiceStreams, now: number): void {
    if (this.knownAt < 0) this.knownAt = now;
    this.request.sink.streams(streams);
    const before = this.#wanted;
    this.#wanted = streams.streams.filter(this.request.select).map((stream) => stream.pid);
    for (const pid of this.#wanted) this.#pids.want(pid, this);
    for (const pid of before) if (!this.#wanted.includes(pid)) this.#pids.drop(pid, this);
    this.#pids.wantPcr(streams.pcrPid, this);
  }

  get known(): boolean {
    return this.knownAt >= 0;
  }

  /**
   * Hands the service's share of what came lately to the consumer; the scan goes on where this ends.
   * @param over whether the consumer has gone meanwhile
   */
  catchUp(history: PacketHistory, pcrPid: number, over: () => boolean): void {
    const { sink } = this.request;
    const scan = new PacketScan();
    const wanted = this.#wanted;
    const assemblers = wanted.map((pid) => scan.pes(pid, (packet) => over() || sink.pes(packet)));
    scan.pcr(pcrPid, (base, discontinuity, at) => over() || sink.pcr(base, discontinuity, at));
    history.replay((packets, at) => over() || scan.scan(packets, at));
    if (over()) return;
    for (const [index, pid] of wanted.entries()) {
      const assembler = assemblers[index];
      // Where somebody else takes it too, it is put together already.
      if (assembler !== undefined && this.#pids.isAlone(pid)) this.#pids.assembler(pid)?.adopt(assembler);
    }
  }

  /** Says `scrambling` once it has lasted. @param now monotonic ms */
  check(now: number): void {
    let scrambled = false;
    let clear = false;
    for (const pid of this.#wanted) {
      const pes = this.#pids.assembler(pid);
      if (pes === null) continue;
      if (pes.scrambledAt >= 0 && now - pes.scrambledAt < SCRAMBLING_HYSTERESIS_MS) scrambled = true;
      else if (pes.clearAt >= 0 && now - pes.clearAt < SCRAMBLING_HYSTERESIS_MS) clear = true;
    }
    this.#scrambledSince = scrambled ? (this.#scrambledSince < 0 ? now : this.#scrambledSince) : -1;
    this.#clearSince = clear && !scrambled ? (this.#clearSince < 0 ? now : this.#clearSince) : -1;
    const since = this.#scrambled ? this.#clearSince : this.#scrambledSince;
    if (since < 0 || now - since < SCRAMBLING_HYSTERESIS_MS) return;
    this.#scrambled = !this.#scrambled;
    this.request.sink.scrambling(this.#scrambled);
  }

  end(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.release();
    this.request.sink.ended(code, message, detail);
  }

  release(): void {
    for (const pid of this.#wanted) this.#pids.drop(pid, this);
    this.#wanted = [];
    this.#pids.dropPcr(this);
  }
}

/** Which feeds take which PIDs of one scan: a PID is put together once, however many take it. */
export class FeedPids {
  readonly #scan: PacketScan;
  readonly #pes = new Map<number, { assembler: PesAssembler; feeds: Set<ServiceFeed> }>();
  readonly #pcr = new Map<number, Set<ServiceFeed>>();

  constructor(scan: PacketScan) {
    this.#scan = scan;
  }

  want(pid: number, feed: ServiceFeed): void {
    const entry = this.#pes.get(pid);
    if (entry !== undefined) {
      entry.feeds.add(feed);
      return;
    }
    const feeds = new Set([feed]);
    const assembler = this.#scan.pes(pid, (packet) => {
      for (const one of feeds) one.request.sink.pes(packet);
    });
    this.#pes.set(pid, { assembler, feeds });
  }

  drop(pid: number, feed: ServiceFeed): void {
    const entry = this.#pes.get(pid);
    if (entry === undefined || !entry.feeds.delete(feed) || entry.feeds.size > 0) return;
    this.#pes.delete(pid);
    this.#scan.endPes(pid);
  }

  /** Every PID that somebody takes. */
  *all(): Generator<number> {
    yield* this.#pes.keys();
    yield* this.#pcr.keys();
  }

  /** Whether one feed takes this PID, and no other. */
  isAlone(pid: number): boolean {
    return this.#pes.get(pid)?.feeds.size === 1;
  }

  assembler(pid: number): PesAssembler | null {
    return this.#pes.get(pid)?.assembler ?? null;
  }

  /** Each feed has one PCR PID; asking for another gives the first up. */
  wantPcr(pid: number, feed: ServiceFeed): void {
    if (this.#pcr.get(pid)?.has(feed) === true) return;
    this.dropPcr(feed);
    let feeds = this.#pcr.get(pid);
    if (feeds === undefined) {
      const listeners = new Set<ServiceFeed>();
      feeds = listeners;
      this.#pcr.set(pid, listeners);
      this.#scan.pcr(pid, (base, discontinuity, at) => {
        for (const one of listeners) one.request.sink.pcr(base, discontinuity, ms(at));
      });
    }
    feeds.add(feed);
  }

  dropPcr(feed: ServiceFeed): void {
    for (const [pid, feeds] of this.#pcr) {
      if (!feeds.delete(feed) || feeds.size > 0) continue;
      this.#pcr.delete(pid);
      this.#scan.pcr(pid, null);
    }
  }
}
