import * as fc from "fast-check";
import t from "tap";
import { xmltvTime, xmltvTimeText } from "../../../../src/share/guide/xmltv/xmltv-time.ts";

const noon = Date.UTC(2026, 10, 20, 12);

t.test("xmltv time: times with and without offset, and shorter ones", (t) => {
  const table: Record<string, number | null> = {
    "20261120120000 +0000": noon,
    "20261120120000": noon,
    "20261120140000 +0200": noon,
    "20261120140000+0200": noon,
    "20261120173000 +05:30": noon,
    "20261120063000 -0530": noon,
    "202611201200 Z": noon,
    "2026112013 CET": noon,
    "20261120": Date.UTC(2026, 10, 20),
    "20261120240000 +0000": Date.UTC(2026, 10, 21),
    "20261120120000 UTC": noon,
    "20261120120000 XYZ": null,
    "20261120120000 +9900": null,
    "20260230120000": null,
    "20261320": null,
    "20261120126100": null,
    "19991231235959": null,
    "2026-11-20T12:00": null,
    "2026": null,
    "": null,
  };
  for (const [text, at] of Object.entries(table)) t.equal(xmltvTime(text), at, text);
  fc.assert(
    fc.property(
      fc.integer({ min: 946_684_800, max: 4_102_444_800 }),
      (seconds) => xmltvTime(xmltvTimeText(seconds * 1000)) === seconds * 1000,
    ),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const at = xmltvTime(text);
      return at === null || Number.isFinite(at);
    }),
  );
  t.end();
});
