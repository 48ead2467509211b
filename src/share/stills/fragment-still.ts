import { fragmentHeader } from "../live/packaging/fmp4/fragment.ts";
import { initSegment } from "../live/packaging/fmp4/init-segment.ts";
import { made, notMade, type CodedPicture, type Made } from "./still.ts";

/** A list has many: what takes more than this is not offered, bytes. */
const LARGEST = 300 * 1024;
/** Of a stream that does not say its frame rate, 90 kHz ticks. */
const FRAME = 3600;
/**
 * Bytes for 256 pixels that no real picture does with, an estimate: black and grey take a tenth of it, broadcasts 10 to 80 of
 * H.264 and more than 2 of HEVC even where they show two colours and a few letters.
 */
const SINGLE_COLOUR = { avc: 1.5, hevc: 0.4 } as const;

/**
 * The picture as it was sent, as a file of one sample that a `<video>` shows: for boxes that cannot decode. MPEG-2 is left out,
 * as no browser shows it. @see ISO/IEC 14496-12 §8.8
 */
export function fragmentStill({ track, data }: CodedPicture): Made {
  if (track.family === "mpeg2" || track.width < 1 || track.height < 1) return notMade("unsupported");
  if (!isFramed(data)) return notMade("undecodable");
  if (data.length > LARGEST) return notMade("too-large");
  if (data.length < (SINGLE_COLOUR[track.family] * track.width * track.height) / 256)
    return notMade("single-colour");
  const duration = track.frameRate > 0 ? Math.max(1, Math.round(90_000 / track.frameRate)) : FRAME;
  const sample = { size: data.length, duration, sync: true, compositionOffset: 0 };
  const body = Buffer.concat([initSegment(track), fragmentHeader(1, 0, [sample], true), data]);
  return body.length > LARGEST ? notMade("too-large") : made({ type: "video/mp4", body });
}

/** NAL units under lengths from the first byte to the last. @see ISO/IEC 14496-15 §5.3.4.2 */
function isFramed(data: Buffer): boolean {
  let at = 0;
  while (at + 4 < data.length) at += 4 + data.readUInt32BE(at);
  return at > 0 && at === data.length;
}
