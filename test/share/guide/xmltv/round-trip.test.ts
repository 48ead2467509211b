import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import t from "tap";
import type { Programme } from "../../../../src/protocol/api.ts";
import { genreNames } from "../../../../src/share/guide/genres.ts";
import {
  channelElement,
  programmeElement,
  XMLTV_HEAD,
  XMLTV_TAIL,
} from "../../../../src/share/guide/xmltv/xmltv-document.ts";
import { temporaryFolder } from "../../../helpers/temporary.ts";
import { service } from "../../fakes.ts";
import { boxOf, channel, MINUTE, noon } from "./import-box.ts";

t.test("xmltv import: what this program writes it reads the same", async (t) => {
  const path = join(await temporaryFolder(t), "guide.xml");
  const word = fc.stringMatching(/^[a-zA-ZäöüÄé<>&"'ß新闻0-9]{1,12}$/);
  const words = fc.array(word, { minLength: 1, maxLength: 8 }).map((list) => list.join(" "));
  const genre = fc.constantFrom(0x10, 0x11, 0x20, 0x23, 0x40, 0x43, 0x55, 0x60, 0x91, 0xa5, 0xb3);
  const shape = fc.record({
    minutes: fc.integer({ min: 1, max: 300 }),
    title: words,
    subtitle: fc.option(words, { nil: undefined }),
    // A description that is the subtitle again is told once.
    rest: fc.option(
      words.map((text) => `${text} #`),
      { nil: "" },
    ),
    language: fc.constantFrom("deu", "eng", "zho", null),
    genre: fc.option(genre, { nil: undefined }),
    minimumAge: fc.option(fc.integer({ min: 4, max: 18 }), { nil: undefined }),
    crid: fc.option(fc.constantFrom("crid://a.example/x"), { nil: null }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 12 }), async (shapes) => {
      let at = noon;
      const programmes = shapes.map(
        ({ minutes, subtitle, rest, genre, minimumAge, crid, title, language }): Programme => {
          const names = genre === undefined ? null : genreNames(genre);
          const startsAt = new Date(at).toISOString();
          at += minutes * MINUTE;
          return {
            title,
            description: [subtitle ?? "", rest].filter((part) => part !== "").join("\n"),
            language,
            startsAt,
            endsAt: new Date(at).toISOString(),
            ...(subtitle !== undefined && { subtitle }),
            ...(genre !== undefined && names !== null && { genres: [{ code: genre, ...names }] }),
            ...(minimumAge !== undefined && { minimumAge }),
            ...(crid !== null && { series: { programme: crid, series: null } }),
          };
        },
      );
      const document =
        XMLTV_HEAD +
        channelElement(channel(1, "Eins")) +
        programmes.map((one) => programmeElement("c1", one)).join("") +
        XMLTV_TAIL;
      await writeFile(path, document);
      const done: (() => unknown)[] = [];
      const box = boxOf({ teardown: (callback) => void done.push(callback) }, [{ path }]);
      await box.feeds.look();
      const found = box.guide.schedule(service(1).key, noon, at, 99);
      for (const end of done) end();
      if (JSON.stringify(found.map(sorted)) !== JSON.stringify(programmes.map(sorted)))
        throw new Error(`${JSON.stringify(found)}\nnot\n${JSON.stringify(programmes)}`);
    }),
    { numRuns: 30 },
  );
});

const sorted = (programme: Programme): unknown =>
  Object.entries(programme).sort(([a], [b]) => (a < b ? -1 : 1));
