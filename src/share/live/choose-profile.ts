import { isTellyportError, TellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { Capabilities, ChannelCodecs, PlaybackRequest } from "../../protocol/api.ts";
import { choosePlayable } from "./choose-playable.ts";
import type { StreamProfile } from "./stream-profile.ts";
import { neededProfile } from "./transcoding/index.ts";

/** In which form a client wants a channel. */
export interface Wish {
  /** What it decodes; undefined: everything. */
  readonly capabilities: Capabilities | undefined;
  readonly container: StreamProfile["container"];
  /** Playlists with parts. */
  readonly lowLatency: boolean;
  /** Default: as it is broadcast. */
  readonly quality: NonNullable<PlaybackRequest["quality"]>;
}

/**
 * The profile that makes a channel playable for a client with the least work. Pure.
 * @param codecs null while they are not known: as if the client could play it
 * @throws TellyportError `client-cannot-decode`, naming the codecs, where no conversion would help
 */
export function chooseProfile(codecs: ChannelCodecs | null, wish: Wish): StreamProfile {
  const { container, quality, capabilities } = wish;
  const hasPicture = codecs === null || codecs.video !== null;
  if (quality !== "original" && hasPicture) return { container, transcode: quality };
  if (codecs === null) return { container, transcode: null };
  const needed = neededProfile(codecs, capabilities);
  if (needed === "hopeless") throw undecodable(codecs, capabilities);
  return { container, transcode: needed === "nothing" ? null : needed.kind };
}

function undecodable(codecs: ChannelCodecs, capabilities: Capabilities | undefined): TellyportError {
  const playable = choosePlayable(codecs, capabilities);
  if (playable.ok) throw new Error("a channel that is playable was refused");
  return new TellyportError("client-cannot-decode", playable.message, {
    detail: { video: playable.video, audio: playable.audio },
  });
}

const NOT_CONVERTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "transcoder-busy",
  "transcoder-failed",
  "transcoder-missing",
]);

/** Tells with a conversion that cannot be had why one is needed. Every other error stays as it is. */
export function withReason(
  error: unknown,
  codecs: ChannelCodecs | null,
  capabilities: Capabilities | undefined,
): unknown {
  if (!isTellyportError(error) || !NOT_CONVERTED.has(error.code) || codecs === null) return error;
  const playable = choosePlayable(codecs, capabilities);
  if (playable.ok) return error;
  const { video, audio } = playable;
  return new TellyportError(error.code, `${playable.message} ${error.message}`, {
    cause: error,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    detail: { ...error.detail, video, audio },
  });
}
