/**
 * How teletext guards its bytes. Bytes here have their first transmitted bit as the least significant one, as EN 300 706 counts;
 * {@link FIRST_BIT_LOW} turns the ones of a PES packet round.
 * @see EN 300 706 §8
 */

const bitsSet = (value: number): number => {
  let count = 0;
  for (let left = value; left !== 0; left &= left - 1) count++;
  return count;
};

/** A byte of a data unit (first transmitted bit highest, EN 300 472 §4.4) with its bits in the other order. */
export const FIRST_BIT_LOW = Uint8Array.from({ length: 256 }, (_, byte) => {
  let turned = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) turned |= 0x80 >> bit;
  return turned;
});

/** No value: more is broken than the code mends. */
export const BROKEN = -1;

/** A nibble as Hamming 8/4: data in bits 2, 4, 6, 8; all parity tests are odd. @see EN 300 706 §8.2 */
function hamming84(nibble: number): number {
  const [d1, d2, d3, d4] = [nibble & 1, (nibble >> 1) & 1, (nibble >> 2) & 1, nibble >> 3];
  const p1 = 1 ^ d1 ^ d3 ^ d4;
  const p2 = 1 ^ d1 ^ d2 ^ d4;
  const p3 = 1 ^ d1 ^ d2 ^ d3;
  const seven = p1 | (d1 << 1) | (p2 << 2) | (d2 << 3) | (p3 << 4) | (d3 << 5) | (d4 << 7);
  return seven | ((bitsSet(seven) & 1 ? 0 : 1) << 6);
}

const NIBBLES = new Int8Array(256).fill(BROKEN);
for (let nibble = 0; nibble < 16; nibble++) {
  const word = hamming84(nibble);
  NIBBLES[word] = nibble;
  for (let bit = 0; bit < 8; bit++) NIBBLES[word ^ (1 << bit)] = nibble;
}

/** @returns the nibble, one wrong bit mended; {@link BROKEN} for two @see EN 300 706 §8.2 */
export const unhamming84 = (byte: number): number => NIBBLES[byte & 0xff] ?? BROKEN;

/** @returns 18 bits, one wrong bit mended; {@link BROKEN} for two @param at where the three bytes begin @see EN 300 706 §8.3 */
export function unhamming2418(data: Uint8Array, at: number): number {
  let word = (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16);
  // Bit n of the syndrome tests the bits whose number (from 1) has bit n set: the tests spell the number of the wrong bit.
  let wrong = 0;
  for (let bit = 1; bit <= 23; bit++) if (word & (1 << (bit - 1))) wrong ^= bit;
  // Each of the five tests is odd, and so is the whole word.
  wrong ^= 0x1f;
  if (bitsSet(word) & 1) {
    if (wrong !== 0) return BROKEN;
  } else if (wrong !== 0) {
    if (wrong > 23) return BROKEN;
    word ^= 1 << (wrong - 1);
  }
  return ((word >> 2) & 1) | ((word >> 3) & 0x0e) | ((word >> 4) & 0x7f0) | ((word >> 5) & 0x3f800);
}

/** Its seven bits, or {@link BROKEN} when their number and the parity bit do not agree. @see EN 300 706 §8.1 */
export const unparity = (byte: number): number => (bitsSet(byte) & 1 ? byte & 0x7f : BROKEN);
