import { TellyportError, type ErrorCode } from "../../../kernel/errors.ts";
import type { Milliseconds } from "../../../kernel/units.ts";

/**
 * Why something is not transcoded. The codes below stand for `transcoder-missing`, `transcoder-busy` and `transcoder-failed`
 * until the table of codes has them; `detail.reason` says which is meant either way.
 */
const CODES = {
  "transcoder-missing": "unsupported",
  "transcoder-busy": "device-busy",
  "transcoder-failed": "no-data",
} as const satisfies Record<string, ErrorCode>;

export type TranscodingReason = keyof typeof CODES;

/** What to do about a transcoder that is not there. */
const INSTALL = "Install ffmpeg on the box (Debian: apt install ffmpeg), or set TELLYPORT_FFMPEG to it.";

/** No ffmpeg at all. */
export function noFfmpeg(): TellyportError {
  return failure(
    "transcoder-missing",
    `This client needs the channel converted, and the box has no ffmpeg. ${INSTALL}`,
    {
      missing: "ffmpeg",
    },
  );
}

/** An ffmpeg that can make no H.264 (or AAC) here. */
export function noEncoder(format: "H.264" | "AAC"): TellyportError {
  return failure(
    "transcoder-missing",
    `This client needs the channel converted, and no ${format} encoder of the box's ffmpeg works here. ${INSTALL}`,
    { missing: format },
  );
}

/** It would take more than all that software transcodes may use, even alone. */
export function tooSlow(cores: number, budget: number): TellyportError {
  return failure(
    "transcoder-missing",
    `Converting this picture takes ${rounded(cores)} processor cores and the box has no hardware encoder; ${rounded(budget)} may be used. Choose another channel, or raise live.transcoding.cores.`,
    { missing: "hardware encoder", cores: rounded(cores), budget: rounded(budget) },
  );
}

/** It would take more than what other transcodes leave. */
export function busy(cores: number, free: number, retryAfter: Milliseconds): TellyportError {
  return failure(
    "transcoder-busy",
    "The box converts as many pictures as it can at the moment. Try again later, or choose a channel that needs no conversion.",
    { cores: rounded(cores), free: rounded(free) },
    retryAfter,
  );
}

/** ffmpeg died too often. */
export function gaveUp(): TellyportError {
  return failure(
    "transcoder-failed",
    "Converting this channel failed again and again. The box's log says why.",
  );
}

function failure(
  reason: TranscodingReason,
  message: string,
  detail: Record<string, unknown> = {},
  retryAfterMs?: Milliseconds,
): TellyportError {
  return new TellyportError(CODES[reason], message, {
    detail: { reason, ...detail },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
