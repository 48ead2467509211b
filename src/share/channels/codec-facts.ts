import type { ErrorCode } from "../../kernel/errors.ts";
import type { ChannelCodecs } from "../../protocol/api.ts";
import type {
  AccessUnit,
  MediaSink,
  Subtitle,
  SubtitleTrack,
  Track,
  VideoTrack,
} from "../live/media-source.ts";

/** Random access points without an IDR among them after which a service counts as having none. */
const ENOUGH = 2;
/** The same for a service that had IDR pictures before: many encoders send one now and then. */
const ENOUGH_AGAINST_KNOWN = 32;

/**
 * Stands between a source and its packager and learns what a client must be able to decode.
 *
 * H.264 from the air often has no IDR picture at all, only recovery points; that shows after some random access points.
 */
export class CodecObserver implements MediaSink {
  readonly #next: MediaSink | null;
  readonly #learnt: (codecs: ChannelCodecs) => void;
  #known: ChannelCodecs | null;
  #tracks: readonly Track[] = [];
  #videoId = -1;
  #randomAccessPoints = 0;
  #idrSeen = false;
  #last = "";

  /**
   * @param options.next receives everything unchanged; null to observe only
   * @param options.known what earlier runs learnt
   * @param options.learnt called with facts that are certain, whenever they change
   */
  constructor(options: {
    next: MediaSink | null;
    known: ChannelCodecs | null;
    learnt: (codecs: ChannelCodecs) => void;
  }) {
    this.#next = options.next;
    this.#known = options.known;
    this.#learnt = options.learnt;
  }

  /** The facts, or null while they are not certain. */
  facts(): ChannelCodecs | null {
    if (this.#tracks.length === 0) return null;
    const video = this.#tracks.find((track) => track.kind === "video");
    if (video === undefined) return codecsOf(this.#tracks, false);
    const recoveryPointsOnly = this.#recoveryPointsOnly(video);
    return recoveryPointsOnly === null ? null : codecsOf(this.#tracks, recoveryPointsOnly);
  }

  /** Whether enough was seen to know it without an earlier run's help. */
  get seenEnough(): boolean {
    if (this.#tracks.length === 0) return false;
    const video = this.#tracks.find((track) => track.kind === "video");
    if (video === undefined) return true;
    return this.#randomAccessPoints >= ENOUGH || this.#idrSeen;
  }

  tracks(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    const video = tracks.find((track) => track.kind === "video");
    this.#videoId = video?.id ?? -1;
    this.#report();
    this.#next?.tracks(tracks);
  }

  accessUnit(unit: AccessUnit): void {
    if (unit.randomAccess && unit.track === this.#videoId) {
      this.#randomAccessPoints++;
      this.#idrSeen ||= unit.idr;
      this.#report();
    }
    this.#next?.accessUnit(unit);
  }

  subtitleTracks(tracks: readonly SubtitleTrack[]): void {
    this.#next?.subtitleTracks?.(tracks);
  }

  subtitle(subtitle: Subtitle): void {
    this.#next?.subtitle?.(subtitle);
  }

  discontinuity(): void {
    this.#next?.discontinuity();
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    this.#next?.ended(code, message, detail);
  }

  /** null: not known yet. */
  #recoveryPointsOnly(video: VideoTrack): boolean | null {
    if (video.family !== "avc" || this.#idrSeen) return false;
    const known = this.#known?.video?.family;
    if (known === "avc") return this.#randomAccessPoints >= ENOUGH_AGAINST_KNOWN;
    if (known === "avc-recovery-point" || this.#randomAccessPoints >= ENOUGH) return true;
    return null;
  }

  #report(): void {
    const facts = this.facts();
    if (facts === null) return;
    const text = JSON.stringify(facts);
    if (text === this.#last) return;
    this.#last = text;
    this.#known = facts;
    this.#learnt(facts);
  }
}

/** @param recoveryPointsOnly the video is H.264 without IDR pictures */
export function codecsOf(tracks: readonly Track[], recoveryPointsOnly: boolean): ChannelCodecs {
  const video = tracks.find((track) => track.kind === "video");
  return {
    video:
      video === undefined
        ? null
        : {
            family: recoveryPointsOnly ? "avc-recovery-point" : video.family,
            codec: video.codec,
            width: video.width,
            height: video.height,
            frameRate: video.frameRate,
            interlaced: video.interlaced,
          },
    audio: tracks
      .filter((track) => track.kind === "audio")
      .map((track) => ({
        family: track.family,
        codec: track.codec,
        language: track.language,
        description: track.audioDescription,
      })),
  };
}
