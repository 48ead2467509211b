import type { AudioTrack, Track } from "../../media-source.ts";
import { AdtsFraming, adtsForm } from "./adts.ts";
import { AnnexBFraming } from "./annex-b.ts";
import { LoasFraming } from "./loas.ts";
import type { PesBuffer } from "./pes-buffer.ts";

/** How access units of one track become the payload of PES packets. */
export interface Framing {
  /** Puts one access unit into the buffer. @returns false when this framing cannot hold it */
  frame(data: Buffer, randomAccess: boolean, into: PesBuffer): boolean;
}

/** How one track goes into a transport stream. */
export interface StreamDescription {
  /** @see ISO/IEC 13818-1 Table 2-34; A/52 Annex A for 0x81 and 0x87 */
  readonly streamType: number;
  /** @see ISO/IEC 13818-1 Table 2-22 */
  readonly streamId: number;
  /** Of the PMT's second loop. */
  readonly descriptors: Buffer;
  readonly framing: Framing;
}

const VIDEO = 0xe0;
const AUDIO = 0xc0;
const PRIVATE_STREAM_1 = 0xbd;
const NONE = Buffer.alloc(0);

/** The coding's own bytes are what goes into the stream. */
const AS_IT_IS: Framing = {
  frame(data, _randomAccess, into) {
    into.put(data);
    return true;
  },
};

/** @see ISO/IEC 13818-1 §2.6.8 */
const registration = (format: string): Buffer =>
  Buffer.concat([Buffer.from([0x05, 4]), Buffer.from(format, "latin1")]);

/**
 * How a track goes into a transport stream; null when it cannot.
 *
 * AC-3 and E-AC-3 are signalled as ATSC does (0x81 and 0x87 with a registration), not as DVB does (private data with a
 * descriptor): it is what Apple asks of HLS (authoring specification §2), what hls.js and Chromecast know, and what VLC, Kodi
 * and FFmpeg read as well. AAC goes in ADTS, which HLS asks for. What ADTS cannot say goes in LOAS, which FFmpeg and those
 * built on it read (VLC not where a program_config_element tells the channels); what that cannot say either (xHE-AAC) does
 * not go.
 */
export function describeStream(track: Track): StreamDescription | null {
  switch (track.family) {
    case "avc":
      return video(0x1b, NONE, new AnnexBFraming("avc", track.config));
    case "hevc":
      return video(0x24, registration("HEVC"), new AnnexBFraming("hevc", track.config));
    case "mpeg2":
      // The object type of MPEG-1 video. @see ISO/IEC 14496-1 Table 5
      return video(track.codec === "mp4v.6A" ? 0x01 : 0x02, NONE, AS_IT_IS);
    case "mp2":
      return audio(track, track.sampleRate < 32_000 ? 0x04 : 0x03, AUDIO, NONE, AS_IT_IS);
    case "ac-3":
      return audio(track, 0x81, PRIVATE_STREAM_1, registration("AC-3"), AS_IT_IS);
    case "ec-3":
      return audio(track, 0x87, PRIVATE_STREAM_1, registration("EAC3"), AS_IT_IS);
    case "aac": {
      const form = adtsForm(track.config);
      if (form !== null) return audio(track, 0x0f, AUDIO, NONE, new AdtsFraming(form));
      const loas = LoasFraming.of(track.config);
      return loas === null ? null : audio(track, 0x11, AUDIO, NONE, loas);
    }
  }
}

const video = (streamType: number, descriptors: Buffer, framing: Framing): StreamDescription => ({
  streamType,
  streamId: VIDEO,
  descriptors,
  framing,
});

const audio = (
  track: AudioTrack,
  streamType: number,
  streamId: number,
  identity: Buffer,
  framing: Framing,
): StreamDescription => ({
  streamType,
  streamId,
  descriptors: Buffer.concat([identity, language(track)]),
  framing,
});

/** ISO_639_language_descriptor; audio_type 3 is commentary for the visually impaired. @see ISO/IEC 13818-1 §2.6.18 */
function language({ language, audioDescription }: AudioTrack): Buffer {
  const known = language !== null && /^[a-z]{3}$/i.test(language);
  if (!known && !audioDescription) return NONE;
  const code = Buffer.from(known ? language.toLowerCase() : "und", "latin1");
  return Buffer.concat([Buffer.from([0x0a, 4]), code, Buffer.from([audioDescription ? 3 : 0])]);
}
