import { copyInto } from "../kernel/memory/copy.ts";
import { ms, type Milliseconds } from "../kernel/units.ts";
import { PACKET_BYTES } from "./mpegts/packet.ts";

/** Memory is taken in pieces of this, 128 KiB in whole packets. */
const SLAB_BYTES = Math.floor((128 * 1024) / PACKET_BYTES) * PACKET_BYTES;
/** Chunks that came within so many ms are kept as one. */
const SAME_TIME_MS = 5;

interface Slab {
  readonly data: Buffer;
  /** Bytes used. */
  used: number;
  /** Where what came at one time ends, and when that was. */
  readonly marks: { end: number; readonly at: Milliseconds }[];
}

/** What all histories may take together. Each has an equal share; slabs go from one to the other. */
export class HistoryBudget {
  readonly #limit: number;
  /** No history reaches back farther, ms. */
  readonly longest: number;
  readonly #free: Buffer[] = [];
  readonly #histories = new Set<PacketHistory>();

  /** @param limit bytes of all together; 0: nothing is kept */
  constructor(limit: number, longest: number) {
    this.#limit = limit;
    this.longest = longest;
  }

  get enabled(): boolean {
    return this.#limit >= SLAB_BYTES;
  }

  /** Bytes that are in use. */
  get used(): number {
    let sum = 0;
    for (const history of this.#histories) sum += history.slabs * SLAB_BYTES;
    return sum;
  }

  /** Slabs that one history may have now. */
  get share(): number {
    return Math.floor(this.#limit / SLAB_BYTES / Math.max(1, this.#histories.size));
  }

  join(history: PacketHistory): void {
    this.#histories.add(history);
    for (const other of this.#histories) other.trim();
  }

  leave(history: PacketHistory): void {
    this.#histories.delete(history);
    if (this.#histories.size === 0) this.#free.length = 0;
  }

  take(): Buffer {
    // Shared memory does not count as V8's heap: filling it makes no collection.
    return this.#free.pop() ?? Buffer.from(new SharedArrayBuffer(SLAB_BYTES));
  }

  give(slab: Buffer): void {
    if ((this.#free.length + 1) * SLAB_BYTES + this.used <= this.#limit) this.#free.push(slab);
  }
}

/**
 * The last seconds of a multiplex as it came: a consumer that comes now gets them first, and so begins at a random access
 * point that was sent before it asked. One copy of each chunk, and nothing is looked at.
 */
export class PacketHistory {
  readonly #budget: HistoryBudget;
  readonly #slabs: Slab[] = [];

  constructor(budget: HistoryBudget) {
    this.#budget = budget;
    budget.join(this);
  }

  get slabs(): number {
    return this.#slabs.length;
  }

  /** Takes whole packets in. */
  add(chunk: Buffer, at: Milliseconds): void {
    for (let from = 0; from < chunk.length;) {
      const slab = this.#room();
      const to = Math.min(chunk.length, from + SLAB_BYTES - slab.used);
      copyInto(slab.data, slab.used, chunk.subarray(from, to));
      slab.used += to - from;
      from = to;
      const mark = slab.marks.at(-1);
      if (mark !== undefined && at - mark.at < SAME_TIME_MS) mark.end = slab.used;
      else slab.marks.push({ end: slab.used, at });
    }
    for (let oldest = this.#slabs[0]; oldest !== undefined; oldest = this.#slabs[0]) {
      const last = oldest.marks.at(-1);
      if (last === undefined || at - last.at <= this.#budget.longest) break;
      this.#drop();
    }
  }

  #room(): Slab {
    const last = this.#slabs.at(-1);
    if (last !== undefined && last.used < SLAB_BYTES) return last;
    while (this.#slabs.length >= Math.max(1, this.#budget.share)) this.#drop();
    const slab: Slab = { data: this.#budget.take(), used: 0, marks: [] };
    this.#slabs.push(slab);
    return slab;
  }

  #drop(): void {
    const slab = this.#slabs.shift();
    if (slab !== undefined) this.#budget.give(slab.data);
  }

  /** Down to its share, which became less. */
  trim(): void {
    while (this.#slabs.length > Math.max(1, this.#budget.share)) this.#drop();
  }

  /** Hands out everything, oldest first. @param visit gets whole packets, valid during the call, and when they came */
  replay(visit: (packets: Buffer, at: Milliseconds) => void): void {
    for (const { data, marks } of [...this.#slabs]) {
      let from = 0;
      for (const { end, at } of marks) {
        visit(data.subarray(from, end), ms(at));
        from = end;
      }
    }
  }

  /** What came before belongs to something else. */
  clear(): void {
    while (this.#slabs.length > 0) this.#drop();
  }

  close(): void {
    this.clear();
    this.#budget.leave(this);
  }
}
