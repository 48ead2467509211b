import type { WeightClass } from "../../tuner/ports.ts";
import type { ErrorCode } from "../../kernel/errors.ts";
import type { Milliseconds, Ticks90k } from "../../kernel/units.ts";
import type { AudioFamily, VideoFamily } from "../../protocol/api.ts";
import type { BitmapDisplay } from "./subtitles/bitmap/bitmap-subtitles.ts";
import type { TextLine } from "./subtitles/teletext/teletext-subtitles.ts";

/**
 * What the packager packs. A live service is one kind of source; recordings and phone broadcasts will be others, so
 * nothing here knows a tuner, a PID or a transport stream.
 */

/** H.264, HEVC or MPEG-2 video, with what a sample entry and a playlist need. */
export interface VideoTrack {
  readonly kind: "video";
  readonly id: number;
  readonly family: Exclude<VideoFamily, "avc-recovery-point">;
  /** RFC 6381, from the parameter sets: `avc1.64001f`, `hvc1.1.6.L93.B0`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Pixel aspect ratio. */
  readonly sar: readonly [number, number];
  /** Frames per second (not fields); 0 when the stream does not say. */
  readonly frameRate: number;
  readonly interlaced: boolean;
  /** ISO/IEC 23091-2 code points; null when unsaid. */
  readonly colour: {
    readonly primaries: number;
    readonly transfer: number;
    readonly matrix: number;
    readonly fullRange: boolean;
  } | null;
  /** The pictures carry CEA-608 or CEA-708 captions; absent: none were seen when the track was told. @see ATSC A/53-4 §6.2.3 */
  readonly captions?: boolean;
  /** The body of avcC or hvcC (or esds for MPEG-2), ready for the sample entry. */
  readonly config: Buffer;
}

export interface AudioTrack {
  readonly kind: "audio";
  readonly id: number;
  readonly family: AudioFamily;
  /** RFC 6381: `mp4a.40.2`, `ac-3`, `ec-3`, `mp4a.6B`. */
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per access unit: 1024, 2048, 1536, 1152. */
  readonly frameSamples: number;
  readonly language: string | null;
  readonly audioDescription: boolean;
  /** AudioSpecificConfig, dac3 body, dec3 body, or empty for MPEG audio. */
  readonly config: Buffer;
}

export type Track = VideoTrack | AudioTrack;

/** Subtitles that can be chosen. */
export interface SubtitleTrack {
  readonly kind: "subtitle";
  /** Unique within the source. */
  readonly id: string;
  /** Text (teletext), or pictures to lay over the video (DVB subtitles). */
  readonly format: "text" | "bitmap";
  /** ISO 639-2, or null. */
  readonly language: string | null;
  readonly hearingImpaired: boolean;
}

/** What a subtitle track shows from a moment on, until it says something else. */
export type Subtitle = {
  /** Id of its track. */
  readonly track: string;
  /** On the source's timeline. */
  readonly at: Ticks90k;
} & (
  | { readonly format: "text"; readonly lines: readonly TextLine[] }
  | { readonly format: "bitmap"; readonly display: BitmapDisplay }
);

/** One picture (both fields of it) or one audio frame. */
export interface AccessUnit {
  readonly track: number;
  /** 64-bit timeline of the source in 90 kHz: unwrapped, shared by all tracks, never negative. */
  readonly pts: Ticks90k;
  readonly dts: Ticks90k;
  /** A decoder can start here. For H.264: IDR, or a recovery point of frame count 0. */
  readonly randomAccess: boolean;
  /** The random access point is an IDR picture (H.264), or IDR/BLA/CRA (HEVC); always true for audio. */
  readonly idr: boolean;
  /**
   * Video: NAL units, each under a 4-byte big-endian length, parameter sets equal to the track's own and AUDs taken out
   * (MPEG-2: as it is). Audio: the raw frame without ADTS/LOAS framing. Valid only during the call.
   */
  readonly data: Buffer;
  /** Monotonic clock's reading when it was received; absent: now. */
  readonly arrivedAt?: Milliseconds;
}

export interface MediaSink {
  /**
   * The tracks, before the first access unit, and again when one appears, goes or changes its configuration. The second
   * and later calls imply a discontinuity.
   */
  tracks(tracks: readonly Track[]): void;
  accessUnit(unit: AccessUnit): void;
  /** The subtitle tracks, whenever they change; no discontinuity. Absent: this sink has no use for them. */
  subtitleTracks?(tracks: readonly SubtitleTrack[]): void;
  subtitle?(subtitle: Subtitle): void;
  /** The timeline was broken (clock jump, long loss): what follows is rebased and continues from where it was. */
  discontinuity(): void;
  /** @param code why; the viewers are told. @param detail as in the problem document of the code */
  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void;
}

export interface MediaSourceTimings {
  readonly lock: Milliseconds;
  readonly pmt: Milliseconds;
}

export interface MediaSource {
  /** Starts delivery. Resolves when the source is locked. @throws TellyportError of the tuner */
  start(sink: MediaSink, signal: AbortSignal): Promise<MediaSourceTimings>;
  /** What it weighs for the arbiter changes with those who watch. */
  reweigh?(weight: WeightClass): void;
  stop(): void;
}
