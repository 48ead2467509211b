import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import t from "tap";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { documentText } from "../../../../src/share/guide/xmltv/document-text.ts";
import { genresOf } from "../../../../src/share/guide/xmltv/categories.ts";
import { importedEvent } from "../../../../src/share/guide/xmltv/imported-event.ts";
import {
  XmltvReader,
  type XmltvChannelEntry,
  type XmltvProgramme,
} from "../../../../src/share/guide/xmltv/xmltv-reader.ts";
import { capture, skipWithout } from "../../../helpers/captures.ts";
import { service } from "../../fakes.ts";

const SAMPLE = "xmltv/uk-itv-augment.xml";
const noon = Date.UTC(2026, 10, 20, 12);
const { key } = service(1);

interface Read {
  readonly channels: XmltvChannelEntry[];
  readonly programmes: XmltvProgramme[];
  readonly unreadable: number;
}

function read(...pieces: string[]): Read {
  const channels: XmltvChannelEntry[] = [];
  const programmes: XmltvProgramme[] = [];
  const reader = new XmltvReader({
    channel: (entry) => channels.push(entry),
    programme: (programme) => programmes.push(programme),
  });
  for (const piece of pieces) reader.write(piece);
  reader.end();
  return { channels, programmes, unreadable: reader.unreadable };
}

const programme = (inner: string, attributes = 'start="20261120120000 +0000" channel="a"'): string =>
  `<tv><programme ${attributes}>${inner}</programme></tv>`;

const LISTING = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tv SYSTEM "xmltv.dtd">
<tv source-info-name="x">
  <!-- a comment -->
  <channel id="a.example"><display-name lang="de">Das &#69;rste</display-name><display-name>1</display-name><icon src="x"/></channel>
  <programme start="20261120130000 +0100" stop="20261120133000 +0100" channel="a.example">
    <title lang="de">Tom &amp; <![CDATA[<Jerry>]]></title>
    <title lang="en">Tom and Jerry</title>
    <sub-title lang="de">Folge
      eins</sub-title>
    <desc lang="de">Erste Zeile.
Zweite.</desc>
    <desc lang="en">One line.</desc>
    <credits><actor>Somebody</actor></credits>
    <category lang="en">Cartoon</category>
    <category lang="en">Nothing known</category>
    <episode-num system="xmltv_ns">1.4/10.0/1</episode-num>
    <rating system="FSK"><value>ab 12</value><icon src="y"/></rating>
    <rating system="MPAA"><value>PG-13</value></rating>
  </programme>
</tv>
`;

t.test("xmltv reader: channels and programmes with all that the guide has a place for", (t) => {
  const { channels, programmes, unreadable } = read(LISTING);
  t.same(channels, [{ id: "a.example", names: ["Das Erste", "1"] }]);
  t.equal(unreadable, 0);
  t.same(programmes, [
    {
      channel: "a.example",
      startsAt: noon,
      endsAt: noon + 30 * 60_000,
      titles: [
        { lang: "de", text: "Tom & <Jerry>" },
        { lang: "en", text: "Tom and Jerry" },
      ],
      subtitles: [{ lang: "de", text: "Folge eins" }],
      descriptions: [
        { lang: "de", text: "Erste Zeile.\nZweite." },
        { lang: "en", text: "One line." },
      ],
      categories: ["Cartoon", "Nothing known"],
      ratings: [
        { system: "FSK", value: "ab 12" },
        { system: "MPAA", value: "PG-13" },
      ],
      episodes: [{ system: "xmltv_ns", value: "1.4/10.0/1" }],
    },
  ]);
  t.end();
});

t.test("xmltv reader: a programme becomes an event in the language wanted", (t) => {
  const one = read(LISTING).programmes[0] as XmltvProgramme;
  t.same(importedEvent(one, key, noon + 1000, []), {
    service: key,
    eventId: noon / 1000,
    startsAt: noon,
    endsAt: noon + 1000,
    title: "Tom & <Jerry>",
    subtitle: "S2 E5 Folge eins",
    description: "S2 E5 Folge eins\nErste Zeile.\nZweite.",
    language: "deu",
    genres: [0x55],
    minimumAge: 12,
  });
  t.match(importedEvent(one, key, noon + 1000, ["fr", "eng"]), {
    title: "Tom and Jerry",
    description: "S2 E5 Folge eins\nOne line.",
    language: "eng",
  });
  t.end();
});

t.test("xmltv reader: ages and episodes of the systems that are about", (t) => {
  const eventOf = (inner: string) => {
    const one = read(programme(`<title>t</title>${inner}`)).programmes[0] as XmltvProgramme;
    return importedEvent(one, key, noon + 1000, []);
  };
  const ages = {
    "16": 16,
    "FSK 6": 6,
    "TV-14": 14,
    "TV-MA": 17,
    "12A": 12,
    "-10": 10,
    U: 0,
    unknown: undefined,
    "99": undefined,
  };
  for (const [value, age] of Object.entries(ages))
    t.equal(eventOf(`<rating><value>${value}</value></rating>`).minimumAge, age, value);
  const episodes = { "0.0.": "S1 E1", ".11/12.": "E12", "3..": "S4", "..": undefined, "": undefined };
  for (const [value, text] of Object.entries(episodes))
    t.equal(eventOf(`<episode-num system="xmltv_ns">${value}</episode-num>`).subtitle, text, value);
  t.equal(eventOf('<episode-num system="onscreen">S01E02</episode-num>').description, "S01E02");
  t.match(eventOf('<episode-num system="crid.series">crid://a/b</episode-num>'), {
    seriesCrid: "crid://a/b",
  });
  t.same(genresOf(["Movie", "detective", "News"]), [0x11, 0x20], "the exact one says the general one");
  t.same(genresOf(["新闻", "Film", "live broadcast", "constructor"]), [0x20, 0x10, 0xb3]);
  t.end();
});

t.test("xmltv reader: entities are not expanded, what grows without end is refused", (t) => {
  const bomb = `<!DOCTYPE tv [<!ENTITY a "${"x".repeat(1000)}"><!ENTITY b "${"&a;".repeat(1000)}"><!ENTITY c SYSTEM "file:///etc/passwd">]>`;
  const [one] = read(`${bomb}${programme("<title>t</title><desc>&b;&c;&constructor;</desc>")}`).programmes;
  t.equal(one?.descriptions[0]?.text, "&b;&c;&constructor;");
  const refused = (what: string, why: RegExp, ...pieces: string[]): void => {
    t.throws(() => read(...pieces), { code: "guide-source-invalid", message: why }, what);
  };
  const long = /more than 250000 characters, line 1\)/;
  const much = Array.from({ length: 40 }, () => "x".repeat(100_000));
  refused("text", long, "<tv>", ...much);
  refused("attribute", long, '<tv a="', ...much);
  refused("name", long, "<tv><a", ...much);
  refused("comment", long, "<tv><!--", ...much);
  refused("doctype", long, "<!DOCTYPE tv [", ...much);
  refused("entity", long, "<tv>&", ...much);
  refused("depth", /without end/, `<tv>${"<a>".repeat(40)}`);
  refused("another document", /<html>, not <tv>/, "<html><body>Log in</body></html>");
  refused("not XML", /text data outside of root/, "\x00\x01\x02");
  refused("nothing", /must contain a root/, "");
  refused("half", /unclosed tag/, LISTING.slice(0, 900));
  t.match(
    programme(`<title>${"t".repeat(9000)}</title>`).length > 9000 &&
      read(programme(`<title>${"t".repeat(9000)}</title>${"<category>c</category>".repeat(99)}`))
        .programmes[0],
    { titles: [{ text: "t".repeat(256) }] },
    "long texts are cut",
  );
  t.equal(
    read(programme("<title>t</title>" + "<category>c</category>".repeat(99))).programmes[0]?.categories
      .length,
    16,
  );
  t.equal(read(programme("<title>t</title>", 'start="soon" channel="a"')).unreadable, 1);
  t.equal(read(programme("")).unreadable, 1, "no title");
  t.end();
});

t.test("xmltv reader: wherever it is split, the same is read", (t) => {
  const whole = read(LISTING);
  fc.assert(
    fc.property(fc.array(fc.nat(LISTING.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), LISTING.length];
      const found = read(...at.slice(1).map((end, i) => LISTING.slice(at[i], end)));
      return JSON.stringify(found) === JSON.stringify(whole);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test("xmltv reader: cut, changed or foreign bytes give a listing or a typed refusal", async (t) => {
  const bytes = Buffer.from(LISTING);
  const packed = gzipSync(bytes);
  const outcomeOf = async (input: Uint8Array[]): Promise<string> => {
    const reader = new XmltvReader({ channel() {}, programme() {} });
    try {
      for await (const text of documentText(from(input))) reader.write(text);
      reader.end();
      return "read";
    } catch (error) {
      if (isTellyportError(error)) return error.code;
      throw error;
    }
  };
  t.equal(await outcomeOf([packed]), "read");
  t.equal(await outcomeOf([packed.subarray(0, -20)]), "guide-source-invalid");
  t.equal(await outcomeOf([Buffer.from("fd377a585a0000", "hex")]), "guide-source-invalid");
  t.equal(await outcomeOf([]), "guide-source-invalid");
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.nat(),
      flips,
      fc.integer({ min: 1, max: 700 }),
      async (zip, cut, changes, step) => {
        const input = Buffer.from(zip ? packed : bytes);
        for (const [at, mask] of changes) {
          const i = at % input.length;
          input[i] = (input[i] ?? 0) ^ mask;
        }
        const kept = input.subarray(0, cut % 3 === 0 ? cut % input.length : input.length);
        const pieces = Array.from({ length: Math.ceil(kept.length / step) }, (_, i) =>
          kept.subarray(i * step, (i + 1) * step),
        );
        return ["read", "guide-source-invalid"].includes(await outcomeOf(pieces));
      },
    ),
    { numRuns: 400 },
  );
});

t.test("xmltv reader: encodings by declaration and byte order mark, with bounds", async (t) => {
  const textOf = async (input: Uint8Array[], longest?: number): Promise<string> => {
    let text = "";
    for await (const piece of documentText(from(input), longest)) text += piece;
    return text;
  };
  const declared = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?><tv>é</tv>`;
  t.equal(await textOf([Buffer.from(declared("ISO-8859-1"), "latin1")]), declared("ISO-8859-1"));
  t.equal(await textOf([Buffer.from(`\ufeff${declared("UTF-16")}`, "utf16le")]), declared("UTF-16"));
  t.equal(await textOf([Buffer.from(declared("klingon"))]), declared("klingon"));
  const gbk = Buffer.concat([
    Buffer.from('<?xml version="1.0" encoding="GB2312"?><tv>'),
    Buffer.from("d0c2cec5", "hex"),
  ]);
  t.match(await textOf([...gbk].map((byte) => Buffer.of(byte))), /新闻$/, "byte by byte");
  await t.rejects(textOf([gzipSync(Buffer.alloc(5000, 32))], 4000), { code: "guide-source-too-large" });
});

t.test("xmltv reader: the sample of tv_augment", { skip: skipWithout(SAMPLE) }, (t) => {
  const { channels, programmes, unreadable } = read(readFileSync(capture(SAMPLE) ?? "", "utf8"));
  const source = readFileSync(capture(SAMPLE) ?? "", "utf8");
  t.same(channels[0], { id: "itv1.itv.com", names: ["ITV1"] });
  t.equal(programmes.length, source.split("<programme ").length - 1);
  t.equal(unreadable, 0);
  t.match(programmes[0], {
    startsAt: Date.UTC(2016, 5, 30, 20),
    endsAt: Date.UTC(2016, 5, 30, 21),
    titles: [{ lang: "en", text: "Midsomer Murders" }],
  });
  t.end();
});

async function* from(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}
