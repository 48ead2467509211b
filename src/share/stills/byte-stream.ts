import { avcParameterSets, hevcParameterSets } from "../live/packaging/ts/annex-b.ts";
import type { CodedPicture } from "./still.ts";

/**
 * A picture as a decoder that knows nothing takes it: parameter sets first, start codes instead of lengths. MPEG-2 has its
 * sequence header before each such picture, and is that already.
 * @see ISO/IEC 14496-10 Annex B, ISO/IEC 23008-2 Annex B
 */
export function byteStreamOf({ track, data }: CodedPicture): Buffer {
  if (track.family === "mpeg2") return data;
  const sets = track.family === "avc" ? avcParameterSets(track.config) : hevcParameterSets(track.config);
  const stream = Buffer.concat([sets, data]);
  for (let at = sets.length; at + 4 < stream.length;) {
    const size = stream.readUInt32BE(at);
    // What is no NAL unit stays as it is.
    if (size > stream.length - at - 4) break;
    stream.writeUInt32BE(1, at);
    at += 4 + size;
  }
  return stream;
}
