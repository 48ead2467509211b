import { UNREACHABLE } from "../api/problem.ts";

/** Ends that the box's return, or the network's, may have mended. */
export const MAY_BE_MENDED = new Set([UNREACHABLE, "device-gone", "no-lock", "no-data", "signal-disturbed"]);
/** What a box says, or lets one feel, that has just begun: its tuners and channels come one after another. */
export const NOT_YET = new Set(["channel-not-found", "stream-start-timeout"]);
/** What is said of a playback that the box no longer knows. */
export const FORGOTTEN = new Set([
  "stopping",
  "playback-ended",
  "playback-not-found",
  "grant-ended",
  "grant-invalid",
  "stream-idle",
]);

/** Refusals that our own present playback may be the cause of. */
export const GIVES_WAY = new Set(["no-tuner-free", "too-many-playbacks", "tuner-limit", "device-busy"]);

/** A conversion that cannot be had: the channel as it is broadcast may still be. */
export const NOT_CONVERTED = new Set(["transcoder-missing", "transcoder-busy", "transcoder-failed"]);
