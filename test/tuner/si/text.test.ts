import fc from "fast-check";
import t from "tap";
import { decodeDvbText, encodeDvbText, splitDvbText } from "../../../src/tuner/si/text.ts";

const decode = (hex: string): string => decodeDvbText(Buffer.from(hex, "hex"));

t.test("si text: the default table is ISO 6937, marks before letters, in NFC", (t) => {
  t.equal(decode("43657361"), "Cesa");
  // "Příběhy": caron r, acute i, caron e.
  t.equal(decode("50cf72c269" + "62cf656879"), "Příběhy");
  t.equal(decode("c145c265c369c46ec561c667c77ac875c955ca61cb63cd6fce61cf73"), "Èéîñāğżü\u00DCåçőąš");
  t.equal(decode("a4a8"), "€¤");
  t.equal(decode("e1e9eaecf1f3f9fafbfcff"), "ÆØŒÞæðøœßþ\u00AD");
  t.equal(decode("a9aab9ba"), "‘“’”");
  t.equal(decode("d0d5dcdf"), "—♪⅛⅞");
  t.equal(decode("e2f2e8f8ebe3"), "ĐđŁłºª");
  t.equal(decode("c220"), "´");
  t.equal(decode("41c2"), "A´");
  t.equal(decode("c2c3" + "61"), "´â");
  t.equal(decode("a6"), "\uFFFD");
  t.equal(decode("c2a641"), "¦A", "right UTF-8 is that");
  t.equal(decode("c2a6a6"), "\uFFFD\u0301\uFFFD");
  t.end();
});

t.test("si text: control codes of one-byte tables", (t) => {
  t.equal(decode("418a42"), "A\nB");
  t.equal(decode("8641428743"), "ABC");
  t.equal(decode("05418a8642fd"), "A\nBı");
  t.equal(decode("4100420d43"), "ABC");
  t.end();
});

t.test("si text: ISO 8859 by one byte and by three", (t) => {
  t.equal(decode("01" + "bfe0d8d2d5e2"), "Привет");
  t.equal(decode("100005" + "bfe0d8d2d5e2"), "Привет");
  t.equal(decode("02" + "d3e4c7e5"), "سلام");
  t.equal(decode("03" + "c1e8deede1"), "Αθήνα");
  t.equal(decode("04" + "f9ece5ed"), "שלום");
  t.equal(decode("05" + "dd7374616e62756c20fef0"), "İstanbul şğ");
  t.equal(decode("06" + "b9"), "đ");
  t.equal(decode("07" + "cad2b1"), "สาฑ");
  t.equal(decode("09" + "d0"), "Š");
  t.equal(decode("0a" + "a1"), "Ḃ");
  t.equal(decode("0b" + "a4bc"), "€Œ");
  t.equal(decode("100001" + "e9c9"), "éÉ");
  t.equal(decode("100002" + "f8e8"), "řč");
  t.equal(decode("100003" + "a6"), "Ĥ");
  t.equal(decode("100004" + "b9"), "š");
  t.equal(decode("10000f" + "a4"), "€");
  t.equal(decode("1000"), "");
  // Part 12 does not exist, and part 16 is not in the table: read as unmarked.
  t.equal(decode("10000c" + "c265"), "é");
  t.equal(decode("100010" + "c265"), "é");
  t.equal(decode("08" + "c265"), "é");
  t.end();
});

t.test("si text: parts 9 and 11 are not their Windows supersets", (t) => {
  // 0x80 is the Euro sign in windows-1254 and windows-874, a control code here.
  t.equal(decode("058041"), "A");
  t.equal(decode("078041"), "A");
  t.equal(decode("07" + "dbdcdddefcfdfeff"), "\uFFFD".repeat(8));
  t.end();
});

t.test("si text: tables of two bytes and UTF-8", (t) => {
  t.equal(decode("11" + "83ef8996"), "\u83EF\u8996");
  t.equal(decode("14" + "83ef8996"), "華視");
  t.equal(decode("14" + "83efe08a8996e086"), "華\n視");
  t.equal(decode("14" + "83ef89"), "華");
  t.equal(decode("12" + "c7d1b1b9"), "한국");
  t.equal(decode("13" + "d6d0b9fa"), "中国");
  t.equal(decode("15" + "e4b8adc3a9"), "中é");
  t.equal(decode("15" + "41ee828a42c28a43"), "A\nB\nC");
  t.equal(decode("15" + "41ff42"), "A\uFFFDB");
  t.end();
});

t.test("si text: nothing, and what nobody can read", (t) => {
  t.equal(decode(""), "");
  t.equal(decode("05"), "");
  t.equal(decode("1f0145ab"), "");
  t.end();
});

t.test("si text: networks that send Latin-1 unmarked", (t) => {
  const bytes = Buffer.from("52e9616c6973e9", "hex");
  t.equal(decodeDvbText(bytes), "RØalisØ");
  t.equal(decodeDvbText(bytes, { default: "latin-1" }), "Réalisé");
  t.equal(decodeDvbText(Buffer.from("15c3a9", "hex"), { default: "latin-1" }), "é");
  t.end();
});

t.test("si text: written plain in ASCII, else in UTF-8", (t) => {
  t.same(encodeDvbText("BBC NEWS"), Buffer.from("BBC NEWS"));
  t.same(encodeDvbText("a\nb"), Buffer.from("618a62", "hex"));
  t.same(encodeDvbText("é"), Buffer.from("15c3a9", "hex"));
  t.same(encodeDvbText("é\n"), Buffer.from("15c3a9ee828a", "hex"));
  t.same(encodeDvbText(""), Buffer.alloc(0));
  t.same(encodeDvbText("中中中", 8), Buffer.from("15e4b8ade4b8ad", "hex"));
  t.same(encodeDvbText("abc", 2), Buffer.from("ab"));
  t.end();
});

/** Text without what the encoder takes out. */
const text = fc
  .string({ unit: "grapheme", maxLength: 60 })

  .map((s) => s.replace(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\uE080-\uE09F\uFEFF]/g, ""));

t.test("si text: there and back, whole and in pieces", (t) => {
  fc.assert(fc.property(text, (text) => decodeDvbText(encodeDvbText(text)) === text));
  fc.assert(
    fc.property(text, fc.integer({ min: 5, max: 40 }), (text, limit) => {
      const pieces = splitDvbText(text, limit);
      return (
        pieces.every((piece) => piece.length <= limit) &&
        pieces.map((piece) => decodeDvbText(piece)).join("") === text
      );
    }),
  );
  t.end();
});

t.test("si text: any bytes give text without control codes", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, latin) => {
      const text = decodeDvbText(Buffer.from(bytes), { default: latin ? "latin-1" : "iso-6937" });

      return !/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\uE080-\uE09F]/.test(text);
    }),
    { numRuns: 500 },
  );
  t.end();
});
