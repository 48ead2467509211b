import { WHOLE_STREAM_PID } from "./abi.ts";

/** The demultiplexer, one filter a descriptor. */
export interface FilterPort {
  /** @returns a descriptor, or the negative error number that refused it */
  add(pid: number): number;
  remove(descriptor: number): void;
}

/** `partial`: some PIDs are missing. `refused`: nothing can be delivered at all. */
export type FilterOutcome = "filtered" | "whole" | "partial" | "refused";

/** Which PIDs the hardware delivers: those that are wanted, or all where it has not enough filters. */
export class PidFilters {
  readonly #port: FilterPort;
  readonly #open = new Map<number, number>();
  /** So many filters were had when one more was refused. */
  #limit = Infinity;
  #wholeRefused = false;

  constructor(port: FilterPort) {
    this.#port = port;
  }

  /** PIDs that are delivered; one of them may be the whole stream. */
  get pids(): readonly number[] {
    return [...this.#open.keys()];
  }

  /** Makes it so: what is new is added before what is not wanted any more is taken away, and what stays is not touched. */
  set(wanted: ReadonlySet<number> | "all"): FilterOutcome {
    if (wanted === "all") return this.#whole() ? this.#keepOnly("whole", WHOLE) : this.#none();
    if (wanted.size > this.#limit && this.#whole()) return this.#keepOnly("whole", WHOLE);
    for (const pid of wanted) {
      if (this.#add(pid)) continue;
      this.#limit = this.#open.size;
      if (this.#whole()) return this.#keepOnly("whole", WHOLE);
      // Those that are not wanted any more may be what fills it.
      this.#keepOnly("partial", wanted);
      return this.#addAll(wanted) ? "filtered" : this.#open.size === 0 ? "refused" : "partial";
    }
    return this.#keepOnly("filtered", wanted);
  }

  /** Takes all away. */
  clear(): void {
    this.#keepOnly("filtered", new Set());
    this.#limit = Infinity;
    this.#wholeRefused = false;
  }

  #none(): FilterOutcome {
    this.clear();
    return "refused";
  }

  #addAll(wanted: ReadonlySet<number>): boolean {
    for (const pid of wanted) if (!this.#add(pid)) return false;
    return true;
  }

  #add(pid: number): boolean {
    if (this.#open.has(pid)) return true;
    const descriptor = this.#port.add(pid);
    if (descriptor < 0) return false;
    this.#open.set(pid, descriptor);
    return true;
  }

  #whole(): boolean {
    if (this.#open.has(WHOLE_STREAM_PID)) return true;
    if (this.#wholeRefused) return false;
    if (this.#add(WHOLE_STREAM_PID)) return true;
    // It may have been one filter too many only.
    const victim = [...this.#open.keys()].at(-1);
    if (victim !== undefined) {
      this.#remove(victim);
      if (this.#add(WHOLE_STREAM_PID)) return true;
    }
    this.#wholeRefused = true;
    return false;
  }

  #keepOnly(outcome: FilterOutcome, wanted: ReadonlySet<number>): FilterOutcome {
    for (const pid of [...this.#open.keys()]) if (!wanted.has(pid)) this.#remove(pid);
    return outcome;
  }

  #remove(pid: number): void {
    const descriptor = this.#open.get(pid);
    if (descriptor === undefined) return;
    this.#open.delete(pid);
    this.#port.remove(descriptor);
  }
}

const WHOLE: ReadonlySet<number> = new Set([WHOLE_STREAM_PID]);
