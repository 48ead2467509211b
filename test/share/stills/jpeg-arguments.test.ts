import t from "tap";
import { isSingleColour, jpegArguments, stillSize } from "../../../src/share/stills/jpeg-arguments.ts";
import { videoTrack } from "../fakes.ts";

t.test("still size: 320 across, whatever the stream says", (t) => {
  const size = (width: number, height: number, sar: readonly [number, number] = [1, 1]): number =>
    stillSize({ width, height, sar }).height;
  t.equal(size(1920, 1080), 180);
  t.equal(size(720, 576, [64, 45]), 180);
  t.equal(size(720, 576, [16, 15]), 240);
  t.equal(size(720, 480, [8, 9]), 240);
  t.equal(size(720, 576, [0, 0]), 256, "no aspect ratio: square");
  t.equal(size(1, 60_000), 640);
  t.equal(size(60_000, 1), 16);
  t.equal(size(720, 576, [1, 65_535]), 640);
  t.notOk(jpegArguments(videoTrack()).join(" ").includes("field"), "only interlaced pictures have fields");
  t.end();
});

t.test("single colour: all three planes are flat", (t) => {
  const said = (y: number, u: number, v: number): string =>
    Object.entries({ Y: y, U: u, V: v })
      .map(([p, high]) => `lavfi.signalstats.${p}LOW=16\nlavfi.signalstats.${p}HIGH=${16 + high}\n`)
      .join("");
  t.equal(isSingleColour(said(6, 2, 0)), true);
  t.equal(isSingleColour(said(7, 0, 0)), false);
  t.equal(isSingleColour(said(0, 20, 0)), false, "as bright everywhere, of two colours");
  t.equal(isSingleColour(""), false, "nothing is known");
  t.end();
});
