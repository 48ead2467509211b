/** Generator x^32+x^26+x^23+x^22+x^16+x^12+x^11+x^10+x^8+x^7+x^5+x^4+x^2+x+1, most significant bit first. */
const POLYNOMIAL = 0x04c11db7;

/**
 * Four tables of 256: `TABLES[k * 256 + b]` is the remainder of byte `b` followed by `k` zero bytes.
 * Signed, because that is what the engine computes with: unsigned words would become floating point numbers.
 */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte << 24;
    for (let bit = 0; bit < 8; bit++) {
      remainder = (remainder << 1) ^ (remainder < 0 ? POLYNOMIAL : 0);
    }
    tables[byte] = remainder;
  }
  for (let at = 256; at < tables.length; at++) {
    const previous = tables[at - 256] ?? 0;
    tables[at] = (previous << 8) ^ (tables[previous >>> 24] ?? 0);
  }
  return tables;
}

/**
 * CRC-32/MPEG-2 of `data[start, end)`: initial value all ones, nothing reflected, nothing inverted at the end. Over a
 * whole section, its CRC_32 field included, the result is 0.
 * @param start default 0
 * @param end default the end of `data`
 * @returns 0..2^32-1
 * @see ISO/IEC 13818-1 Annex A
 */
export function crc32Mpeg(data: Buffer, start = 0, end = data.length): number {
  let crc = -1;
  let at = start;
  // Four bytes a step: the tables say what each of them has become by the end of the step.
  for (; at + 4 <= end; at += 4) {
    const word = crc ^ ((data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!);
    crc =
      TABLES[768 + (word >>> 24)]! ^
      TABLES[512 + ((word >>> 16) & 0xff)]! ^
      TABLES[256 + ((word >>> 8) & 0xff)]! ^
      TABLES[word & 0xff]!;
  }
  for (; at < end; at++) crc = (crc << 8) ^ TABLES[(crc >>> 24) ^ data[at]!]!;
  return crc >>> 0;
}
