import { copyInto } from "../../../kernel/memory/copy.ts";
import type { MediaBytes } from "./ports.ts";

/** A fixed piece of memory that is used again. Counts who uses it; belongs to its pool when nobody does. */
class Slab {
  readonly data: Buffer;
  uses = 0;

  constructor(size: number) {
    // Shared memory is none that V8 counts as its heap's: full rings of media would make it collect garbage every ten megabytes.
    this.data = Buffer.from(new SharedArrayBuffer(size));
  }
}

export interface SlabPoolOptions {
  /** Bytes per slab; default 256 KB. */
  readonly slabBytes?: number;
  /** How many bytes of unused slabs are kept for later; default 16 MB. The rest goes back to the system. */
  readonly keepBytes?: number;
}

/**
 * Media memory. Segments are written into slabs, and a slab is used again only after the last reference to any segment in
 * it is released: a slow client can never receive other bytes than it was promised.
 */
export class SlabPool {
  readonly #slabBytes: number;
  readonly #keep: number;
  readonly #free: Slab[] = [];
  #inUse = 0;
  #writers = 0;

  constructor(options: SlabPoolOptions = {}) {
    this.#slabBytes = options.slabBytes ?? 256 * 1024;
    this.#keep = Math.floor((options.keepBytes ?? 16 * 1024 * 1024) / this.#slabBytes);
  }

  /** Bytes of slabs that hold media, and of those that wait for some. */
  get stats(): { readonly inUseBytes: number; readonly freeBytes: number } {
    return { inUseBytes: this.#inUse * this.#slabBytes, freeBytes: this.#free.length * this.#slabBytes };
  }

  writer(): SlabWriter {
    this.#writers++;
    return new SlabWriter({
      closed: () => {
        // Nobody makes media any more: what waits for some is the system's.
        if (--this.#writers === 0) this.#free.length = 0;
      },
      take: () => {
        const slab = this.#free.pop() ?? new Slab(this.#slabBytes);
        this.#inUse++;
        slab.uses = 1;
        return slab;
      },
      release: (slab) => {
        if (--slab.uses > 0) return;
        this.#inUse--;
        if (this.#writers > 0 && this.#free.length < this.#keep) this.#free.push(slab);
      },
    });
  }
}

interface SlabSource {
  take(): Slab;
  /** One use less. */
  release(slab: Slab): void;
  /** The writer takes no more. */
  closed(): void;
}

/** A stretch of bytes in one slab that belongs to one writer's unfinished output. */
interface Stretch {
  readonly slab: Slab;
  readonly start: number;
  end: number;
}

/** Writes one rendition's payload into slabs, one copy, and hands it out from the front in pieces. */
export class SlabWriter {
  readonly #source: SlabSource;
  /** Written and not handed out yet. */
  #stretches: Stretch[] = [];
  /** The slab that is being filled; the writer itself is one of its users. */
  #slab: Slab | null = null;
  #used = 0;
  #closed = false;

  constructor(source: SlabSource) {
    this.#source = source;
  }

  /** Copies the bytes behind those already written. */
  write(data: Buffer): void {
    for (let at = 0; at < data.length;) {
      const stretch = this.#room();
      const count = Math.min(data.length - at, stretch.slab.data.length - this.#used);
      copyInto(stretch.slab.data, this.#used, count === data.length ? data : data.subarray(at, at + count));
      at += count;
      this.#used += count;
      stretch.end = this.#used;
    }
  }

  /** Where the next byte goes: the last stretch, or a new one. */
  #room(): Stretch {
    if (this.#slab !== null && this.#used === this.#slab.data.length) {
      this.#source.release(this.#slab);
      this.#slab = null;
    }
    if (this.#slab === null) {
      this.#slab = this.#source.take();
      this.#used = 0;
    }
    const last = this.#stretches.at(-1);
    if (last !== undefined && last.slab === this.#slab) return last;
    this.#slab.uses++;
    const stretch: Stretch = { slab: this.#slab, start: this.#used, end: this.#used };
    this.#stretches.push(stretch);
    return stretch;
  }

  /** Takes the first `length` bytes out. @throws RangeError when fewer were written (a programmer's fault) */
  take(length: number): MediaPiece {
    const slabs: Slab[] = [];
    const buffers: Buffer[] = [];
    let left = length;
    while (left > 0) {
      const first = this.#stretches[0];
      if (first === undefined) throw new RangeError(`${left} bytes more were asked for than were written`);
      const count = Math.min(left, first.end - first.start);
      buffers.push(first.slab.data.subarray(first.start, first.start + count));
      slabs.push(first.slab);
      left -= count;
      if (count === first.end - first.start) this.#stretches.shift();
      else {
        this.#stretches[0] = { slab: first.slab, start: first.start + count, end: first.end };
        first.slab.uses++;
      }
    }
    return { buffers, release: () => slabs.forEach((slab) => this.#source.release(slab)) };
  }

  /** Gives up what was not taken, and the slab at hand. */
  close(): void {
    for (const { slab } of this.#stretches) this.#source.release(slab);
    this.#stretches = [];
    if (this.#slab !== null) this.#source.release(this.#slab);
    this.#slab = null;
    if (!this.#closed) this.#source.closed();
    this.#closed = true;
  }
}

/** Bytes taken from a writer: one use of each slab. */
export interface MediaPiece {
  readonly buffers: readonly Buffer[];
  release(): void;
}

/** A segment or a part: some small buffers of its own and pieces of slabs. Starts with one reference. */
export class SlabMedia implements MediaBytes {
  readonly buffers: readonly Buffer[];
  readonly length: number;
  readonly #pieces: readonly MediaPiece[];
  #references = 1;

  constructor(buffers: readonly Buffer[], pieces: readonly MediaPiece[]) {
    this.buffers = buffers;
    this.length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    this.#pieces = pieces;
  }

  retain(): void {
    if (this.#references <= 0) throw new Error("media bytes were used after their last release");
    this.#references++;
  }

  release(): void {
    if (this.#references <= 0) throw new Error("media bytes were released more often than retained");
    if (--this.#references > 0) return;
    for (const piece of this.#pieces) piece.release();
  }
}
