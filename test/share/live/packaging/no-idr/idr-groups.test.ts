import t, { type Test } from "tap";
import { wrapDelta } from "../../../../../src/kernel/units.ts";
import { nalUnits } from "../../../../../src/share/live/packaging/no-idr/source-pictures.ts";
import { skipWithoutFfmpeg } from "../media-tools.ts";
import { decodePictures, idrFrames, pack, sourceFrames, type Frame } from "./idr-media.ts";
import { STREAMS, withIdr } from "./streams.ts";

const skip = skipWithoutFfmpeg();

const types = ({ data }: Frame): number[] => [...nalUnits(data)].map((nal) => (nal[0] ?? 0) & 31);

/** The pictures are the source's, one for one, from one of them on. */
function checkPictures(t: Test, pictures: readonly string[], source: readonly string[], label: string): void {
  const from = source.indexOf(pictures[0] ?? "");
  t.ok(from >= 0, `${label}: begins with a picture of the source`);
  t.same(
    pictures,
    source.slice(from, from + pictures.length),
    `${label}: ${pictures.length} pictures as they were`,
  );
}

/** Time in decoding order goes on, nothing is shown before it is decoded. */
function checkTimes(t: Test, frames: readonly Frame[]): void {
  const steps = frames.slice(1).map(({ dts }, index) => wrapDelta(frames[index]?.dts ?? 0, dts));
  t.ok(Math.min(...steps) > 0, "decoding time goes on");
  t.ok(
    frames.every(({ dts, pts }) => wrapDelta(dts, pts) >= 0),
    "decoded before shown",
  );
}

for (const [name, make] of STREAMS) {
  t.test(`no-idr: ${name}: every group stands for itself, and no picture changes`, { skip }, (t) => {
    const ts = make();
    const source = decodePictures(ts, { extension: "ts" });
    const frames = idrFrames(ts, { skip: 1, spacing: 0 });
    const points = sourceFrames(ts, { skip: 1 }).filter(({ randomAccess }) => randomAccess);
    t.same(
      frames.filter(({ idr }) => idr).map(({ pts }) => pts),
      points.map(({ pts }) => pts),
      "an IDR picture at every recovery point",
    );
    t.ok(points.length >= 4 && points.every(({ idr }) => !idr), "which the source has not");
    t.ok(frames.every((frame) => types(frame).includes(5) === frame.idr));
    checkTimes(t, frames);
    const packed = pack(frames);
    t.equal(packed.segments.length, points.length);
    const whole = decodePictures(packed.file, { strict: true });
    t.equal(whole.errors, "");
    checkPictures(t, whole.pictures, source.pictures, "all");
    t.ok(whole.pictures.length >= source.pictures.length - 26, `${whole.pictures.length} pictures`);
    for (const [index, segment] of packed.segments.entries()) {
      const alone = decodePictures(Buffer.concat([packed.init, segment]), { strict: true });
      t.equal(alone.errors, "");
      checkPictures(t, alone.pictures, source.pictures, `segment ${index}`);
    }
    t.end();
  });
}

t.test("no-idr: time stamps stay, but for a recovery point that is there twice", { skip }, (t) => {
  const ts = STREAMS[0]?.[1]() ?? Buffer.alloc(0);
  const source = sourceFrames(ts, { skip: 1 });
  const frames = idrFrames(ts, { skip: 1, spacing: 0 });
  const points = source.filter(
    ({ randomAccess, pts }, index) =>
      randomAccess && index > 0 && wrapDelta(pts, source[index + 1]?.pts ?? pts) < 0,
  );
  const first = source[0]?.pts ?? 0;
  const wanted = source.slice(1).filter(({ pts }, index) => index > 10 || wrapDelta(first, pts) > 0);
  t.same(
    frames.map(({ pts }) => pts).sort((a, b) => a - b),
    [first, ...wanted.map(({ pts }) => pts), ...points.map(({ pts }) => pts - 1)].sort((a, b) => a - b),
  );
  t.same(
    frames
      .map(({ dts }) => dts)
      .filter((dts) => !source.some((frame) => frame.dts === dts || frame.dts === dts - 1)),
    [],
    "decoding times are the source's, or a tick behind",
  );
  t.end();
});

t.test("no-idr: recovery points that come too soon stay ordinary pictures", { skip }, (t) => {
  const ts = STREAMS.find(([name]) => name === "short groups")?.[1]() ?? Buffer.alloc(0);
  const frames = idrFrames(ts, { skip: 1 });
  const starts = frames.filter(({ randomAccess }) => randomAccess).map(({ pts }) => pts);
  t.ok(starts.length >= 3);
  t.ok(starts.slice(1).every((pts, index) => pts - (starts[index] ?? 0) >= 88_200));
  t.same(decodePictures(pack(frames).file, { strict: true }).errors, "");
  const points = frames.filter(({ data }) => data.includes(Buffer.from([0x06, 0x06, 0x01])));
  t.same(points, [], "and say so: no recovery point message is left");
  t.end();
});

t.test("no-idr: a stream with IDR pictures goes through untouched", { skip }, (t) => {
  const ts = withIdr();
  t.same(idrFrames(ts), sourceFrames(ts));
  t.end();
});

t.test("no-idr: IDR pictures first, recovery points later", { skip }, (t) => {
  for (const [name, make] of STREAMS.slice(0, 3)) {
    const ts = make();
    const frames = idrFrames(ts, { spacing: 0 });
    t.equal(frames.filter(({ idr }) => idr).length, 5, name);
    checkTimes(t, frames);
    const whole = decodePictures(pack(frames).file, { strict: true });
    t.equal(whole.errors, "");
    checkPictures(t, whole.pictures, decodePictures(ts, { extension: "ts" }).pictures, name);
  }
  t.end();
});

t.test("no-idr: whatever is lost, what goes out can be decoded", { skip }, (t) => {
  for (const [name, make] of STREAMS) {
    const ts = make();
    for (const every of [3, 7, 25]) {
      const spoil = (frame: Frame, index: number): Frame => ({
        ...frame,
        damaged: index > 0 && index % every === 0,
      });
      const frames = idrFrames(ts, { skip: 1, spoil });
      const times = new Set(frames.map(({ pts }) => pts));
      const source = sourceFrames(ts, { skip: 1 });
      const start = source[0]?.pts ?? 0;
      t.same(
        source.filter(({ pts }) => wrapDelta(start, pts) >= 0 && !times.has(pts)),
        [],
        `${name}, every ${every}: each damaged picture has its stand-in`,
      );
      t.ok(frames.every(({ damaged }) => !damaged));
      t.equal(decodePictures(pack(frames).file, { strict: true }).errors, "", `${name}, every ${every}`);
      const gone = idrFrames(ts, { skip: 1, spoil: (frame, index) => (index % every === 2 ? null : frame) });
      t.equal(
        decodePictures(pack(gone).file, { strict: true }).errors,
        "",
        `${name}, none of every ${every}`,
      );
    }
  }
  t.end();
});

t.test("no-idr: where every recovery point is damaged, it begins with a grey picture", { skip }, (t) => {
  for (const [name, make] of STREAMS) {
    const spoil = (frame: Frame): Frame => ({ ...frame, damaged: frame.randomAccess });
    const frames = idrFrames(make(), { skip: 1, spoil });
    const idrs = frames.filter(({ idr }) => idr).map(({ pts }) => pts);
    t.ok(
      idrs.every((pts, index) => index === 0 || pts - (idrs[index - 1] ?? 0) >= 180_000),
      `${name}: and again when nothing better came for two seconds`,
    );
    const { errors, pictures } = decodePictures(pack(frames).file, { strict: true });
    t.equal(errors, "", name);
    t.ok(pictures.length > 60, `${name}: ${pictures.length} pictures`);
  }
  t.end();
});
