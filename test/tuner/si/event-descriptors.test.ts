import fc from "fast-check";
import t from "tap";
import {
  completeCrid,
  decodeComponent,
  decodeContent,
  decodeContentIdentifiers,
  decodeExtendedEvents,
  decodeParentalRating,
  decodeShortEvent,
} from "../../../src/tuner/si/event-descriptors.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

t.test("si event descriptors: genres", (t) => {
  t.same(decodeContent(hex("1000 4f12 a0")), [
    { level1: 1, level2: 0, user: 0 },
    { level1: 4, level2: 15, user: 0x12 },
  ]);
  t.same(decodeContent(hex("")), []);
  t.end();
});

t.test("si event descriptors: ages, where 0 and the broadcaster's own values say none", (t) => {
  t.same(decodeParentalRating(hex("465241 09" + "474252 00" + "444555 10" + "435a45 0f" + "4742")), [
    { country: "FRA", minimumAge: 12 },
    { country: "GBR", minimumAge: null },
    { country: "DEU", minimumAge: null },
    { country: "CZE", minimumAge: 18 },
  ]);
  // Violence (upper nibble 2), not for those under 14.
  t.same(decodeParentalRating(hex("425241 24" + "425241 01" + "425241 07")), [
    { country: "BRA", minimumAge: 14 },
    { country: "BRA", minimumAge: 0 },
    { country: "BRA", minimumAge: null },
  ]);
  t.end();
});

t.test("si event descriptors: content identifiers in place, references left out", (t) => {
  const crid = (type: number, text: string): string =>
    Buffer.concat([Buffer.from([type << 2, text.length]), Buffer.from(text)]).toString("hex");
  t.same(decodeContentIdentifiers(hex(crid(0x31, "/ABC1") + "090007" + crid(0x32, "fp.bbc.co.uk/7Q"))), [
    { type: 0x31, crid: "/ABC1" },
    { type: 0x32, crid: "fp.bbc.co.uk/7Q" },
  ]);
  t.same(decodeContentIdentifiers(hex("04ff2f41")), [], "longer than the descriptor");
  t.same(decodeContentIdentifiers(hex("0600" + crid(1, "/A"))), [], "behind what nobody can read");
  t.equal(completeCrid("/ABC1", "fp.BBC.co.uk"), "crid://fp.bbc.co.uk/ABC1");
  t.equal(completeCrid("CRID://Example.org/x", null), "crid://example.org/x");
  t.equal(completeCrid("/ABC1", null), null);
  t.equal(completeCrid("nothing", "a.b"), null);
  t.end();
});

t.test("si event descriptors: a short event, also cut off", (t) => {
  t.same(decodeShortEvent(hex("667261 02 4142 03 058a43")), { language: "fra", title: "AB", text: "\nC" });
  t.same(decodeShortEvent(hex("202020 05 4142")), { language: null, title: "AB", text: "" });
  t.equal(decodeShortEvent(hex("667261")), null);
  t.end();
});

const extended = (number: number, language: string, items: string, text: string): Buffer => {
  const list = hex(items);
  return Buffer.concat([
    Buffer.from([(number << 4) | 3]),
    Buffer.from(language),
    Buffer.from([list.length]),
    list,
    Buffer.from([text.length]),
    Buffer.from(text),
  ]);
};

t.test("si event descriptors: extended events in their numbers' order, each once, by language", (t) => {
  const loop = [
    extended(1, "eng", "00 02 4344", "is "),
    extended(0, "eng", "01 58 02 4142", "This "),
    extended(2, "eng", "01 59 01 5a", "one."),
    extended(0, "fra", "", "Autre."),
    extended(2, "eng", "", "again"),
  ];
  t.same(decodeExtendedEvents(loop), [
    {
      language: "eng",
      text: "This is one.",
      items: [
        { name: "X", value: "AB" },
        { name: "", value: "CD" },
        { name: "Y", value: "Z" },
      ],
    },
    { language: "fra", text: "Autre.", items: [] },
  ]);
  const kana = [extended(0, "jpn", "02 1b7c 02 c1c2", ""), extended(1, "jpn", "00 02 c3c4", "")];
  t.same(decodeExtendedEvents(kana, { standard: "arib" })[0]?.items, [{ name: "", value: "ちぢっつ" }]);
  t.same(decodeExtendedEvents([hex("00656e6700")]), [{ language: "eng", text: "", items: [] }]);
  t.end();
});

t.test("si event descriptors: components", (t) => {
  t.same(decodeComponent(hex("f2 40 11 667261 5644")), {
    streamContent: 0xf2,
    componentType: 0x40,
    componentTag: 0x11,
    language: "fra",
    text: "VD",
  });
  t.equal(decodeComponent(hex("f24011")), null);
  t.end();
});

t.test("si event descriptors: any bytes give values or nothing", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const data = Buffer.from(bytes);
      decodeShortEvent(data);
      decodeComponent(data);
      decodeExtendedEvents([data, data]);
      return (
        decodeContent(data).length === data.length >> 1 &&
        decodeParentalRating(data).length === data.length >> 2 &&
        decodeContentIdentifiers(data).length <= data.length / 2
      );
    }),
    { numRuns: 500 },
  );
  t.end();
});
