import t, { type Test } from "tap";
import * as mp4box from "mp4box";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { packageTs, type Packaged, type StoredSegment } from "../../../helpers/ts-to-media.ts";
import { H264, makeTs, picture, probe, skipWithoutFfmpeg, sound } from "./media-tools.ts";

/** Boxes as they lie, read by hand: this must not share a mistake with what wrote them. @see ISO/IEC 14496-12 §4.2 */
interface Box {
  readonly type: string;
  /** Behind size and type. */
  readonly body: Buffer;
  readonly size: number;
}

function boxes(bytes: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) throw new Error(`a box of ${size} bytes at ${at}`);
    found.push({
      type: bytes.toString("latin1", at + 4, at + 8),
      body: bytes.subarray(at + 8, at + size),
      size,
    });
    at += size;
  }
  return found;
}

/** The one box on this path. */
function inside(bytes: Buffer, ...path: readonly string[]): Buffer {
  let body = bytes;
  for (const type of path) {
    const same = boxes(body).filter((box) => box.type === type);
    if (same.length !== 1) throw new Error(`${same.length} of ${type} in ${path.join("/")}`);
    body = same[0]?.body ?? body;
  }
  return body;
}

const types = (bytes: Buffer): string[] => boxes(bytes).map(({ type }) => type);

let made: Promise<Packaged> | null = null;
/** Five seconds of picture and sound, B pictures among them. */
function packaged(): Promise<Packaged> {
  made ??= packageTs(makeTs([...picture(5), ...sound(5), ...H264, "-c:a", "aac", "-map", "0", "-map", "1"]));
  return made;
}

const skip = skipWithoutFfmpeg();

t.test(
  "F-01 the init segment has one track, empty tables, no edit list and no index",
  { skip },
  async (t) => {
    const { renditions } = await packaged();
    t.same(
      renditions.map(({ id }) => id),
      ["v0", "a0"],
    );
    for (const { id, init, track } of renditions) {
      t.same(types(init), ["ftyp", "moov"], id);
      const ftyp = inside(init, "ftyp").toString("latin1");
      t.equal(ftyp.slice(0, 4), "iso6", "major brand");
      t.same(ftyp.slice(8).match(/.{4}/g), ["iso6", "cmfc"], "compatible brands");
      t.same(types(inside(init, "moov")), ["mvhd", "trak", "mvex"]);
      t.same(types(inside(init, "moov", "mvex")), ["trex"]);
      t.same(types(inside(init, "moov", "trak")), ["tkhd", "mdia"], "no edts");
      t.same(types(inside(init, "moov", "trak", "mdia")), ["mdhd", "hdlr", "minf"]);
      const minf = inside(init, "moov", "trak", "mdia", "minf");
      t.same(types(minf), [track.kind === "video" ? "vmhd" : "smhd", "dinf", "stbl"]);
      for (const table of ["stts", "stsc", "stco"])
        t.equal(inside(minf, "stbl", table).readUInt32BE(4), 0, `${id}: ${table} is empty`);
      t.equal(inside(minf, "stbl", "stsz").readUInt32BE(8), 0, `${id}: stsz is empty`);
      t.equal(inside(init, "moov", "mvhd").readUInt32BE(16), 0, "no duration");
      const trex = inside(init, "moov", "mvex", "trex");
      t.equal(trex.readUInt32BE(4), inside(init, "moov", "trak", "tkhd").readUInt32BE(12), "the same track");
    }
  },
);

interface Fragment {
  readonly decodeTime: bigint;
  readonly samples: readonly { readonly size: number; readonly flags: number; readonly duration: number }[];
}

const bit = (flags: number, mask: number): boolean => (flags & mask) !== 0;

/** Every `moof` with its `mdat`, field by field. @see ISO/IEC 14496-12 §8.8 */
function fragments(t: Test, { bytes }: StoredSegment, label: string): Fragment[] {
  const all = boxes(bytes);
  const found: Fragment[] = [];
  for (let index = 0; index < all.length; index += 2) {
    const [moof, mdat] = [all[index], all[index + 1]];
    if (moof?.type !== "moof" || mdat?.type !== "mdat") {
      t.fail(`${label}: ${moof?.type} and ${mdat?.type}`);
      continue;
    }
    t.same(types(moof.body), ["mfhd", "traf"], label);
    t.same(types(inside(moof.body, "traf")), ["tfhd", "tfdt", "trun"], label);
    const tfhd = inside(moof.body, "traf", "tfhd");
    const common = tfhd.readUInt32BE(0);
    t.ok(bit(common, 0x20000), `${label}: default-base-is-moof`);
    t.notOk(bit(common, 1), `${label}: no base data offset`);
    let at = 8;
    const defaults = { duration: 0, flags: 0 };
    if (bit(common, 8)) defaults.duration = tfhd.readUInt32BE((at += 4) - 4);
    if (bit(common, 0x20)) defaults.flags = tfhd.readUInt32BE((at += 4) - 4);
    t.equal(at, tfhd.length, `${label}: tfhd has nothing else`);
    const tfdt = inside(moof.body, "traf", "tfdt");
    t.equal(tfdt[0], 1, `${label}: tfdt of version 1`);
    const trun = inside(moof.body, "traf", "trun");
    t.equal(trun[0], 1, `${label}: trun of version 1`);
    const fields = trun.readUInt32BE(0);
    t.ok(bit(fields, 1) && bit(fields, 0x200), `${label}: data offset and sizes`);
    t.equal(trun.readInt32BE(8), moof.size + 8, `${label}: data begin behind the header of mdat`);
    const samples = [];
    at = 12;
    for (let left = trun.readUInt32BE(4); left > 0; left--) {
      const take = (mask: number, fallback: number): number =>
        bit(fields, mask) ? trun.readUInt32BE((at += 4) - 4) : fallback;
      const duration = take(0x100, defaults.duration);
      const size = take(0x200, 0);
      const flags = take(0x400, defaults.flags);
      take(0x800, 0);
      samples.push({ duration, size, flags });
    }
    t.equal(at, trun.length, `${label}: trun is as long as its samples`);
    t.equal(
      samples.reduce((sum, { size }) => sum + size, 0),
      mdat.body.length,
      `${label}: samples fill mdat`,
    );
    found.push({ decodeTime: tfdt.readBigUInt64BE(4), samples });
  }
  return found;
}

t.test("F-02 fragments: one moof, one mdat, one track, sizes that fit", { skip }, async (t) => {
  const { segments } = await packaged();
  t.ok(segments.length >= 8);
  for (const segment of segments)
    t.ok(fragments(t, segment, `${segment.rendition} ${segment.sequence}`).length >= 3);
});

t.test("F-03 sample flags say what a sample needs, as ffprobe finds it", { skip }, async (t) => {
  const result = await packaged();
  const flagsOf = (id: string): number[] =>
    result
      .of(id)
      .flatMap((segment) => fragments(t, segment, id))
      .flatMap(({ samples }) => samples.map(({ flags }) => flags));
  t.same([...new Set(flagsOf("a0"))], [0x02000000], "each frame of sound stands for itself");
  const keys = probe(
    makeTs([...picture(5), ...sound(5), ...H264, "-c:a", "aac", "-map", "0", "-map", "1"]),
    "ts",
    ["-select_streams", "v"],
  ).packets.map(({ flags }) => (flags.startsWith("K") ? 0x02000000 : 0x01010000));
  t.equal(keys.filter((flags) => flags === 0x02000000).length, 5);
  t.same(flagsOf("v0"), keys);
});

t.test("F-04 a segment is the concatenation of its parts", { skip }, async (t) => {
  const { segments, parts } = await packaged();
  for (const { rendition, sequence, bytes } of segments) {
    const own = parts.filter((part) => part.rendition === rendition && part.sequence === sequence);
    t.ok(own.length >= 3, `${rendition} ${sequence} has ${own.length} parts`);
    t.ok(Buffer.concat(own.map((part) => part.bytes)).equals(bytes), `${rendition} ${sequence}`);
    for (const part of own) t.same(types(part.bytes), ["moof", "mdat"], "a part is a fragment");
  }
  t.equal(new Set(parts.map(({ rendition, serial }) => `${rendition} ${serial}`)).size, parts.length);
});

t.test("F-05 CODECS is what the sample entry says", { skip }, async (t) => {
  const { renditions } = await packaged();
  for (const { init, track } of renditions) {
    const stsd = inside(init, "moov", "trak", "mdia", "minf", "stbl", "stsd");
    t.equal(stsd.readUInt32BE(4), 1, "one entry");
    const [entry] = boxes(stsd.subarray(8));
    if (track.kind === "video") {
      t.equal(entry?.type, "avc1");
      const avcC = inside(entry?.body.subarray(78) ?? stsd, "avcC");
      // AVCProfileIndication, profile_compatibility and AVCLevelIndication, also found in the parameter set itself.
      t.equal(track.codec, `avc1.${avcC.toString("hex", 1, 4)}`);
      t.equal(avcC.toString("hex", 9, 12), avcC.toString("hex", 1, 4));
      t.same([entry?.body.readUInt16BE(24), entry?.body.readUInt16BE(26)], [320, 180]);
    } else {
      t.equal(entry?.type, "mp4a");
      const esds = inside(entry?.body.subarray(28) ?? stsd, "esds");
      const specific = esds.indexOf(Buffer.from([0x05, 0x80, 0x80, 0x80]));
      const objectType = (esds[specific + 5] ?? 0) >> 3;
      t.equal(track.codec, `mp4a.40.${objectType}`);
    }
  }
});

t.test("F-06 mp4box and mediabunny read it alike", { skip }, async (t) => {
  const result = await packaged();
  for (const { id, track } of result.renditions) {
    const file = result.file(id);
    const written = result
      .of(id)
      .flatMap((segment) => fragments(t, segment, id))
      .reduce((sum, { samples }) => sum + samples.length, 0);
    const bytes = Uint8Array.from(file).buffer;
    const box = mp4box.createFile();
    let [codec, samples] = ["", 0];
    box.onReady = ({ tracks }) => {
      codec = tracks[0]?.codec ?? "";
      box.setExtractionOptions(tracks[0]?.id ?? 0, null, { nbSamples: 1e6 });
      box.start();
    };
    box.onSamples = (_id: number, _user: unknown, list: readonly unknown[]) => (samples += list.length);
    box.appendBuffer(mp4box.MP4BoxBuffer.fromArrayBuffer(bytes, 0));
    box.flush();
    t.equal(codec, track.codec, "mp4box: codec");
    t.equal(samples, written, "mp4box: samples");
    using input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
    const [theirs] = await input.getTracks();
    t.equal(await theirs?.getCodecParameterString(), track.codec, "mediabunny: codec");
    t.equal((await theirs?.computePacketStats())?.packetCount, written, "mediabunny: samples");
    t.equal(probe(file).packets.length, written, "ffprobe: samples");
  }
});
