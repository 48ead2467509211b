import type { AudioTrack, VideoTrack } from "../../media-source.ts";
import { box, descriptor, fullBox, u16, u32, u8 } from "./box.ts";

/** Object type indications. @see https://mp4ra.org/registered-types/object-types */
const OBJECT_TYPE = { aac: 0x40, mpeg2Audio: 0x69, mpeg1Audio: 0x6b } as const;

/** @see ISO/IEC 14496-1 §7.2.6.5 */
function esds(objectType: number, streamType: number, specific: Buffer): Buffer {
  const decoder = descriptor(
    4,
    u8(objectType, (streamType << 2) | 1, 0, 0, 0),
    u32(0, 0),
    ...(specific.length > 0 ? [descriptor(5, specific)] : []),
  );
  return fullBox("esds", 0, 0, descriptor(3, u16(0), u8(0), decoder, descriptor(6, u8(2))));
}

/** @see ISO/IEC 14496-12 §12.1.3 */
export function videoSampleEntry(track: VideoTrack): Buffer {
  const head = Buffer.concat([
    u16(0, 0, 0, 1),
    Buffer.alloc(16),
    u16(track.width, track.height),
    u32(0x00480000, 0x00480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(24, 0xffff),
  ]);
  const extras = [box("pasp", u32(track.sar[0], track.sar[1]))];
  if (track.colour !== null) {
    const { primaries, transfer, matrix, fullRange } = track.colour;
    extras.push(box("colr", Buffer.from("nclx"), u16(primaries, transfer, matrix), u8(fullRange ? 0x80 : 0)));
  }
  switch (track.family) {
    case "avc":
      return box("avc1", head, box("avcC", track.config), ...extras);
    case "hevc":
      return box("hvc1", head, box("hvcC", track.config), ...extras);
    case "mpeg2":
      // The codec string ends with the object type of the profile: `mp4v.61`.
      return box("mp4v", head, esds(Number.parseInt(track.codec.slice(5), 16), 4, track.config), ...extras);
  }
}

/** @see ISO/IEC 14496-12 §12.2.3, TS 102 366 Annex F, ISO/IEC 14496-14 §5.6 */
export function audioSampleEntry(track: AudioTrack): Buffer {
  const head = Buffer.concat([
    u16(0, 0, 0, 1),
    u32(0, 0),
    u16(track.channels, 16, 0, 0),
    u32((track.sampleRate * 65536) % 2 ** 32),
  ]);
  switch (track.family) {
    case "aac":
      return box("mp4a", head, esds(OBJECT_TYPE.aac, 5, track.config));
    case "ac-3":
      return box("ac-3", head, box("dac3", track.config));
    case "ec-3":
      return box("ec-3", head, box("dec3", track.config));
    case "mp2": {
      // Half sampling rates are MPEG-2's extension. @see ISO/IEC 13818-3 §2.4.2.3
      const type = track.sampleRate < 32_000 ? OBJECT_TYPE.mpeg2Audio : OBJECT_TYPE.mpeg1Audio;
      return box("mp4a", head, esds(type, 5, Buffer.alloc(0)));
    }
  }
}
