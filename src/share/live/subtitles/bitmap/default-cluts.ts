/** What a colour table holds until the stream says otherwise. @see EN 300 743 §10 */

/** Bits of a pixel code. */
export type Depth = 2 | 4 | 8;

const HALF = 127;
const FULL = 255;

function palette(entries: number, rgba: (entry: number) => readonly number[]): Uint8Array {
  const bytes = new Uint8Array(entries * 4);
  for (let entry = 0; entry < entries; entry++) bytes.set(rgba(entry), entry * 4);
  return bytes;
}

/** The lowest three bits of a pixel code are red, green and blue. */
const primaries = (code: number, level: number): number[] => [
  code & 1 ? level : 0,
  code & 2 ? level : 0,
  code & 4 ? level : 0,
];

/** @see EN 300 743 §10.3 */
const TWO_BITS = palette(
  4,
  (entry) =>
    [
      [0, 0, 0, 0],
      [FULL, FULL, FULL, FULL],
      [0, 0, 0, FULL],
      [HALF, HALF, HALF, FULL],
    ][entry] ?? [],
);

/** @see EN 300 743 §10.2 */
const FOUR_BITS = palette(16, (entry) =>
  entry === 0 ? [0, 0, 0, 0] : [...primaries(entry, entry < 8 ? FULL : HALF), FULL],
);

/** @see EN 300 743 §10.1 */
const EIGHT_BITS = palette(256, (entry) => {
  if (entry === 0) return [0, 0, 0, 0];
  // Eight strong colours that are three quarters transparent.
  if (entry < 8) return [...primaries(entry, FULL), 63];
  const dark = (entry & 0x80) !== 0;
  const coarse = primaries(entry >> 4, dark ? 85 : 170);
  const fine = primaries(entry, dark ? 43 : 85);
  const light = (entry & 0x88) === 0x80 ? HALF : 0;
  const colour = coarse.map((value, index) => value + (fine[index] ?? 0) + light);
  return [...colour, (entry & 0x88) === 0x08 ? HALF : FULL];
});

/** RGBA, 2^depth entries; never written to. */
export const DEFAULT_CLUTS: Readonly<Record<Depth, Uint8Array>> = {
  2: TWO_BITS,
  4: FOUR_BITS,
  8: EIGHT_BITS,
};

/** Which entry of a deeper table stands for a shallow pixel code. @see EN 300 743 §10.4, §10.5, §10.6 */
export const DEFAULT_MAPS = {
  twoToFour: [0x0, 0x7, 0x8, 0xf],
  twoToEight: [0x00, 0x77, 0x88, 0xff],
  fourToEight: Array.from({ length: 16 }, (_, code) => code * 0x11),
} as const;
