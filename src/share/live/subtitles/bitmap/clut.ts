import { BT_601, BT_709, putColour } from "./colour.ts";
import { DEFAULT_CLUTS, type Depth } from "./default-cluts.ts";

/** 2-bit, 4-bit and 8-bit/entry_CLUT_flag. */
const DEPTH_FLAGS: readonly (readonly [Depth, number])[] = [
  [2, 0x80],
  [4, 0x40],
  [8, 0x20],
];
const FULL_RANGE = 0x01;
const SDR_BT_709 = 0;

/**
 * One CLUT family: a colour table per pixel depth. A palette that was handed out is never written to again, so that who
 * keeps a picture keeps its colours.
 */
export class ClutFamily {
  readonly #palettes: Record<Depth, Uint8Array> = { ...DEFAULT_CLUTS };
  /** RGBA of the first entries, in better colours than the 8-bit table has. */
  #alternative: Uint8Array | null = null;
  #merged: Uint8Array | null = null;

  /** RGBA, 2^depth entries; another array when the colours have changed. */
  palette(depth: Depth): Uint8Array {
    if (depth !== 8 || this.#alternative === null) return this.#palettes[depth];
    if (this.#merged === null) {
      this.#merged = this.#palettes[8].slice();
      this.#merged.set(this.#alternative);
    }
    return this.#merged;
  }

  /**
   * A CLUT definition segment. Its colours are those of BT.601 whatever the display's size: the standard has no other
   * reading, and leaves BT.709 to the alternative table. @see EN 300 743 §7.2.4
   * @param body what follows segment_length
   */
  define(body: Buffer): void {
    const written = new Set<Depth>();
    const fresh = (depth: Depth): Uint8Array => {
      if (!written.has(depth)) this.#palettes[depth] = this.#palettes[depth].slice();
      written.add(depth);
      return this.#palettes[depth];
    };
    for (let at = 2; at + 4 <= body.length;) {
      const entry = body.readUInt8(at);
      const flags = body.readUInt8(at + 1);
      const full = (flags & FULL_RANGE) !== 0;
      if (full && at + 6 > body.length) break;
      const colour = full ? fullColour(body, at + 2) : shortColour(body.readUInt16BE(at + 2));
      at += full ? 6 : 4;
      for (const [depth, flag] of DEPTH_FLAGS)
        if ((flags & flag) !== 0 && entry < 1 << depth) putColour(fresh(depth), entry * 4, colour, BT_601);
    }
    if (written.size > 0) this.#merged = null;
  }

  /**
   * An alternative CLUT segment. Only BT.709 is taken, which is what screens show; for wider gamuts and HDR the colours
   * of the CLUT definition segment stay, which must be there as their equivalent. @see EN 300 743 §7.2.8
   * @param body what follows segment_length
   */
  offer(body: Buffer): void {
    if (body.length < 4) return;
    const parameters = body.readUInt8(2);
    const tenBits = ((parameters >> 1) & 7) === 1;
    if ((parameters & 0xf0) !== 0 || (parameters & 0x0e) > 2 || body[3] !== SDR_BT_709) return;
    const size = tenBits ? 5 : 4;
    const entries = Math.min(256, Math.floor((body.length - 4) / size));
    const colours = new Uint8Array(entries * 4);
    for (let entry = 0; entry < entries; entry++) {
      const at = 4 + entry * size;
      const [y = 0, cb = 0, cr = 0, transparency = 0] = tenBits ? tenBitValues(body, at) : body.subarray(at);
      putColour(colours, entry * 4, { y, cb, cr, transparency }, BT_709);
    }
    this.#alternative = colours;
    this.#merged = null;
  }
}

/** Four bytes Y, Cr, Cb, T. */
const fullColour = (body: Buffer, at: number) => ({
  y: body.readUInt8(at),
  cr: body.readUInt8(at + 1),
  cb: body.readUInt8(at + 2),
  transparency: body.readUInt8(at + 3),
});

/** The most significant 6, 4, 4 and 2 bits of Y, Cr, Cb and T. */
const shortColour = (bits: number) => ({
  y: (bits >> 8) & 0xfc,
  cr: (bits >> 2) & 0xf0,
  cb: (bits << 2) & 0xf0,
  transparency: (bits << 6) & 0xc0,
});

/** Four values of ten bits, the upper eight of each. */
function tenBitValues(body: Buffer, at: number): number[] {
  const bits = body.readUIntBE(at, 5);
  return [30, 20, 10, 0].map((shift) => (Math.floor(bits / 2 ** shift) & 0x3ff) >> 2);
}
