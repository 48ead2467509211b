import { TellyportError } from "../../../kernel/errors.ts";
import type { Milliseconds } from "../../../kernel/units.ts";

/** Why something is not transcoded. */

/** What to do about a transcoder that is not there. */
const INSTALL = "Install ffmpeg on the box (Debian: apt install ffmpeg), or set TELLYPORT_FFMPEG to it.";

/** No ffmpeg at all. */
export function noFfmpeg(): TellyportError {
  return new TellyportError(
    "transcoder-missing",
    `This client needs the channel converted, and the box has no ffmpeg. ${INSTALL}`,
    { detail: { missing: "ffmpeg" } },
  );
}

/** An ffmpeg that can make no H.264 (or AAC) here. */
export function noEncoder(format: "H.264" | "AAC"): TellyportError {
  return new TellyportError(
    "transcoder-missing",
    `This client needs the channel converted, and no ${format} encoder of the box's ffmpeg works here. ${INSTALL}`,
    { detail: { missing: format } },
  );
}

/** It would take more than all that software transcodes may use, even alone. */
export function tooSlow(cores: number, budget: number): TellyportError {
  const [needed, most] = [rounded(cores), rounded(budget)];
  return new TellyportError(
    "transcoder-missing",
    `Converting this picture takes ${needed} processor cores of this box, of which conversions may use ${most}, and it has no hardware encoder that works. Choose another channel or a lower quality.`,
    { detail: { missing: "hardware encoder", cores: needed, budget: most } },
  );
}

/** It would take more than what other transcodes leave. */
export function busy(cores: number, free: number, retryAfterMs: Milliseconds): TellyportError {
  return new TellyportError(
    "transcoder-busy",
    "The box converts as many pictures as it can at the moment. Try again later, or choose a channel that needs no conversion.",
    { detail: { cores: rounded(cores), free: rounded(free) }, retryAfterMs },
  );
}

/** ffmpeg died too often. */
export function gaveUp(): TellyportError {
  return new TellyportError(
    "transcoder-failed",
    "Converting this channel failed again and again. The box's log says why.",
  );
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
