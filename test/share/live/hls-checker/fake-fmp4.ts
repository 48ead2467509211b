import { AUDIO_RATE, type Cut } from "./fake-timing.ts";

/** Fragmented MP4 written for these tests alone: by another hand than the one that the checker judges. */

export const box = (type: string, ...children: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(children);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, body]);
};
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");
const zeros = (count: number): Buffer => Buffer.alloc(count);
const long = (...values: readonly number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const four = Buffer.alloc(4);
      four.writeUInt32BE(value >>> 0);
      return four;
    }),
  );

const UNITY = hex("00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000");
/** High profile, level 3.1, 640 × 360. */
const AVCC = hex(
  "01 64001f ffe1 001a 6764001facd940a02ff9610000030001000003003200f1831960 01 0006 68ebe3cb22c0 fdf8f800",
);
/** AAC-LC, 48 kHz, stereo. */
const ESDS = hex(
  "00000000 03 80808022 0001 00 04 80808014 40 15 000000 00000000 00000000 05 80808002 1190 06 80808001 02",
);

/** `ftyp` and `moov`; the number of the version is in it, so that two differ. */
export function fakeInit(kind: "video" | "audio", version: number): Buffer {
  const video = kind === "video";
  const entry = video
    ? box(
        "avc1",
        hex("000000000000 0001"),
        zeros(16),
        hex("0280 0168 00480000 00480000 00000000 0001"),
        zeros(32),
        hex("0018 ffff"),
        box("avcC", AVCC),
      )
    : box("mp4a", hex("000000000000 0001 0000000000000000 0002 0010 0000 0000 bb800000"), box("esds", ESDS));
  const stbl = box(
    "stbl",
    box("stsd", long(0, 1), entry),
    box("stts", zeros(8)),
    box("stsc", zeros(8)),
    box("stsz", zeros(12)),
    box("stco", zeros(8)),
  );
  const header = video ? box("vmhd", hex("00000001"), zeros(8)) : box("smhd", zeros(8));
  const minf = box("minf", header, box("dinf", box("dref", long(0, 1), box("url ", long(1)))), stbl);
  const mdia = box(
    "mdia",
    box("mdhd", long(0, 0, 0, video ? 90_000 : AUDIO_RATE, 0), hex("55c40000")),
    box("hdlr", long(0, 0), Buffer.from(video ? "vide" : "soun"), zeros(12), Buffer.from("t\0")),
    minf,
  );
  const size = video ? hex("02800000 01680000") : zeros(8);
  const tkhd = box("tkhd", long(7, 0, 0, 1, 0, 0, 0, 0), hex("0000 0000 0100 0000"), UNITY, size);
  const mvhd = box(
    "mvhd",
    long(0, 0, 0, 1000, 0, 0x10000),
    hex("0100"),
    zeros(10),
    UNITY,
    zeros(24),
    long(2),
  );
  return Buffer.concat([
    box("ftyp", Buffer.from("iso6"), long(version), Buffer.from("iso6cmfc")),
    box(
      "moov",
      mvhd,
      box("trak", tkhd, mdia),
      box("mvex", box("trex", long(0, 1, 1, 0, 0, 0))),
      box("free", box("skip")),
    ),
  ]);
}

const SYNC = 0x02000000;
const OTHER = 0x01010000;

/** One part: a `moof` with its `mdat`. */
export function fakePart(kind: "video" | "audio", cut: Cut): Buffer {
  const video = kind === "video";
  const sizes = Array.from({ length: cut.samples }, (_, i) =>
    video && cut.key && i === 0 ? 4000 : 300 + (i % 7),
  );
  const payload = Buffer.concat(
    sizes.map((size, i) => {
      const data = Buffer.alloc(size, (cut.time + i) & 0xff);
      if (video) {
        data.writeUInt32BE(size - 4);
        data[4] = cut.key && i === 0 ? 0x65 : 0x41;
      }
      return data;
    }),
  );
  const samples = sizes.map((size, i) =>
    video ? long(cut.ticks, size, cut.key && i === 0 ? SYNC : OTHER, cut.ticks) : long(cut.ticks, size, SYNC),
  );
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(cut.time));
  const moof = (offset: number): Buffer =>
    box(
      "moof",
      box("mfhd", long(0, cut.number)),
      box(
        "traf",
        box("tfhd", long(0x00020000, 1)),
        box("tfdt", long(0x01000000), time),
        box("trun", long(0x01000000 | (video ? 0xf01 : 0x701), sizes.length, offset), ...samples),
      ),
    );
  return Buffer.concat([moof(moof(0).length + 8), box("mdat", payload)]);
}
