import t from "tap";
import { ENCODINGS, missingEncodings } from "../../../src/tuner/si/encodings.ts";
import { decodeShortEvent } from "../../../src/tuner/si/event-descriptors.ts";
import { decodeDvbText } from "../../../src/tuner/si/text.ts";
import { textOptionsFor, textOptionsIn } from "../../../src/tuner/si/text-quirks.ts";
import { DEFAULT_TABLES, type DefaultTable } from "../../../src/tuner/si/unmarked-text.ts";

const decode = (hex: string, table?: DefaultTable): string =>
  decodeDvbText(Buffer.from(hex.replaceAll(" ", ""), "hex"), table === undefined ? {} : { default: table });

t.test("si text: every table is in this build of Node", (t) => {
  t.same(missingEncodings(), []);
  t.ok(ENCODINGS.length > 0);
  for (const table of DEFAULT_TABLES) t.equal(decode("4142", table), "AB", table);
  t.end();
});

t.test("si text: real Big5 behind the mark of its UCS subset", (t) => {
  // 公視HD in Big5; 華視 in UCS; a name in UCS that is an odd number of bytes because its end is cut off.
  t.equal(decode("14 a4bd b5f8 4844"), "公視HD");
  t.equal(decode("14 a4bd b5f8"), "公視");
  t.equal(decode("14 83ef 8996"), "華視");
  t.equal(decode("14 0043 0054 0053 ff01 3002"), "CTS！。");
  t.equal(decode("14 83ef 89"), "華");
  t.equal(decode("14 a4bd b5f8 48"), "公視H", "odd");
  t.equal(decode("14 d800 0041"), "\uFFFDA", "a lone surrogate");
  t.equal(decode("14 5927 6c34"), "大水", "where both are possible the standard holds");
  t.end();
});

t.test("si text: GB 2312 and its supersets, marked", (t) => {
  t.equal(decode("13 d6d0 8a b9fa"), "中\n国");
  t.equal(decode("13 86 d6d0 87 b9fa"), "中国");
  // 镕 is of GBK; U+3401 has four bytes in GB 18030.
  t.equal(decode("13 d6ec e946 bbf9"), "朱镕基");
  t.equal(decode("13 8139ef30 d6"), "\u3401");
  t.equal(decode("12 c7d1 8a b1b9"), "한\n국");
  t.end();
});

t.test("si text: UTF-8 without a mark, and cut off with one", (t) => {
  t.equal(decode("50c59969626268"), "Přibbh");
  t.equal(decode("e4b8ade59bbd"), "中国");
  t.equal(decode("e4b8ade59bbd", "gb18030"), "中国");
  t.equal(decode("d2bb", "gb18030"), "一", "a pair of GB 2312 that might be Cyrillic");
  t.equal(decode("41 c28a 65"), "A´\ne", "an accent before CR/LF");
  t.equal(decode("15 41c3"), "A");
  t.equal(decode("15 e4b8ad e5"), "中");
  t.end();
});

t.test("si text: Chinese without a mark where asked for", (t) => {
  t.equal(decode("d6d0 d1eb 31", "gb18030"), "中央1");
  t.equal(decode("a4bd b5f8", "big5"), "公視");
  t.equal(decode("c7d1 b1b9", "euc-kr"), "한국");
  t.equal(decode("cf20cf72c269", "gb18030"), "ˇří", "not right as GB 18030: the standard's table");
  t.end();
});

t.test("si text: Polish services in one of two tables", (t) => {
  t.equal(decode("5ac7 79 f8 ce61", "polish"), decode("5ac779f8ce61"));
  t.equal(decode("c5bbf3b377", "polish"), "Ĺťółw", "8859-2 as it stands");
  t.equal(decode("afb3b177", "polish"), "Żłąw");
  t.equal(decode("c75ace65f8", "polish"), "Żęł");
  t.end();
});

t.test("si quirks: by network, stream, operator and system; the owner's word wins", (t) => {
  const table = (origin: Parameters<typeof textOptionsFor>[0]): unknown => textOptionsFor(origin).default;
  t.equal(table({ originalNetworkId: 1, transportStreamId: 1080 }), "latin-1");
  t.equal(table({ originalNetworkId: 1, transportStreamId: 0x436 }), "iso-6937");
  t.equal(table({ privateDataSpecifier: 0xc0 }), "latin-1");
  t.equal(table({ originalNetworkId: 0x13e, transportStreamId: 400 }), "polish");
  t.equal(table({ originalNetworkId: 0x13e, transportStreamId: 18432 }), undefined, "Rai");
  t.equal(table({ originalNetworkId: 0x7e, transportStreamId: 50321 }), "iso-8859-9");
  t.equal(table({ originalNetworkId: 0x7e }), undefined);
  t.equal(textOptionsFor({}, { system: "dtmb" }).default, "gb18030");
  t.equal(table({}), undefined);
  t.equal(textOptionsFor({}, { system: "isdbt" }).standard, "arib");
  t.equal(textOptionsFor({ originalNetworkId: 0x7fe0 }, { system: "isdbt" }).standard, "arib");
  t.equal(textOptionsFor({ originalNetworkId: 0x0640 }, { system: "isdbt" }).default, "iso-8859-15");
  t.equal(textOptionsFor({}, { system: "dtmb", default: "big5" }).default, "big5");
  t.equal(textOptionsFor({}, { system: "isdbt", standard: "dvb" }).standard, "dvb");
  t.end();
});

t.test("si quirks: languages whose letters ISO 6937 has not", (t) => {
  t.same(textOptionsIn("fra"), {});
  t.same(textOptionsIn(null), {});
  t.same(textOptionsIn("rus"), { default: "iso-8859-5" });
  t.same(textOptionsIn("rus", { default: "utf-8" }), { default: "utf-8" });
  const event = (language: string, text: string): Buffer =>
    Buffer.concat([
      Buffer.from(language),
      Buffer.from([text.length / 2]),
      Buffer.from(text, "hex"),
      Buffer.of(0),
    ]);
  t.equal(decodeShortEvent(event("rus", "bfe0d8d2d5e2"))?.title, "Привет");
  t.equal(decodeShortEvent(event("chi", "d6d0b9fa"))?.title, "中国");
  t.equal(decodeShortEvent(event("chi", "1483ef8996"))?.title, "華視", "a mark holds");
  t.end();
});

t.test("si text: what is compressed is told and left empty", (t) => {
  const told: number[] = [];
  t.equal(decodeDvbText(Buffer.from("1f0245ab", "hex"), { onUnsupported: (id) => told.push(id) }), "");
  t.equal(decodeDvbText(Buffer.from("1f", "hex"), { onUnsupported: (id) => told.push(id) }), "");
  t.same(told, [2]);
  t.end();
});
