import fc from "fast-check";
import t from "tap";
import {
  decodeBcd,
  decodeBcdDigits,
  decodeDuration,
  decodeUtc,
  encodeBcd,
  encodeDuration,
  encodeUtc,
} from "../../../src/tuner/si/time.ts";

t.test("si time: the examples of EN 300 468", (t) => {
  // §5.2.5: 93/10/13 12:45:00 is coded as 0xC079124500.
  t.equal(decodeUtc(Buffer.from("c079124500", "hex"), 0), Date.UTC(1993, 9, 13, 12, 45));
  // §5.2.4: 01:45:30 is coded as 0x014530.
  t.equal(decodeDuration(Buffer.from("014530", "hex"), 0), ((1 * 60 + 45) * 60 + 30) * 1000);
  // Annex C: MJD 45218 is 1982 September 6.
  t.equal(decodeUtc(Buffer.from([45218 >> 8, 45218 & 0xff, 0, 0, 0]), 0), Date.UTC(1982, 8, 6));
  t.end();
});

t.test("si time: what is no time is null", (t) => {
  t.equal(decodeUtc(Buffer.alloc(5, 0xff), 0), null);
  for (const bad of ["c0791a4500", "c079124560", "c079126000", "c079240000", "c0799900f0"]) {
    t.equal(decodeUtc(Buffer.from(bad, "hex"), 0), null, bad);
  }
  t.equal(decodeDuration(Buffer.alloc(3, 0xff), 0), null);
  t.equal(decodeDuration(Buffer.from("240000", "hex"), 0), 86_400_000);
  t.equal(decodeBcd(0xa0), null);
  t.equal(decodeBcd(0x0a), null);
  t.end();
});

t.test("si time: there and back", (t) => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 99 }), (value) => decodeBcd(encodeBcd(value)) === value));
  fc.assert(
    fc.property(fc.integer({ min: -40587 * 86400, max: (65535 - 40587) * 86400 + 86399 }), (seconds) => {
      return decodeUtc(encodeUtc(seconds * 1000), 0) === seconds * 1000;
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 359_999 }), (seconds) => {
      return decodeDuration(encodeDuration(seconds * 1000), 0) === seconds * 1000;
    }),
  );
  t.same(encodeUtc(null), Buffer.alloc(5, 0xff));
  t.throws(() => encodeDuration(-1000), RangeError);
  t.throws(() => encodeUtc(Date.UTC(2040, 0)), RangeError);
  t.end();
});

t.test("si time: BCD digits, also beginning in the middle of nowhere", (t) => {
  const bytes = Buffer.from("0123456789", "hex");
  t.equal(decodeBcdDigits(bytes, 0, 10), 123456789);
  t.equal(decodeBcdDigits(bytes, 1, 3), 234);
  t.equal(decodeBcdDigits(Buffer.from("0f", "hex"), 0, 2), null);
  t.end();
});
