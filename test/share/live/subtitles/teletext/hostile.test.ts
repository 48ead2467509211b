import fc from "fast-check";
import t from "tap";
import { subtitlePages } from "../../../../../src/share/live/subtitles/teletext/subtitle-pages.ts";
import { TeletextSubtitles } from "../../../../../src/share/live/subtitles/teletext/teletext-subtitles.ts";
import { teletextCues } from "../../../../../src/share/live/subtitles/webvtt/teletext-cues.ts";
import * as build from "./teletext-builder.ts";

const anyCode = fc.integer({ min: 0, max: 127 });
const anyRow = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.array(anyCode, { maxLength: 40 }))
  .map(([number, content]) => build.row(8, number, [0x0b, ...content]));
const anyHeader = fc
  .record({
    magazine: fc.constantFrom(8, 8, 8, 1),
    page: fc.constantFrom(0x88, 0x88, 0x89, 0xff),
    erase: fc.boolean(),
    inhibit: fc.boolean(),
    serial: fc.boolean(),
    national: fc.integer({ min: 0, max: 7 }),
  })
  .map(build.header);
const anyTriplets = fc
  .array(
    fc.record({
      address: fc.integer({ min: 0, max: 63 }),
      mode: fc.integer({ min: 0, max: 31 }),
      data: anyCode,
    }),
    { maxLength: 13 },
  )
  .map((triplets) => build.enhancement(8, triplets.length, triplets));
const anyDesignation = fc
  .tuple(fc.constantFrom<28 | 29>(28, 29), anyCode, anyCode)
  .map(([number, first, second]) => build.designation(8, number, first, second));
const anyLines = fc.array(fc.oneof(anyHeader, anyRow, anyRow, anyTriplets, anyDesignation), {
  maxLength: 30,
});

/** Whatever is shown is what the interface promises. */
function watched(): TeletextSubtitles {
  return new TeletextSubtitles({
    page: { magazine: 8, page: 0x88, language: "pol", hearingImpaired: false },
    show({ at, lines }) {
      if (!Number.isFinite(at)) throw new Error("no time");
      let above = 0;
      for (const line of lines) {
        const text = line.spans.map((span) => span.text).join("");
        const sound =
          line.row > above && line.row <= 24 && line.column >= 0 && line.column < 40 && text === text.trim();
        const short = text !== "" && [...text].length <= 80 && line.spans.length <= 40;
        if (!sound || !short) throw new Error(`row ${line.row} column ${line.column} "${text}"`);
        if (line.spans.some(({ foreground, background }) => (foreground | background) & ~7))
          throw new Error("no such colour");
        above = line.row;
      }
      for (const { text, settings } of teletextCues(lines)) {
        if (
          text.split("\n").some((line) => line.trim() === "") ||
          text.includes("-->") ||
          settings.includes("NaN")
        )
          throw new Error(`cue ${text} ${settings}`);
      }
    },
  });
}

t.test("teletext: any packets in any order, with any bits turned and any end missing", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyLines, fc.nat(2 ** 33), fc.array(fc.nat(1e5), { maxLength: 20 }), fc.nat(200)), {
        maxLength: 12,
      }),
      (packets) => {
        const subtitles = watched();
        for (const [lines, pts, flips, cut] of packets) {
          const data = build.pesData(lines);
          for (const flip of flips) {
            const at = (flip >> 3) % data.length;
            data[at] = (data[at] ?? 0) ^ (1 << (flip & 7));
          }
          subtitles.push(
            cut < 100 ? data : data.subarray(0, data.length - cut),
            pts % 3 === 0 ? 90_000 : pts,
          );
          subtitles.tick(pts);
        }
      },
    ),
    { numRuns: 400 },
  );
  t.end();
});

t.test("teletext: noise", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(2 ** 33), (noise, pts) => {
      const subtitles = watched();
      subtitles.push(Buffer.from(noise), pts);
      subtitles.push(Buffer.concat([Buffer.from([0x10]), noise]), pts);
      subtitles.reset();
      subtitlePages(Buffer.from(noise));
      subtitlePages(Buffer.concat([Buffer.from([0x56, 200]), noise]));
    }),
    { numRuns: 1000 },
  );
  t.end();
});
