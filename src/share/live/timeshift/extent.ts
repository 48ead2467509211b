import { TellyportError } from "../../../kernel/errors.ts";
import type { ExtentFile } from "./extent-folder.ts";

/** What an extent needs of the disk that it is on. */
export interface ExtentOwner {
  /** Reads in turn with all others. @throws TellyportError `segment-gone` */
  read(extent: Extent, into: Buffer, position: number): Promise<void>;
  /** Nothing in it is kept, read or written any more. */
  unused(extent: Extent): void;
  /** How many bytes one of those who read now may have in memory. */
  pieceBytes(): number;
  readers: number;
}

/** A file that is written from its beginning to its end, once, by one stream, and removed whole. */
export class Extent {
  readonly file: ExtentFile;
  readonly owner: ExtentOwner;
  /** Bytes given out so far; also the bytes that it takes on disk. */
  size = 0;
  /** Its stream let go of everything in it; who still reads it keeps it there. */
  doomed = false;
  #uses = 0;

  constructor(file: ExtentFile, owner: ExtentOwner) {
    this.file = file;
    this.owner = owner;
  }

  get uses(): number {
    return this.#uses;
  }

  /** The next stretch of it: the bytes that a segment will have once they are written. Starts with one reference. */
  reserve(length: number): ShiftedBytes {
    const bytes = new ShiftedBytes(this, this.size, length);
    this.size += length;
    this.#uses++;
    return bytes;
  }

  unuse(): void {
    if (--this.#uses === 0) this.owner.unused(this);
  }
}

/** A segment's bytes on disk. Whoever keeps or serves them holds a reference; the last release lets the extent go. */
export class ShiftedBytes {
  readonly extent: Extent;
  readonly length: number;
  readonly #position: number;
  #references = 1;

  constructor(extent: Extent, position: number, length: number) {
    this.extent = extent;
    this.#position = position;
    this.length = length;
  }

  /** @param buffers of this length @throws the system's error */
  write(buffers: readonly Buffer[]): Promise<void> {
    return this.extent.file.write(buffers, this.#position);
  }

  /** Somebody who reads them from here to there, a piece at a time. */
  reader(from: number, to: number): ShiftedReader {
    return new ShiftedReader(this, from, to);
  }

  /** @throws TellyportError `segment-gone` when the disk does not give them */
  read(into: Buffer, from: number): Promise<void> {
    return this.extent.owner.read(this.extent, into, this.#position + from);
  }

  /** @throws when they were already let go (a programmer's fault) */
  retain(): void {
    if (this.#references <= 0) throw new Error("shifted bytes were used after their last release");
    this.#references++;
  }

  release(): void {
    if (this.#references <= 0) throw new Error("shifted bytes were released more often than retained");
    if (--this.#references === 0) this.extent.unuse();
  }
}

/** Reads a stretch in order into one piece of memory, which is used again for each piece. */
export class ShiftedReader {
  readonly #bytes: ShiftedBytes;
  readonly #to: number;
  #at: number;
  #memory: Buffer | null = null;
  #closed = false;

  constructor(bytes: ShiftedBytes, from: number, to: number) {
    bytes.retain();
    bytes.extent.owner.readers++;
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
  }

  /**
   * The next piece; valid until the next call.
   * @returns null at the end
   * @throws TellyportError `segment-gone` when the disk does not give it
   */
  async next(): Promise<Buffer | null> {
    if (this.#closed || this.#at >= this.#to) return null;
    this.#memory ??= Buffer.allocUnsafeSlow(
      Math.min(this.#to - this.#at, this.#bytes.extent.owner.pieceBytes()),
    );
    const piece = this.#memory.subarray(0, Math.min(this.#memory.length, this.#to - this.#at));
    // The file must outlive the read, whoever closes this meanwhile.
    this.#bytes.retain();
    try {
      await this.#bytes.read(piece, this.#at);
    } finally {
      this.#bytes.release();
    }
    this.#at += piece.length;
    return piece;
  }

  get done(): boolean {
    return this.#at >= this.#to;
  }

  /** May be called more than once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#memory = null;
    this.#bytes.extent.owner.readers--;
    this.#bytes.release();
  }
}

/** What somebody is told whose segment was on a disk that is gone. */
export function shiftedGone(): TellyportError {
  return new TellyportError(
    "segment-gone",
    "This segment cannot be read any more. Go on at the end of the playlist.",
  );
}
