import type { VideoTrack } from "../live/media-source.ts";

/** One picture of a channel, ready to be shown. */
export interface Still {
  /** JPEG where the box has ffmpeg; else the broadcaster's own coding as an fMP4 of one sample, for a `<video>`. */
  readonly type: "image/jpeg" | "video/mp4";
  readonly body: Buffer;
}

/** A picture that can be decoded alone, as the service's source gave it. */
export interface CodedPicture {
  readonly track: VideoTrack;
  /** As {@link AccessUnit.data}; the holder's own. */
  readonly data: Buffer;
}

/** `single-colour`: nothing is to be seen in it. `too-large`: more than a list should load. */
export type NoStill = "single-colour" | "undecodable" | "too-large" | "unsupported" | "timeout" | "cancelled";

export type Made =
  { readonly still: Still; readonly reason: null } | { readonly still: null; readonly reason: NoStill };

/** Makes a still of a picture. Never throws; leaves nothing running once it has resolved or the signal has fired. */
export type StillMaker = (picture: CodedPicture, signal: AbortSignal) => Promise<Made>;

export const made = (still: Still): Made => ({ still, reason: null });
export const notMade = (reason: NoStill): Made => ({ still: null, reason });
