import type { ProfileKind } from "./transcoding/index.ts";

/** What a client gets of a channel: in which form, and converted to what. One stream runs per channel and profile. */
export interface StreamProfile {
  /** fMP4 with a rendition a track, or MPEG transport stream with all tracks in one. */
  readonly container: "fmp4" | "ts";
  /** Null: as it is broadcast. */
  readonly transcode: ProfileKind | null;
}

export const AS_BROADCAST: StreamProfile = { container: "fmp4", transcode: null };

/** For logs and keys: `fmp4`, `ts`, `fmp4 h264`. */
export function profileName({ container, transcode }: StreamProfile): string {
  return transcode === null ? container : `${container} ${transcode}`;
}
