/** RTP as transport streams come in it: the fixed header, and what its sequence numbers tell. Pure, without an object per packet. */

/** MPEG-2 transport stream. @see RFC 3551 §6 */
export const RTP_PAYLOAD_MP2T = 33;

const VERSION = 2;
const FIXED_BYTES = 12;
const MODULUS = 0x10000;
/** A step forward of more than this is another stream, or a stray packet. @see RFC 3550 A.1 */
const MAX_DROPOUT = 3000;
/** A step back of more than this likewise. @see RFC 3550 A.1 */
const MAX_MISORDER = 100;
/** Places remembered to tell a late packet from one that came already: a power of two above MAX_MISORDER. */
const REMEMBERED = 128;

/** Reads one header after the other into itself. @see RFC 3550 §5.1 */
export class RtpHeader {
  /** Bytes from the start of the buffer. */
  payloadOffset = 0;
  /** Bytes, without padding; 0 is a packet that carries nothing. */
  payloadLength = 0;
  payloadType = 0;
  marker = false;
  /** 0..65535 */
  sequence = 0;
  /** 32 bits; 90 kHz for {@link RTP_PAYLOAD_MP2T}. */
  timestamp = 0;
  /** 32 bits. */
  ssrc = 0;

  /**
   * Reads the packet in `bytes[from..to)`.
   * @param from default 0
   * @param to default the buffer's end
   * @returns false for what is no RTP packet of version 2; the fields are as they were then
   */
  read(bytes: Buffer, from = 0, to = bytes.length): boolean {
    if (to > bytes.length || from < 0 || to - from < FIXED_BYTES) return false;
    const first = bytes[from]!;
    if (first >> 6 !== VERSION) return false;
    let offset = from + FIXED_BYTES + 4 * (first & 0x0f);
    if ((first & 0x10) !== 0) {
      if (offset + 4 > to) return false;
      offset += 4 + 4 * bytes.readUInt16BE(offset + 2);
    }
    let length = to - offset;
    if ((first & 0x20) !== 0) {
      const padding = length > 0 ? bytes[to - 1]! : 0;
      if (padding === 0) return false;
      length -= padding;
    }
    if (length < 0) return false;
    const second = bytes[from + 1]!;
    this.payloadOffset = offset;
    this.payloadLength = length;
    this.payloadType = second & 0x7f;
    this.marker = (second & 0x80) !== 0;
    this.sequence = bytes.readUInt16BE(from + 2);
    this.timestamp = bytes.readUInt32BE(from + 4);
    this.ssrc = bytes.readUInt32BE(from + 8);
    return true;
  }
}

/**
 * Where a packet stands: `next` in order (the first of all too); `gap`: something before it is missing, or another stream began;
 * `late`: one of those that were missing; `duplicate`: it came already; `stray`: so far off that it is none of this stream.
 */
export type RtpPlace = "next" | "gap" | "late" | "duplicate" | "stray";

/** Accounts for the sequence numbers of one stream. @see RFC 3550 §5.1, A.1, A.3 */
export class RtpSequence {
  /** Packets of the stream that came, duplicates and strays not among them. */
  received = 0;
  /** Numbers that were passed over and have not come since. */
  lost = 0;
  /** Packets that came after one with a higher number. Who cannot put them in their place has lost them as well. */
  reordered = 0;
  duplicates = 0;
  /** Times that another stream took the place of the one before: what was lost between them is unknown. */
  restarts = 0;
  #highest = -1;
  #ssrc = 0;
  /** The number after a stray one: two in a row are a new stream. */
  #afterStray = -1;
  /** Number last seen in each place. */
  readonly #seen = new Int32Array(REMEMBERED).fill(-1);

  /**
   * @param sequence 0..65535
   * @param ssrc the source; another one than before is another stream
   */
  push(sequence: number, ssrc: number): RtpPlace {
    if (this.#highest < 0) return this.#begin(sequence, ssrc, "next");
    if (ssrc !== this.#ssrc) return this.#restart(sequence, ssrc);
    const step = (sequence - this.#highest + MODULUS) % MODULUS;
    if (step === 0) return this.#twice();
    if (step < MAX_DROPOUT) {
      this.lost += step - 1;
      this.#highest = sequence;
      this.#take(sequence);
      return step === 1 ? "next" : "gap";
    }
    if (step >= MODULUS - MAX_MISORDER) {
      if (this.#seen[sequence % REMEMBERED] === sequence) return this.#twice();
      // One from before the first is not missed by anybody.
      this.lost = Math.max(0, this.lost - 1);
      this.reordered++;
      this.#take(sequence);
      return "late";
    }
    if (sequence === this.#afterStray) return this.#restart(sequence, ssrc);
    this.#afterStray = (sequence + 1) % MODULUS;
    return "stray";
  }

  /** Another stream is expected: its first packet is in order whatever its number. The counters stay. */
  reset(): void {
    this.#highest = -1;
  }

  #begin(sequence: number, ssrc: number, place: RtpPlace): RtpPlace {
    this.#seen.fill(-1);
    this.#highest = sequence;
    this.#ssrc = ssrc;
    this.#take(sequence);
    return place;
  }

  #restart(sequence: number, ssrc: number): RtpPlace {
    this.restarts++;
    return this.#begin(sequence, ssrc, "gap");
  }

  #take(sequence: number): void {
    this.received++;
    this.#afterStray = -1;
    this.#seen[sequence % REMEMBERED] = sequence;
  }

  #twice(): RtpPlace {
    this.duplicates++;
    return "duplicate";
  }
}
