import type { Track } from "../../media-source.ts";
import { box, fullBox, u16, u32 } from "./box.ts";
import { audioSampleEntry, videoSampleEntry } from "./sample-entry.ts";

/** Ticks per second of a track's media: 90 000 for video, the sampling rate for audio. */
export const timescaleOf = (track: Track): number => (track.kind === "video" ? 90_000 : track.sampleRate);

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** ISO 639-2/T packed into 15 bits. @see ISO/IEC 14496-12 §8.4.2.3 */
function packedLanguage(language: string | null): number {
  const letters = /^[a-z]{3}$/.test(language ?? "") ? (language ?? "und") : "und";
  return [...letters].reduce((packed, letter) => (packed << 5) | (letter.charCodeAt(0) - 0x60), 0);
}

/**
 * `ftyp` and `moov` of a stream with one track and no samples: no edit list, no duration.
 * The same track always gives the same bytes. @see ISO/IEC 23000-19 (CMAF) §7.3.1
 */
export function initSegment(track: Track): Buffer {
  const video = track.kind === "video";
  const [width, height] = video
    ? [Math.round((track.width * track.sar[0]) / track.sar[1]), track.height]
    : [0, 0];
  const tkhd = fullBox(
    "tkhd",
    0,
    7,
    u32(0, 0, 1, 0, 0, 0, 0),
    u16(0, 0, video ? 0 : 0x0100, 0),
    MATRIX,
    u32((width * 65536) % 2 ** 32, (height * 65536) % 2 ** 32),
  );
  const mdhd = fullBox(
    "mdhd",
    0,
    0,
    u32(0, 0, timescaleOf(track), 0),
    u16(packedLanguage(video ? null : track.language), 0),
  );
  const hdlr = fullBox(
    "hdlr",
    0,
    0,
    u32(0),
    Buffer.from(video ? "vide" : "soun"),
    u32(0, 0, 0),
    Buffer.from("Tellyport\0"),
  );
  const dinf = box("dinf", fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1)));
  const stbl = box(
    "stbl",
    fullBox("stsd", 0, 0, u32(1), video ? videoSampleEntry(track) : audioSampleEntry(track)),
    fullBox("stts", 0, 0, u32(0)),
    fullBox("stsc", 0, 0, u32(0)),
    fullBox("stsz", 0, 0, u32(0, 0)),
    fullBox("stco", 0, 0, u32(0)),
  );
  const header = video ? fullBox("vmhd", 0, 1, u16(0, 0, 0, 0)) : fullBox("smhd", 0, 0, u16(0, 0));
  const mvhd = fullBox(
    "mvhd",
    0,
    0,
    u32(0, 0, 90_000, 0, 0x10000),
    u16(0x0100, 0),
    u32(0, 0),
    MATRIX,
    u32(0, 0, 0, 0, 0, 0, 2),
  );
  return Buffer.concat([
    box("ftyp", Buffer.from("iso6"), u32(0), Buffer.from("iso6cmfc")),
    box(
      "moov",
      mvhd,
      box("trak", tkhd, box("mdia", mdhd, hdlr, box("minf", header, dinf, stbl))),
      box("mvex", fullBox("trex", 0, 0, u32(1, 1, 0, 0, 0))),
    ),
  ]);
}
