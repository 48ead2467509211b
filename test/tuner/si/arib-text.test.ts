import fc from "fast-check";
import t from "tap";
import { decodeAribText } from "../../../src/tuner/si/arib-text.ts";
import { decodeDvbText } from "../../../src/tuner/si/text.ts";

const decode = (hex: string): string => decodeAribText(Buffer.from(hex.replaceAll(" ", ""), "hex"));

t.test("si arib: kanji to the left, hiragana to the right, as text begins", (t) => {
  // JIS X 0208: 日 467c, 本 4b5c, 語 386c.
  t.equal(decode("467c 4b5c 386c"), "日本語");
  t.equal(decode("a2 a4 a6 f9 fa fb fc fd fe"), "あいうー。「」、・");
  t.equal(decode("467c ce 467c"), "日の日");
  t.equal(decode("467c 20 467c a0"), "日 日 ");
  t.equal(decode("2330 2331"), "０１", "wide digits are characters of their own");
  t.equal(decode("f4"), "\uFFFD");
  t.end();
});

t.test("si arib: shifts, locking and single", (t) => {
  t.equal(decode("0e 4e484b 0f 467c"), "NHK日", "LS1, LS0");
  t.equal(decode("0e 5c7e"), "¥‾");
  t.equal(decode("1b7c c6ecd3 f9"), "テレビー", "LS3R: katakana");
  t.equal(decode("1b7e ceC8cb"), "NHK", "LS1R");
  t.equal(decode("1b6f 4b48 0f 467c"), "ニト日", "LS3");
  t.equal(decode("1d 46 467c"), "テ日", "SS3 for one character");
  t.equal(decode("19 22 467c"), "あ日", "SS2");
  t.end();
});

t.test("si arib: designations", (t) => {
  t.equal(decode("1b284a 4142"), "AB", "G0 alphanumeric");
  t.equal(decode("1b2849 3132"), "ｱｲ", "JIS X 0201");
  t.equal(decode("1b243b 7a56 7d60 7e61"), "[字]☀①", "additional symbols as a set");
  t.equal(decode("1b2442 467c"), "日");
  t.equal(decode("1b242939 0e 467c"), "日", "G1 kanji of JIS X 0213 plane 1");
  t.equal(decode("1b282041 3132 1b2442 467c"), "日", "what the broadcaster drew is left out");
  t.equal(decode("1b24282040 3132 1b2442 467c"), "日");
  t.equal(decode("1b2832 3132 1b2442 467c"), "日", "mosaics");
  t.equal(decode("1b2b2070 1d61 467c"), "日", "macros");
  t.end();
});

t.test("si arib: additional symbols among the kanji", (t) => {
  t.equal(decode("7a50 7a6b 7a72 7a74"), "[HV][新][PPV][ほか]");
  t.equal(decode("7c21 7c39 7c3f 7c56"), "➡⒐[新]³");
  t.equal(decode("7d21 7d30 7d31 7d46 7d47 7d50 7d76 7d7b"), "㈪⚾[本][打]ℓ½⛈☎");
  t.equal(decode("7e21 7e40 7e41 7e5a 7e60 7e61 7e7d"), "Ⅰ㉔🄐🄩㉚①㉛");
  t.equal(decode("7b21 7e7e"), "\uFFFD\uFFFD");
  t.end();
});

t.test("si arib: control codes and what belongs to them are left out", (t) => {
  t.equal(decode("467c 0d 467c"), "日\n日");
  // Colours, sizes, palette, position, repeat, time, macro definition.
  t.equal(decode("87 89 467c 8a 90204f 9051 8b60 1c4141 1641 9841 467c"), "日日");
  t.equal(decode("9b3137303b33302053 467c 9d2041 467c 9d2931323340 467c"), "日日日");
  t.equal(decode("9540 467c 954f 467c"), "日");
  t.equal(decode("95 40 467c"), "");
  t.end();
});

t.test("si arib: cut off anywhere, any bytes: text without control codes", (t) => {
  t.equal(decode("467c 4b"), "日");
  t.equal(decode("1b"), "");
  t.equal(decode("1b2428"), "");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = decodeDvbText(Buffer.from(bytes), { standard: "arib" });
      return !/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/.test(text) && text.length <= bytes.length * 6;
    }),
    { numRuns: 1000 },
  );
  t.end();
});
