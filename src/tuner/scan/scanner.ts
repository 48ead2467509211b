import { sleep, type Clock } from "../../kernel/clock.ts";
import { isTellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { Multiplex, Receiver, Service, Signal, Visited } from "../ports.ts";
import { enough, longestStayMs } from "./enough.ts";
import { withoutTwins } from "./apply.ts";
import { announcedBy } from "./network-follow.ts";
import { isBroadcast, nameMultiplex, sameMultiplex } from "./same-multiplex.ts";

/** How a visit came out: whole tables, some of them, or why none. */
export type ScanOutcome = "ok" | "partial" | ErrorCode;

export interface MultiplexResult {
  /** As it was tuned to. */
  readonly multiplex: Multiplex;
  readonly outcome: ScanOutcome;
  /** Of the PAT; null without one. */
  readonly transportStreamId: number | null;
  /** Of the SDT; null without one. */
  readonly originalNetworkId: number | null;
  /** Numbers are known: a service without one has none. */
  readonly numbered: boolean;
  readonly services: readonly Service[];
  /** Services of this transport stream that the SDT names and the PAT has not: off air now. */
  readonly offAir: readonly number[];
  readonly signal: Signal | null;
}

export interface ScanProgress {
  /** 0 to 100; never goes back. */
  readonly percent: number;
  readonly done: number;
  /** Grows when a network's tables name more. */
  readonly total: number;
  readonly found: { readonly tv: number; readonly radio: number; readonly data: number };
  /** The multiplexes that are visited now. */
  readonly current: readonly Multiplex[];
  /** Every tuner is in use: it goes on when one is free, or gives up after its patience. */
  readonly waiting: boolean;
  /** Of the multiplex that came last. */
  readonly signal: Signal | null;
}

export interface ScanDeps {
  readonly receiver: Pick<Receiver, "visit">;
  readonly clock: Clock;
  /** Ends the scan; what was found until then is the result. */
  readonly signal: AbortSignal;
  readonly progress?: (progress: ScanProgress) => void;
  /** Each result as it comes. */
  readonly visited?: (result: MultiplexResult) => void;
}

export interface ScanRequest {
  readonly multiplexes: readonly Multiplex[];
  /** Multiplexes that keep their ids and details when they are met again. */
  readonly known?: readonly Multiplex[];
  /** Visit what the NITs name, too; default true. */
  readonly follow?: boolean;
  /** Visits at a time, at most; default 8. Fewer when fewer tuners are free. */
  readonly parallel?: number;
  /** How long to wait for a tuner when none is free, ms; default 60 000. */
  readonly patienceMs?: number;
}

/** Multiplexes in all: a network that names ever more comes to an end. */
const MOST_MULTIPLEXES = 1500;
/** How often a visit is begun again that somebody heavier, or a lost device, has ended. */
const MOST_RETRIES = 3;
const RETRY_MS = 1000;

interface Task {
  readonly multiplex: Multiplex;
  retries: number;
}

/**
 * Visits multiplexes with as many tuners as are free, and those that their network tables name.
 * @returns a result for each multiplex, in the order in which they came; fewer when it was cancelled
 */
export async function scan(request: ScanRequest, deps: ScanDeps): Promise<readonly MultiplexResult[]> {
  return await new Scan(request, deps).run();
}

class Scan {
  readonly #deps: ScanDeps;
  readonly #follow: boolean;
  readonly #parallel: number;
  readonly #patienceMs: number;
  readonly #queue: Task[] = [];
  readonly #known: readonly Multiplex[];
  /** All that were ever in the queue. */
  readonly #all: Multiplex[] = [];
  readonly #running = new Map<Task, Promise<void>>();
  readonly #results: MultiplexResult[] = [];
  /** Tasks that were refused a tuner since one was last given back. */
  readonly #refused = new Set<Task>();
  #refusedSince: number | null = null;
  #percent = 0;
  #waiting = false;
  #signal: Signal | null = null;

  constructor(request: ScanRequest, deps: ScanDeps) {
    this.#deps = deps;
    this.#known = request.known ?? [];
    this.#follow = request.follow ?? true;
    this.#parallel = Math.max(1, request.parallel ?? 8);
    this.#patienceMs = request.patienceMs ?? 60_000;
    for (const multiplex of request.multiplexes) this.#add(multiplex);
  }

  async run(): Promise<readonly MultiplexResult[]> {
    const { signal, clock } = this.#deps;
    this.#tell();
    while ((this.#queue.length > 0 || this.#running.size > 0) && !signal.aborted) {
      this.#launch();
      if (this.#running.size > 0) await Promise.race(this.#running.values());
      else if (this.#queue.length > 0) await this.#waitForTuner(clock);
    }
    await Promise.all(this.#running.values());
    return this.#results;
  }

  /** Puts it into the queue unless it was there before. */
  #add(multiplex: Multiplex): void {
    if (this.#all.length >= MOST_MULTIPLEXES) return;
    if (this.#all.some(({ delivery }) => sameMultiplex(delivery, multiplex.delivery))) return;
    const known =
      this.#known.find(({ delivery }) => sameMultiplex(delivery, multiplex.delivery)) ?? multiplex;
    const taken = new Set([...this.#known, ...this.#all].map(({ id }) => id));
    const task =
      known === multiplex && taken.has(multiplex.id) && isBroadcast(multiplex.delivery)
        ? { ...multiplex, id: nameMultiplex(multiplex.delivery, taken) }
        : known;
    this.#all.push(task);
    this.#queue.push({ multiplex: task, retries: 0 });
  }

  #launch(): void {
    while (this.#running.size < this.#parallel && !this.#deps.signal.aborted) {
      // Another one may be for a tuner that is free: a dish when the aerials are taken.
      const index = this.#queue.findIndex((task) => !this.#refused.has(task));
      const [task] = index < 0 ? [] : this.#queue.splice(index, 1);
      if (task === undefined) return;
      this.#running.set(
        task,
        this.#visit(task).finally(() => this.#running.delete(task)),
      );
      this.#tell();
    }
  }

  /** No tuner for any of them: waits a little, and gives up after the patience. */
  async #waitForTuner(clock: Clock): Promise<void> {
    const now = clock.monotonic();
    this.#refusedSince ??= now;
    if (now - this.#refusedSince >= this.#patienceMs) {
      for (const task of this.#queue.splice(0)) this.#settle(failed(task.multiplex, "no-tuner-free"));
      return;
    }
    if (!this.#waiting) {
      this.#waiting = true;
      this.#tell();
    }
    await sleep(clock, RETRY_MS, this.#deps.signal).catch(() => undefined);
    this.#refused.clear();
  }

  async #visit(task: Task): Promise<void> {
    const { receiver, clock, signal } = this.#deps;
    try {
      const visited = await receiver.visit({
        multiplex: task.multiplex,
        weight: "scan",
        consumer: "channel scan",
        signal,
        enough: (so) => enough(so.tables, clock.monotonic() - so.lockedAt),
        longestMs: longestStayMs(task.multiplex.delivery),
      });
      this.#onVisited(task.multiplex, visited);
    } catch (error) {
      if (signal.aborted) return;
      if (!isTellyportError(error)) throw error;
      this.#onFailed(task, error.code);
      return;
    }
    this.#tunerGiven();
  }

  #onVisited(multiplex: Multiplex, visited: Visited): void {
    const { tables, signal } = visited;
    if (this.#follow)
      for (const delivery of announcedBy(multiplex, tables))
        this.#add({ id: nameMultiplex(delivery, new Set()), delivery });
    const whole = tables.hasPat && tables.hasSdt && tables.hasNit;
    this.#settle({
      multiplex,
      outcome: whole ? "ok" : tables.hasPat ? "partial" : "no-data",
      transportStreamId: tables.transportStreamId,
      originalNetworkId: tables.originalNetworkId,
      numbered: tables.hasNit,
      services: tables.hasPat ? tables.services() : [],
      offAir: tables.offAir(),
      signal,
    });
  }

  #onFailed(task: Task, code: ErrorCode): void {
    switch (code) {
      case "no-tuner-free":
        this.#refused.add(task);
        this.#queue.push(task);
        return;
      case "displaced":
      case "device-gone":
      case "device-busy":
        this.#refused.add(task);
        if (task.retries++ < MOST_RETRIES) {
          this.#queue.push(task);
          return;
        }
        break;
      default:
        this.#tunerGiven();
    }
    this.#settle(failed(task.multiplex, code));
  }

  #tunerGiven(): void {
    this.#refused.clear();
    this.#refusedSince = null;
  }

  #settle(result: MultiplexResult): void {
    this.#results.push(result);
    this.#waiting = false;
    this.#signal = result.signal ?? this.#signal;
    this.#deps.visited?.(result);
    this.#tell(result.multiplex);
  }

  /** @param left whose visit is over, though its task is still among those that run */
  #tell(left?: Multiplex): void {
    const done = this.#results.length;
    const total = this.#all.length;
    const share = total === 0 ? 100 : Math.floor((100 * done) / total);
    this.#percent = Math.max(this.#percent, done < total ? Math.min(share, 99) : share);
    const current = [...this.#running.keys()].map(({ multiplex }) => multiplex);
    this.#deps.progress?.({
      percent: this.#percent,
      done,
      total,
      // As the result will count them: what two transmitters send is there once.
      found: countKinds(withoutTwins(this.#results).flatMap(({ services }) => services)),
      current: current.filter((multiplex) => multiplex !== left),
      waiting: this.#waiting,
      signal: this.#signal,
    });
  }
}

function failed(multiplex: Multiplex, outcome: ErrorCode): MultiplexResult {
  return {
    multiplex,
    outcome,
    transportStreamId: null,
    originalNetworkId: null,
    numbered: false,
    services: [],
    offAir: [],
    signal: null,
  };
}

export function countKinds(services: readonly Pick<Service, "kind">[]): ScanProgress["found"] {
  const found = { tv: 0, radio: 0, data: 0 };
  for (const { kind } of services) found[kind]++;
  return found;
}
