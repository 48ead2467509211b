import { ms } from "../../../kernel/units.ts";
import type { ElementaryParser } from "../packaging/elementary/pes.ts";

const PACKET = 188;
const SYNC = 0x47;
/** ffmpeg's first stream. */
const VIDEO_PID = 0x100;
const EMPTY = Buffer.alloc(0);

/** The one video stream of a transport stream as ffmpeg writes it. @see ISO/IEC 13818-1 §2.4.3 */
export class TsVideoReader {
  readonly #parser: ElementaryParser;
  #carry = EMPTY;
  /** Bytes of the open PES packet that are still to come; null when it does not say. */
  #left: number | null = null;

  constructor(parser: ElementaryParser) {
    this.#parser = parser;
  }

  push(chunk: Buffer): void {
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    let at = 0;
    for (; at + PACKET <= data.length; at += PACKET) {
      if (data[at] !== SYNC) {
        // Never seen; one byte on at a time, packets are found again.
        at -= PACKET - 1;
        continue;
      }
      if ((data.readUInt16BE(at + 1) & 0x1fff) === VIDEO_PID) this.#packet(data.subarray(at, at + PACKET));
    }
    this.#carry = at < data.length ? Buffer.from(data.subarray(at)) : EMPTY;
  }

  #packet(packet: Buffer): void {
    const control = (packet[3] ?? 0) >> 4;
    if ((control & 1) === 0) return;
    const from = control & 2 ? 5 + (packet[4] ?? 0) : 4;
    const payload = packet.subarray(Math.min(from, PACKET));
    if (((packet[1] ?? 0) & 0x40) === 0) this.#payload(payload, null, null);
    else if (payload.length >= 9) this.#begins(payload);
  }

  #begins(payload: Buffer): void {
    const flags = (payload[7] ?? 0) >> 6;
    const header = 9 + (payload[8] ?? 0);
    const length = payload.readUInt16BE(4);
    this.#left = length === 0 ? null : length + 6 - header;
    const pts = flags & 2 ? timeAt(payload, 9) : null;
    this.#payload(payload.subarray(header), pts, flags === 3 ? timeAt(payload, 14) : pts);
  }

  #payload(data: Buffer, pts: number | null, dts: number | null): void {
    this.#parser.push({ pts, dts, randomAccess: false, damaged: false, data, arrivedAt: ms(0) });
    if (this.#left === null) return;
    this.#left -= data.length;
    // The picture is complete, and need not wait for the next one to say so.
    if (this.#left <= 0) {
      this.#left = null;
      this.#parser.flush();
    }
  }
}

const timeAt = (data: Buffer, at: number): number =>
  (((data[at] ?? 0) >> 1) & 7) * 2 ** 30 +
  (data.readUInt16BE(at + 1) >> 1) * 2 ** 15 +
  (data.readUInt16BE(at + 3) >> 1);
