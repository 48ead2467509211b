/**
 * Where the machine-readable frame counter lies in every picture of the mock, as fractions of width and height, and how a
 * value becomes blocks. The drawing (scripts/make-mock-loops.mjs) and the reading (test/helpers/picture-counter.ts) both
 * come from here.
 *
 * The value is Gray coded: from one picture to the next exactly one data block and the parity block change, also from 255
 * to 0. A picture that blends two neighbours (a deinterlacer, a scaler in time) thus fails the parity or reads as one of them.
 */
export const COUNTER_GEOMETRY = {
  /** Left edge of the first block. */
  left: 2 / 16,
  /** Width of one block. */
  blockWidth: 1 / 16,
  /** Upper edge of the row. */
  top: 0.8,
  /** Height of the row. */
  height: 0.11,
  /** Blocks from left to right: `white` and `black` calibrate, `0`..`7` are the bits of the Gray code, `parity` makes the number of white data blocks even. */
  blocks: ["white", "black", 7, 6, 5, 4, 3, 2, 1, 0, "parity", "white"],
} as const;

export type CounterBlock = (typeof COUNTER_GEOMETRY.blocks)[number];

/** Values of the counter: pictures in a loop. */
export const COUNTER_VALUES = 256;

/** @returns for a counter value (0..255), true for every block that is white, in the order of the geometry */
export function counterBlocks(value: number): boolean[] {
  const gray = value ^ (value >> 1);
  let parity = false;
  for (let bit = 0; bit < 8; bit++) if (((gray >> bit) & 1) === 1) parity = !parity;
  return COUNTER_GEOMETRY.blocks.map((block) => {
    if (block === "white") return true;
    if (block === "black") return false;
    if (block === "parity") return parity;
    return ((gray >> block) & 1) === 1;
  });
}

/** The reverse of {@link counterBlocks}. @returns null when calibration or parity is wrong */
export function counterValue(white: readonly boolean[]): number | null {
  let gray = 0;
  let ones = 0;
  for (const [index, block] of COUNTER_GEOMETRY.blocks.entries()) {
    const lit = white[index];
    if (lit === undefined) return null;
    if (block === "white" || block === "black") {
      if (lit !== (block === "white")) return null;
    } else if (lit) {
      ones++;
      if (block !== "parity") gray |= 1 << block;
    }
  }
  if (ones % 2 !== 0) return null;
  let value = gray;
  for (let shift = 1; shift < 8; shift <<= 1) value ^= value >> shift;
  return value;
}
