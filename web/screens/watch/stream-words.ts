import { surroundOf } from "../../player/audio-tracks.ts";
import type { WatchKey } from "../../i18n/watch-en.ts";

/** Beginnings of codec names (RFC 6381), and the words for them. */
const CODECS: readonly (readonly [RegExp, WatchKey])[] = [
  [/^avc[13]/, "codec.avc"],
  [/^(hvc1|hev1)/, "codec.hevc"],
  [/^mp4v\.6[0-5]/i, "codec.mpeg2"],
  [/^mp4a\.40\.(5|29)$/, "codec.he-aac"],
  [/^mp4a\.(6b|69)/i, "codec.mp2"],
  [/^mp4a/, "codec.aac"],
  [/^ac-3/, "codec.ac-3"],
  [/^ec-3/, "codec.ec-3"],
  [/^opus/i, "codec.opus"],
];

/** The key of a codec's words; null: it has none, and is said as it is. */
export function codecKey(codec: string): WatchKey | null {
  return CODECS.find(([pattern]) => pattern.test(codec))?.[1] ?? null;
}

/** The words for how many channels a sound has: a key, and what is filled in; null: not known. */
export function channelsKey(channels: string | null): readonly [WatchKey, Record<string, string>] | null {
  const surround = surroundOf(channels);
  if (surround === "atmos") return ["sound.atmos", {}];
  if (surround !== null) return ["sound.surround", { channels: surround }];
  if (channels === "1") return ["sound.mono", {}];
  return channels === "2" ? ["sound.stereo", {}] : null;
}

/** Pictures a second as broadcasters have them, out of a count over some time; null: too short to say. */
export function frameRate(frames: number, seconds: number): number | null {
  if (!(seconds > 0.5) || frames < 0) return null;
  const rate = frames / seconds;
  const known = [23.976, 24, 25, 29.97, 30, 50, 59.94, 60].find((one) => Math.abs(one - rate) < one * 0.03);
  return known ?? Math.round(rate * 10) / 10;
}
