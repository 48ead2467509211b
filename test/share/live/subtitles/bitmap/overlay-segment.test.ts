import t from "tap";
import { ticks } from "../../../../../src/kernel/units.ts";
import type {
  BitmapDisplay,
  BitmapRegion,
} from "../../../../../src/share/live/subtitles/bitmap/bitmap-subtitles.ts";
import { DisplayTrack } from "../../../../../src/share/live/subtitles/bitmap/display-track.ts";
import {
  overlaySegment,
  type OverlayDocument,
} from "../../../../../src/share/live/subtitles/bitmap/overlay-segment.ts";

import { encodePng } from "../../../../../src/share/live/subtitles/bitmap/png.ts";

const SECOND = 90_000;
const at = (second: number) => ticks(second * SECOND);

const dot = (x = 5): BitmapRegion => ({
  x,
  y: 6,
  width: 3,
  height: 1,
  palette: Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255),
  pixels: Uint8Array.of(0, 1, 0),
});

const display = (begins: number, until: number, ...regions: BitmapRegion[]): BitmapDisplay => ({
  at: at(begins),
  until: at(until),
  width: 720,
  height: 576,
  regions,
});

const parse = (json: string): OverlayDocument => JSON.parse(json);
const span = (start: number, end: number, origin = 0) => ({
  start: at(start),
  end: at(end),
  origin: at(origin),
});
const times = (json: string) => parse(json).displays.map((display) => [display.at, display.until]);

t.test("one display, down to the last character", (t) => {
  const json = overlaySegment([display(101.5, 111.5, dot())], span(100, 104, 100));
  const [, png = ""] = /"png":"([^"]*)"/.exec(json) ?? [];
  t.equal(
    json.replace(png, "PNG"),
    '{"displays":[{"at":1.5,"until":11.5,"width":720,"height":576,"regions":[{"x":6,"y":6,"width":1,"height":1,"png":"PNG"}]}]}',
  );
  t.ok(Buffer.from(png, "base64").equals(encodePng({ ...dot(), width: 1, pixels: Uint8Array.of(1) })));
  t.end();
});

t.test("what begins in the segment, and what is on the screen at its start", (t) => {
  const displays = [
    display(1, 11, dot()),
    display(2, 12, dot()),
    display(5, 6, dot()),
    display(8, 8),
    display(9, 19, dot()),
    display(12, 22, dot()),
  ];
  t.strictSame(times(overlaySegment(displays, span(0, 4))), [[1, 11], [2, 12]]); // prettier-ignore
  t.strictSame(times(overlaySegment(displays, span(4, 8))), [[2, 12], [5, 6]], "restated with its own time"); // prettier-ignore
  t.strictSame(times(overlaySegment(displays, span(8, 12))), [[8, null], [9, 19]], "timed out, then cleared"); // prettier-ignore
  t.strictSame(
    times(overlaySegment(displays, span(12, 16))),
    [[12, 22]],
    "the next begins at the very start",
  );
  t.strictSame(times(overlaySegment(displays, span(20, 24))), [[12, 22]]);
  t.strictSame(times(overlaySegment(displays, span(22, 26))), [], "time-out at the very start");
  t.strictSame(times(overlaySegment([display(8, 8)], span(9, 10))), [], "a clear screen needs no word");
  t.strictSame(times(overlaySegment([display(1, 11, dot())], span(4, 8, 6))), [[-5, 5]], "before the origin");
  t.end();
});

t.test("a region without anything to see is left out; times are rounded to a microsecond", (t) => {
  const empty = { ...dot(), pixels: new Uint8Array(3) };
  const [shown] = parse(
    overlaySegment([{ ...display(0, 9, empty, dot(50)), at: ticks(1) }], span(0, 4)),
  ).displays;
  t.equal(shown?.regions.length, 1);
  t.equal(shown?.regions[0]?.x, 51);
  t.equal(shown?.at, 0.000011);
  t.end();
});

t.test("a track forgets what is over, and what is replaced", (t) => {
  const track = new DisplayTrack();
  track.add(display(1, 11, dot()));
  track.add(display(1, 12, dot()));
  track.add(display(2, 12, dot()));
  t.strictSame(times(track.segment(span(0, 4))), [[1, 12], [2, 12]]); // prettier-ignore
  t.strictSame(times(track.segment(span(4, 8))), [[2, 12]]);
  t.strictSame(times(track.segment(span(0, 4))), [[2, 12]], "the first is gone");
  track.clear();
  t.strictSame(times(track.segment(span(4, 8))), []);
  t.end();
});

t.test("a track has its limits", (t) => {
  const track = new DisplayTrack();
  for (let count = 0; count < 1000; count++) track.add(display(count / 100, 100, dot()));
  t.equal(parse(track.segment(span(0, 100))).displays.length, 256);
  track.clear();
  const large = () => ({ ...dot(), width: 1920, height: 1080, pixels: new Uint8Array(1920 * 1080) });
  for (let count = 0; count < 20; count++) track.add(display(count, 100, large()));
  t.equal(parse(track.segment(span(0, 100))).displays.length, 8, "16 MiB of pixels");
  track.clear();
  const same = large();
  for (let count = 0; count < 20; count++) track.add(display(count, 100, same));
  t.equal(parse(track.segment(span(0, 100))).displays.length, 20, "one picture counts once");
  t.end();
});
