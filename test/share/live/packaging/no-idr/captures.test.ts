import { readFileSync } from "node:fs";
import t from "tap";
import { capture, skipWithout } from "../../../../helpers/captures.ts";
import { skipWithoutFfmpeg } from "../media-tools.ts";
import { CAPTURES } from "./captures.ts";
import { decodePictures, idrFrames, pack, sourceFrames } from "./idr-media.ts";

for (const { name, service, lossy } of CAPTURES) {
  const skip = skipWithoutFfmpeg() || skipWithout(name);
  t.test(`no-idr: ${name}, ${service}: IDR pictures, and every picture as it was`, { skip }, (t) => {
    const ts = readFileSync(capture(name) ?? "");
    const frames = idrFrames(ts, { service, spacing: 0 });
    const points = sourceFrames(ts, { service }).filter(({ randomAccess }) => randomAccess);
    t.ok(
      points.length > 1 && points.every(({ idr }) => !idr),
      `${points.length} recovery points, no IDR picture`,
    );
    const { file, init, segments } = pack(frames);
    const whole = decodePictures(file, { strict: true });
    t.equal(whole.errors, "", "not a word");
    if (lossy) {
      const damaged = sourceFrames(ts, { service }).filter((frame) => frame.damaged).length;
      t.ok(damaged > 5, `${damaged} damaged pictures`);
      t.ok(whole.pictures.length > 100, `${whole.pictures.length} pictures`);
      t.end();
      return;
    }
    t.equal(segments.length, points.length, "every recovery point");
    const source = decodePictures(ts, { extension: "ts", map: `0:p:${service}:v:0` }).pictures;
    const from = source.indexOf(whole.pictures[0] ?? "");
    t.ok(from >= 0 && whole.pictures.length >= source.length - from - 2, `${whole.pictures.length} pictures`);
    // The capture's end cuts a picture short that is shown before others.
    const shown = source.slice(from).filter((picture) => whole.pictures.includes(picture));
    t.same(whole.pictures, shown, "the broadcast's own");
    for (const segment of segments) {
      const alone = decodePictures(Buffer.concat([init, segment]), { strict: true });
      t.equal(alone.errors, "");
      t.same(
        alone.pictures.filter((picture) => !source.includes(picture)),
        [],
        `${alone.pictures.length} alone`,
      );
    }
    t.end();
  });
}
