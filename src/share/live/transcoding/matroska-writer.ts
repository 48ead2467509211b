import type { AudioTrack, Track, VideoTrack } from "../media-source.ts";

/**
 * One track as a Matroska stream, for ffmpeg's standard input. Of all containers that ffmpeg reads from a pipe it is the one that
 * takes access units as they are: NAL units under their lengths, AAC of every kind with its AudioSpecificConfig, time stamps
 * of 64 bits that never wrap, and no bytes before the first unit but its codec's configuration.
 * @see RFC 9559
 */

const DOC_TYPE = element(0x4282, Buffer.from("matroska"));
/** Time stamps count microseconds: a tick of 90 kHz comes back from them unchanged. */
const TIMESTAMP_SCALE = 1000;
const UNKNOWN_SIZE = Buffer.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const VIDEO = 1;
const AUDIO = 2;
/** A SimpleBlock begins with track number 1 and a time 0 after its cluster's. */
const BLOCK_HEADER = 4;
const KEY_FRAME = 0x80;
/** Frames per second of a stream that does not say. */
const DEFAULT_FRAME_RATE = 25;

/** What comes before the first unit. */
export function matroskaHeader(track: Track): Buffer {
  const entry = Buffer.concat([
    integer(0xd7, 1),
    integer(0x73c5, 1),
    integer(0x9c, 0),
    ...(track.kind === "video" ? videoEntry(track) : audioEntry(track)),
  ]);
  return Buffer.concat([
    element(0x1a45dfa3, Buffer.concat([DOC_TYPE, integer(0x4287, 4), integer(0x4285, 2)])),
    identifier(0x18538067),
    UNKNOWN_SIZE,
    element(0x1549a966, integer(0x2ad7b1, TIMESTAMP_SCALE)),
    element(0x1654ae6b, element(0xae, entry)),
  ]);
}

/**
 * One access unit, as a cluster of its own: the reader need not wait for what follows.
 * @param ticks 90 kHz, never negative
 * @returns a copy, to be kept as long as need be
 */
export function matroskaUnit(ticks: number, randomAccess: boolean, data: Buffer): Buffer {
  const time = integer(0xe7, Math.round((ticks * 100) / 9));
  const block = Buffer.concat([identifier(0xa3), size(BLOCK_HEADER + data.length)]);
  const cluster = Buffer.concat([
    identifier(0x1f43b675),
    size(time.length + block.length + BLOCK_HEADER + data.length),
  ]);
  const flags = randomAccess ? KEY_FRAME : 0;
  return Buffer.concat([cluster, time, block, Buffer.from([0x81, 0, 0, flags]), data]);
}

function videoEntry(track: VideoTrack): Buffer[] {
  const { width, height, sar, frameRate } = track;
  return [
    integer(0x83, VIDEO),
    // Nanoseconds; without it ffmpeg looks at a second and more of pictures before it begins.
    integer(0x23e383, Math.round(1e9 / (frameRate > 0 ? frameRate : DEFAULT_FRAME_RATE))),
    element(0x86, Buffer.from(videoCodec(track))),
    element(0x63a2, track.config),
    element(
      0xe0,
      Buffer.concat([
        integer(0xb0, width),
        integer(0xba, height),
        // The shape of the pixels; ffmpeg believes this and not the stream.
        integer(0x54b0, width * sar[0]),
        integer(0x54ba, height * sar[1]),
      ]),
    ),
  ];
}

function videoCodec({ family, codec }: VideoTrack): string {
  if (family === "avc") return "V_MPEG4/ISO/AVC";
  if (family === "hevc") return "V_MPEGH/ISO/HEVC";
  return codec === "mp4v.6A" ? "V_MPEG1" : "V_MPEG2";
}

function audioEntry(track: AudioTrack): Buffer[] {
  const rate = Buffer.alloc(8);
  rate.writeDoubleBE(track.sampleRate);
  // What describes the coding in MP4 is AAC's in Matroska as well; the others' frames describe themselves.
  const config = track.family === "aac" ? [element(0x63a2, track.config)] : [];
  return [
    integer(0x83, AUDIO),
    element(0x86, Buffer.from(audioCodec(track))),
    ...config,
    element(0xe1, Buffer.concat([element(0xb5, rate), integer(0x9f, track.channels)])),
  ];
}

function audioCodec({ family, frameSamples }: AudioTrack): string {
  if (family === "aac") return "A_AAC";
  if (family === "ac-3") return "A_AC3";
  if (family === "ec-3") return "A_EAC3";
  return frameSamples === 384 ? "A_MPEG/L1" : "A_MPEG/L2";
}

function element(id: number, body: Buffer): Buffer {
  return Buffer.concat([identifier(id), size(body.length), body]);
}

/** An identifier carries its length in its first bits: written as it is. @see RFC 8794 §5 */
function identifier(id: number): Buffer {
  const length = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(id, 0, length);
  return bytes;
}

/** @see RFC 8794 §4 */
function size(value: number): Buffer {
  const length = value < 0x7f ? 1 : value < 0x3fff ? 2 : value < 0x1fffff ? 3 : 4;
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value + 2 ** (7 * length), 0, length);
  return bytes;
}

function integer(id: number, value: number): Buffer {
  const length = value > 0xffffffffffff ? 8 : value > 0xffffffff ? 6 : 4;
  const bytes = Buffer.alloc(length);
  if (length === 8) bytes.writeBigUInt64BE(BigInt(value));
  else bytes.writeUIntBE(value, 0, length);
  return element(id, bytes);
}
