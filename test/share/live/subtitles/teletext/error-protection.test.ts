import t from "tap";
import {
  BROKEN,
  FIRST_BIT_LOW,
  unhamming2418,
  unhamming84,
  unparity,
} from "../../../../../src/share/live/subtitles/teletext/error-protection.ts";
import { hamming2418, hamming84, parity } from "./teletext-builder.ts";

t.test("teletext: Hamming 8/4 mends one bit and knows two", (t) => {
  t.equal(hamming84(0), 0x15, "as in EN 300 706 Table 2");
  t.equal(hamming84(15), 0xea);
  for (let nibble = 0; nibble < 16; nibble++) {
    const word = hamming84(nibble);
    t.equal(unhamming84(word), nibble);
    for (let one = 0; one < 8; one++) {
      t.equal(unhamming84(word ^ (1 << one)), nibble);
      for (let two = 0; two < one; two++) t.equal(unhamming84(word ^ (1 << one) ^ (1 << two)), BROKEN);
    }
  }
  t.end();
});

t.test("teletext: Hamming 24/18 mends one bit and knows two", (t) => {
  let [mended, known] = [0, 0];
  for (const value of [0, 1, 0x3ffff, 0x2a5c3, 0x15a3c, 0x00800, 0x20000]) {
    const word = hamming2418(value);
    const flipped = (...bits: number[]): Uint8Array => {
      const data = Uint8Array.from([0xaa, ...word]);
      for (const bit of bits) data[1 + (bit >> 3)] = (data[1 + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
      return data;
    };
    t.equal(unhamming2418(flipped(), 1), value);
    for (let one = 0; one < 24; one++) {
      if (unhamming2418(flipped(one), 1) === value) mended++;
      for (let two = 0; two < one; two++) if (unhamming2418(flipped(one, two), 1) === BROKEN) known++;
    }
  }
  t.equal(mended, 7 * 24);
  t.equal(known, (7 * 24 * 23) / 2);
  t.end();
});

t.test("teletext: parity and the order of bits", (t) => {
  for (let code = 0; code < 128; code++) {
    t.equal(unparity(parity(code)), code);
    t.equal(unparity(parity(code) ^ 0x10), BROKEN);
  }
  t.equal(FIRST_BIT_LOW[0xe4], 0x27, "the framing code in both orders");
  t.equal(FIRST_BIT_LOW[0x01], 0x80);
  t.end();
});
