import { PACKET_BYTES } from "../../mpegts/packet.ts";

/** 8 MiB and a little: 1.7 s of 40 Mbit/s, longer than the main thread ever pauses. The kernel's buffer is as large again. */
export const RING_PACKETS = 44_800;

/** Index of each word in the control block. */
const READ_AT = 0;
const BEATS = 1;
const COMMANDS = 2;
const CONTROL_WORDS = 4;

/** Memory that the thread of a tuner and the main thread share. */
export interface SharedMemory {
  readonly packets: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

export function shareMemory(packets = RING_PACKETS): SharedMemory {
  return {
    packets: new SharedArrayBuffer(packets * PACKET_BYTES),
    control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
  };
}

/**
 * The thread's side of a ring of packets. There is one writer and one reader; where the writer is goes with the messages, where
 * the reader is stands in the control block. One place stays empty, so that full and empty differ.
 */
export class RingWriter {
  readonly #bytes: Buffer;
  readonly #control: Int32Array;
  readonly #capacity: number;
  #at = 0;

  constructor(memory: SharedMemory) {
    this.#bytes = Buffer.from(memory.packets);
    this.#control = new Int32Array(memory.control);
    this.#capacity = memory.packets.byteLength / PACKET_BYTES;
  }

  /** Where the next packet goes: the index that the reader is told. */
  get at(): number {
    return this.#at;
  }

  /** Packets that fit. */
  get room(): number {
    const used = (this.#at - Atomics.load(this.#control, READ_AT) + this.#capacity) % this.#capacity;
    return this.#capacity - 1 - used;
  }

  /** Copies whole packets in: as many of them as there is room for must be asked before. */
  write(source: Buffer, from: number, packets: number): void {
    const first = Math.min(packets, this.#capacity - this.#at);
    source.copy(this.#bytes, this.#at * PACKET_BYTES, from, from + first * PACKET_BYTES);
    if (packets > first)
      source.copy(this.#bytes, 0, from + first * PACKET_BYTES, from + packets * PACKET_BYTES);
    this.#at = (this.#at + packets) % this.#capacity;
  }

  /** Says that the thread lives. */
  beat(): void {
    Atomics.add(this.#control, BEATS, 1);
  }

  /** How many commands were announced. */
  get announced(): number {
    return Atomics.load(this.#control, COMMANDS);
  }

  /** Sleeps until a command is announced beyond `seen`, or `ms` have passed. */
  sleep(seen: number, ms: number): void {
    Atomics.wait(this.#control, COMMANDS, seen, ms);
  }
}

/** The main thread's side. */
export class RingReader {
  readonly #bytes: Buffer;
  readonly #control: Int32Array;
  readonly #capacity: number;
  #at = 0;

  constructor(memory: SharedMemory) {
    this.#bytes = Buffer.from(memory.packets);
    this.#control = new Int32Array(memory.control);
    this.#capacity = memory.packets.byteLength / PACKET_BYTES;
  }

  /** Hands what was written before `end` to `take`, in one piece or two, and gives the places back. */
  read(end: number, take: (chunk: Buffer) => void): void {
    if (end < this.#at) {
      take(this.#bytes.subarray(this.#at * PACKET_BYTES));
      this.#at = 0;
    }
    if (end > this.#at) take(this.#bytes.subarray(this.#at * PACKET_BYTES, end * PACKET_BYTES));
    this.skip(end);
  }

  /** Gives places back unread. */
  skip(end: number): void {
    this.#at = end;
    Atomics.store(this.#control, READ_AT, end);
  }

  /** Grows while the thread lives. */
  get beats(): number {
    return Atomics.load(this.#control, BEATS);
  }

  /** Wakes the thread for a command that was posted. */
  announce(): void {
    Atomics.add(this.#control, COMMANDS, 1);
    Atomics.notify(this.#control, COMMANDS);
  }

  get capacity(): number {
    return this.#capacity;
  }
}
