import t from "tap";
import { subtitlePages } from "../../../../../src/share/live/subtitles/teletext/subtitle-pages.ts";

const hex = (text: string): Buffer => Buffer.from(text.replace(/ /g, ""), "hex");

t.test("teletext: the pages that a PMT offers as subtitles", (t) => {
  t.same(
    subtitlePages(hex("52 01 05  56 0f 697461 09 00 697461 17 77 656e67 17 78")),
    [
      { magazine: 7, page: 0x77, language: "ita", hearingImpaired: false },
      { magazine: 7, page: 0x78, language: "eng", hearingImpaired: false },
    ],
    "as Rai broadcasts them: page 777 and 778, and an initial page that is none",
  );
  t.same(
    subtitlePages(hex("46 0f 444555 28 88 000000 10 01 656e67 1a 88")),
    [
      { magazine: 8, page: 0x88, language: "deu", hearingImpaired: true },
      { magazine: 8, page: 0x01, language: null, hearingImpaired: false },
    ],
    "VBI teletext; magazine 0 is 8; types other than subtitles are left out",
  );
  t.same(subtitlePages(hex("56 0a 656e67 10 88 656e67 10 88")).length, 1, "said twice is there once");
  t.same(subtitlePages(hex("59 08 656e67 10 0001 0001")), [], "DVB subtitles are others");
  t.same(subtitlePages(hex("56 0a 656e67 10 88 65")).length, 1, "cut short");
  t.same(subtitlePages(hex("56")), []);
  t.same(subtitlePages(Buffer.alloc(0)), []);
  t.end();
});
