import {
  eachDescriptor,
  EXTENSION_TAG,
  findDescriptor,
  findExtension,
  readLanguage,
  TAG,
} from "./descriptors.ts";
import type { StreamCodec } from "../ports.ts";

/** stream_type that says by itself what the stream is. @see ISO/IEC 13818-1 table 2-34, ATSC A/53 part 3 */
const BY_STREAM_TYPE: Readonly<Record<number, StreamCodec>> = {
  0x01: "mpeg2-video",
  0x02: "mpeg2-video",
  0x03: "mpeg-audio",
  0x04: "mpeg-audio",
  0x0f: "aac-adts",
  0x11: "aac-latm",
  0x1b: "h264",
  0x24: "hevc",
  0x81: "ac-3",
  0x87: "ec-3",
};

/** What a descriptor says about a stream of private data. @see EN 300 468 table 12 */
const BY_DESCRIPTOR: Readonly<Record<number, StreamCodec>> = {
  [TAG.teletext]: "teletext",
  [TAG.subtitling]: "dvb-subtitles",
  [TAG.ac3]: "ac-3",
  [TAG.enhancedAc3]: "ec-3",
  // In private data AAC has to be in LATM; ADTS has a stream_type of its own. @see TS 101 154 §6.3, Annex C
  [TAG.aac]: "aac-latm",
};

/** @see SMPTE registration authority */
const BY_REGISTRATION: Readonly<Record<string, StreamCodec>> = { "AC-3": "ac-3", EAC3: "ec-3", HEVC: "hevc" };

const PES_PRIVATE_DATA = 0x06;
/** 0x80 and above belong to whoever registers a format. */
const USER_PRIVATE = 0x80;

/** What is in an elementary stream, from stream_type and descriptors alone. */
export function codecOf(streamType: number, descriptors: Buffer): StreamCodec {
  if (streamType !== PES_PRIVATE_DATA && streamType < USER_PRIVATE)
    return BY_STREAM_TYPE[streamType] ?? "other";
  for (const { tag, data } of eachDescriptor(descriptors)) {
    const codec = BY_DESCRIPTOR[tag];
    if (codec !== undefined && streamType === PES_PRIVATE_DATA) return codec;
    if (tag !== TAG.registration) continue;
    const registered = BY_REGISTRATION[data.toString("latin1", 0, 4)];
    if (registered !== undefined) return registered;
  }
  return BY_STREAM_TYPE[streamType] ?? "other";
}

/** Language of the first descriptor that names one, lower case; null when none does. */
export function languageOf(descriptors: Buffer): string | null {
  for (const tag of [TAG.iso639, TAG.teletext, TAG.subtitling]) {
    const data = findDescriptor(descriptors, tag);
    const language = data === null ? null : readLanguage(data);
    if (language !== null) return language;
  }
  const supplementary = findExtension(descriptors, EXTENSION_TAG.supplementaryAudio);
  const named = supplementary !== null && supplementary.length >= 4 && (supplementary.readUInt8(0) & 1) === 1;
  return named ? readLanguage(supplementary, 1) : null;
}

/** AAC_type values for the visually impaired. @see EN 300 468 table 26, stream_content 6 */
const AAC_DESCRIPTION = new Set([0x40, 0x44, 0x47, 0x48, 0x49, 0x4a]);

/** Whether any descriptor says that the sound describes the picture. */
export function isAudioDescription(descriptors: Buffer): boolean {
  for (const { tag, data } of eachDescriptor(descriptors)) {
    if (data.length < 2) continue;
    const first = data.readUInt8(0);
    const second = data.readUInt8(1);
    switch (tag) {
      case TAG.iso639:
        // `qad` is how French broadcasters say it, beside or instead of audio_type 3.
        if (data.length >= 4 && (data.readUInt8(3) === 3 || readLanguage(data) === "qad")) return true;
        break;
      case TAG.extension:
        if (first === EXTENSION_TAG.supplementaryAudio && ((second >> 2) & 0x1f) === 1) return true;
        break;
      case TAG.ac3:
      case TAG.enhancedAc3:
        // component_type_flag, then service type 2, "visually impaired". @see EN 300 468 table D.5
        if ((first & 0x80) !== 0 && ((second >> 3) & 7) === 2) return true;
        break;
      case TAG.aac:
        if ((second & 0x80) !== 0 && data.length >= 3 && AAC_DESCRIPTION.has(data.readUInt8(2))) return true;
        break;
      default:
    }
  }
  return false;
}
