import type { ElementaryStream, StreamCodec } from "../../../../tuner/ports.ts";
import { Ac3Syntax } from "./ac3-syntax.ts";
import { AdtsSyntax } from "./adts-syntax.ts";
import type { AudioConfig } from "./audio-config.ts";
import { AudioStream } from "./audio-stream.ts";
import { IdrStream } from "../no-idr/idr-stream.ts";
import { HevcStream } from "./hevc-stream.ts";
import { LatmSyntax } from "./latm-syntax.ts";
import { MpegAudioSyntax } from "./mpeg-audio-syntax.ts";
import { Mpeg2Stream } from "./mpeg2-stream.ts";
import type { VideoConfig } from "./nal-stream.ts";
import type { CodedFrame, ElementaryParser } from "./pes.ts";

const VIDEO: readonly StreamCodec[] = ["h264", "hevc", "mpeg2-video"];
const AUDIO: readonly StreamCodec[] = ["aac-adts", "aac-latm", "ac-3", "ec-3", "mpeg-audio"];

export const isVideo = (stream: ElementaryStream): boolean => VIDEO.includes(stream.codec);
export const isAudio = (stream: ElementaryStream): boolean => AUDIO.includes(stream.codec);

/** @throws Error for a stream that is no video (a programmer's fault) */
export function videoParser(
  stream: ElementaryStream,
  emit: (frame: CodedFrame<VideoConfig>) => void,
): ElementaryParser {
  switch (stream.codec) {
    case "h264":
      return new IdrStream(emit);
    case "hevc":
      return new HevcStream(emit);
    case "mpeg2-video":
      return new Mpeg2Stream(emit);
    default:
      throw new Error(`${stream.codec} is no video that is packaged`);
  }
}

/** @throws Error for a stream that is no audio (a programmer's fault) */
export function audioParser(
  stream: ElementaryStream,
  emit: (frame: CodedFrame<AudioConfig>) => void,
): ElementaryParser {
  switch (stream.codec) {
    case "aac-adts":
      return new AudioStream(new AdtsSyntax(saysHighEfficiency(stream.descriptors)), emit);
    case "aac-latm":
      return new AudioStream(new LatmSyntax(), emit);
    case "ac-3":
    case "ec-3":
      return new AudioStream(new Ac3Syntax(), emit);
    case "mpeg-audio":
      return new AudioStream(new MpegAudioSyntax(), emit);
    default:
      throw new Error(`${stream.codec} is no audio that is packaged`);
  }
}

/** AAC_descriptor with a High Efficiency profile. @see EN 300 468 Annex H, ISO/IEC 14496-3 Table 1.14 */
function saysHighEfficiency(descriptors: Buffer): boolean {
  for (let at = 0; at + 2 < descriptors.length; at += 2 + (descriptors[at + 1] ?? 0)) {
    if (descriptors[at] !== 0x7c) continue;
    const profile = descriptors[at + 2] ?? 0;
    return profile >= 0x2c && profile <= 0x33;
  }
  return false;
}
