import type { MediaBytes } from "./ports.ts";

/** Several pieces one after another, the same memory: a segment out of its parts. Starts with one reference. */
export class JoinedMedia implements MediaBytes {
  readonly buffers: readonly Buffer[];
  readonly length: number;
  readonly #pieces: readonly MediaBytes[];

  /** Takes over one reference to each piece. */
  constructor(pieces: readonly MediaBytes[]) {
    this.#pieces = pieces;
    this.buffers = pieces.flatMap(({ buffers }) => buffers);
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  retain(): void {
    for (const piece of this.#pieces) piece.retain();
  }

  release(): void {
    for (const piece of this.#pieces) piece.release();
  }
}
