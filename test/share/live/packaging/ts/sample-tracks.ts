import { ticks } from "../../../../../src/kernel/units.ts";
import type { AccessUnit, AudioTrack, VideoTrack } from "../../../../../src/share/live/media-source.ts";

/** Tracks and units of tests: as small as can be. */

export const SPS = Buffer.from([0x67, 0x64, 0x00, 0x1f, 0xac]);
export const PPS = Buffer.from([0x68, 0xee, 0x3c, 0x80]);

const size = (nal: Buffer): Buffer => Buffer.from([nal.length >> 8, nal.length & 0xff]);
const AVCC = Buffer.concat([
  Buffer.from([1, 0x64, 0, 0x1f, 0xff, 0xe1]),
  size(SPS),
  SPS,
  Buffer.from([1]),
  size(PPS),
  PPS,
]);

const VIDEO: VideoTrack = {
  kind: "video",
  id: 256,
  family: "avc",
  codec: "avc1.64001f",
  width: 1280,
  height: 720,
  sar: [1, 1],
  frameRate: 25,
  interlaced: false,
  colour: null,
  config: AVCC,
};

const AUDIO: AudioTrack = {
  kind: "audio",
  id: 257,
  family: "aac",
  codec: "mp4a.40.2",
  sampleRate: 48_000,
  channels: 2,
  frameSamples: 1024,
  language: "deu",
  audioDescription: false,
  // LC, 48 kHz, stereo.
  config: Buffer.from([0x11, 0x90]),
};

export const videoTrack = (over: Partial<VideoTrack> = {}): VideoTrack => ({ ...VIDEO, ...over });
export const audioTrack = (over: Partial<AudioTrack> = {}): AudioTrack => ({ ...AUDIO, ...over });

/** @param over `dts` is the PTS when it is not said */
export function unit(over: {
  track: number;
  pts: number;
  dts?: number;
  data: Buffer;
  sync?: boolean;
}): AccessUnit {
  const { track, pts, data, sync = true } = over;
  return { track, pts: ticks(pts), dts: ticks(over.dts ?? pts), randomAccess: sync, idr: sync, data };
}

/** NAL units under 4-byte lengths. */
export const underLengths = (...nals: readonly Buffer[]): Buffer =>
  Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nal.length);
      return [length, nal];
    }),
  );

/** The same under start codes. */
export const underStartCodes = (...nals: readonly Buffer[]): Buffer =>
  Buffer.concat(nals.flatMap((nal) => [Buffer.from([0, 0, 0, 1]), nal]));
