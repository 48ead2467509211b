import fc from "fast-check";
import t from "tap";
import { crc32Mpeg } from "../../src/kernel/crc32.ts";

/** The definition, bit by bit. @see ISO/IEC 13818-1 Annex A */
function bitByBit(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = (crc >>> 31) ^ ((byte >> bit) & 1);
      crc = (crc << 1) ^ (out === 1 ? 0x04c11db7 : 0);
    }
  }
  return crc >>> 0;
}

t.test("crc32: the check value of CRC-32/MPEG-2", (t) => {
  t.equal(crc32Mpeg(Buffer.from("123456789")), 0x0376e6e7);
  t.equal(crc32Mpeg(Buffer.alloc(0)), 0xffffffff);
  t.end();
});

t.test("crc32: a section with its CRC leaves nothing, also in the middle of a buffer", (t) => {
  const section = Buffer.from("00b00d0001c100000001f0002ab104b2", "hex");
  t.equal(crc32Mpeg(section), 0);
  t.equal(crc32Mpeg(section, 0, section.length - 4), 0x2ab104b2);
  t.equal(
    crc32Mpeg(Buffer.concat([Buffer.from("xyz"), section, Buffer.from("uv")]), 3, 3 + section.length),
    0,
  );
  t.end();
});

t.test("crc32: any bytes, at any place, as the definition says", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), fc.nat(80), (data, a, b) => {
      const start = Math.min(a, b, data.length);
      const end = Math.min(Math.max(a, b), data.length);
      return crc32Mpeg(Buffer.from(data), start, end) === bitByBit(data.subarray(start, end));
    }),
  );
  t.end();
});
