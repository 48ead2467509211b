/** YCbCr of television (black at 16, white at 235) to the RGB of screens. */

/** How much of each colour difference goes into each primary, in 1/1024 for the full range of 0..255. */
export interface ColourMatrix {
  readonly crToRed: number;
  readonly cbToGreen: number;
  readonly crToGreen: number;
  readonly cbToBlue: number;
}

const FRACTION_BITS = 10;
const ONE = 1 << FRACTION_BITS;
/** Luma has 219 steps from black to white. */
const LUMA = Math.round((ONE * 255) / 219);
/** Colour differences have 224 steps from end to end. */
const chroma = (factor: number): number => Math.round((factor * ONE * 255) / 224);

const matrix = (red: number, greenOfCb: number, greenOfCr: number, blue: number): ColourMatrix => ({
  crToRed: chroma(red),
  cbToGreen: chroma(greenOfCb),
  crToGreen: chroma(greenOfCr),
  cbToBlue: chroma(blue),
});

/** @see Recommendation ITU-R BT.601 §2.5 */
export const BT_601 = matrix(1.402, 0.34414, 0.71414, 1.772);
/** @see Recommendation ITU-R BT.709 §3 */
export const BT_709 = matrix(1.5748, 0.18732, 0.46812, 1.8556);

/**
 * Writes one RGBA pixel.
 *
 * Integers with ten bits of fraction, as decoders have always done it: it is within one step of the exact value, and
 * pictures compare to the bit.
 *
 * @param transparency 0 (opaque) to 255 (invisible)
 */
export function putColour(
  target: Uint8Array,
  at: number,
  colour: { readonly y: number; readonly cb: number; readonly cr: number; readonly transparency: number },
  matrix: ColourMatrix,
): void {
  // Y = 0 means fully transparent, whatever else is coded. EN 300 743 §7.2.4
  if (colour.y === 0) {
    target.fill(0, at, at + 4);
    return;
  }
  const luma = (colour.y - 16) * LUMA + ONE / 2;
  const cb = colour.cb - 128;
  const cr = colour.cr - 128;
  target[at] = clip((luma + matrix.crToRed * cr) >> FRACTION_BITS);
  target[at + 1] = clip((luma - matrix.cbToGreen * cb - matrix.crToGreen * cr) >> FRACTION_BITS);
  target[at + 2] = clip((luma + matrix.cbToBlue * cb) >> FRACTION_BITS);
  target[at + 3] = 255 - colour.transparency;
}

const clip = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);
