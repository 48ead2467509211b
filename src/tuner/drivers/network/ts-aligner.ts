import type { Milliseconds } from "../../../kernel/units.ts";
import { PACKET_BYTES, SYNC_BYTE } from "../../mpegts/packet.ts";
import { findPackets, packetsInRow } from "../../mpegts/resync.ts";

/** Bytes held while packets are looked for. */
const SEARCH_BYTES = 16 * 1024;
/** Of those, what may still be the beginning of five packets. */
const KEPT_BYTES = 5 * PACKET_BYTES - 1;

/** Where aligned packets go: the part of a driver's sink that a stream of bytes needs. */
export interface AlignedSink {
  packets(chunk: Buffer, at: Milliseconds): void;
  syncLoss(): void;
}

/**
 * Finds the packets in a stream of bytes that comes in pieces of any length. What lies whole within a piece is handed on where
 * it is; only a packet that two pieces share is copied.
 */
export class TsAligner {
  readonly #sink: AlignedSink;
  readonly #held = Buffer.allocUnsafe(SEARCH_BYTES);
  #heldBytes = 0;
  #aligned = false;
  #delivered = false;
  #skipped = 0;

  constructor(sink: AlignedSink) {
    this.#sink = sink;
  }

  /** Whether packets were ever found. */
  get found(): boolean {
    return this.#delivered;
  }

  /** Bytes that were no packets, since the beginning. */
  get skipped(): number {
    return this.#skipped;
  }

  push(piece: Buffer, at: Milliseconds): void {
    for (let from = 0; from < piece.length;)
      from = this.#aligned ? this.#follow(piece, from, at) : this.#search(piece, from, at);
  }

  /** @returns up to where the piece was used */
  #follow(piece: Buffer, from: number, at: Milliseconds): number {
    if (this.#heldBytes > 0) {
      const missing = Math.min(PACKET_BYTES - this.#heldBytes, piece.length - from);
      piece.copy(this.#held, this.#heldBytes, from, from + missing);
      this.#heldBytes += missing;
      from += missing;
      if (this.#heldBytes < PACKET_BYTES) return from;
      this.#heldBytes = 0;
      this.#sink.packets(this.#held.subarray(0, PACKET_BYTES), at);
    }
    const count = packetsInRow(piece, from, piece.length, PACKET_BYTES);
    if (count > 0) this.#sink.packets(piece.subarray(from, from + count * PACKET_BYTES), at);
    from += count * PACKET_BYTES;
    if (from === piece.length) return from;
    if (piece[from] !== SYNC_BYTE) {
      this.#lose();
      return from;
    }
    this.#heldBytes = piece.copy(this.#held, 0, from);
    return piece.length;
  }

  #search(piece: Buffer, from: number, at: Milliseconds): number {
    const taken = piece.copy(this.#held, this.#heldBytes, from);
    this.#heldBytes += taken;
    const position = findPackets(this.#held, 0, this.#heldBytes, { stride: PACKET_BYTES });
    if (position === null) this.#drop(Math.max(0, this.#heldBytes - KEPT_BYTES));
    else {
      this.#drop(position.offset);
      this.#deliverHeld(at);
    }
    return from + taken;
  }

  #deliverHeld(at: Milliseconds): void {
    const bytes = packetsInRow(this.#held, 0, this.#heldBytes, PACKET_BYTES) * PACKET_BYTES;
    this.#aligned = true;
    this.#delivered = true;
    this.#sink.packets(this.#held.subarray(0, bytes), at);
    this.#held.copyWithin(0, bytes, this.#heldBytes);
    this.#heldBytes -= bytes;
    if (this.#heldBytes > 0 && this.#held[0] !== SYNC_BYTE) this.#lose();
    // At most the search's bytes are held, and a packet that follows needs room: the rest is not looked at again.
    if (!this.#aligned) this.#drop(Math.max(0, this.#heldBytes - KEPT_BYTES));
  }

  #drop(bytes: number): void {
    if (bytes === 0) return;
    this.#skipped += bytes;
    this.#held.copyWithin(0, bytes, this.#heldBytes);
    this.#heldBytes -= bytes;
  }

  #lose(): void {
    this.#aligned = false;
    this.#sink.syncLoss();
  }
}
