import type { Expect } from "./findings.ts";

export interface VttSegment {
  /** MPEGTS of X-TIMESTAMP-MAP less its LOCAL, 90 kHz; null without a map. */
  readonly offset: number | null;
  /** Seconds of the file's own clock. */
  readonly cues: readonly { readonly from: number; readonly to: number }[];
}

const TIME = "(?:(\\d{2,}):)?([0-5]\\d):([0-5]\\d)\\.(\\d{3})";
const CUE = new RegExp(`^${TIME}[ \\t]+-->[ \\t]+${TIME}(?:[ \\t].*)?$`);
const LOCAL = new RegExp(`^${TIME}$`);

const seconds = (parts: readonly (string | undefined)[]): number =>
  Number(parts[0] ?? 0) * 3600 + Number(parts[1]) * 60 + Number(parts[2]) + Number(parts[3]) / 1000;

/** Reads a WebVTT segment. @see RFC 8216 §3.5, W3C WebVTT §4 */
export function readVtt(text: string, where: string, expect: Expect): VttSegment {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  expect("S-02", /^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? ""), where, "does not begin with WEBVTT");
  const end = lines.indexOf("", 1);
  const maps = lines
    .slice(1, end < 0 ? undefined : end)
    .filter((line) => line.startsWith("X-TIMESTAMP-MAP="));
  expect("S-02", maps.length === 1, where, `${maps.length} X-TIMESTAMP-MAP in its header`);
  let offset: number | null = null;
  for (const map of maps.slice(0, 1)) {
    const parts = map.slice(16).split(",");
    const value = (name: string): string | undefined =>
      parts.find((part) => part.startsWith(`${name}:`))?.slice(name.length + 1);
    const ticks = value("MPEGTS");
    const local = LOCAL.exec(value("LOCAL") ?? "");
    const right = /^\d+$/.test(ticks ?? "") && Number(ticks) < 2 ** 33 && local !== null;
    expect("S-02", right, where, `${map}: not 33 bits and a time`);
    if (right && local !== null) offset = Number(ticks) - Math.round(seconds(local.slice(1, 5)) * 90_000);
  }
  const cues: { from: number; to: number }[] = [];
  for (const line of lines.slice(1)) {
    if (!line.includes("-->")) continue;
    const match = CUE.exec(line);
    expect("S-02", match !== null, where, `"${line}" is no cue`);
    if (match === null) continue;
    const cue = { from: seconds(match.slice(1, 5)), to: seconds(match.slice(5, 9)) };
    expect("S-02", cue.to > cue.from, where, `a cue that ends before it begins: "${line}"`);
    cues.push(cue);
  }
  return { offset, cues };
}

/** A cue is cropped at its segment's ends: what a player shows of one segment must not need another one. */
export function checkCues(
  segment: VttSegment,
  window: { readonly begin: number; readonly end: number },
  where: string,
  expect: Expect,
): void {
  if (segment.offset === null) return;
  for (const { from, to } of segment.cues) {
    const at = (time: number): number => {
      const behind = (time * 90_000 + (segment.offset ?? 0) - window.begin * 90_000) / 2 ** 33;
      return ((behind - Math.round(behind)) * 2 ** 33) / 90_000;
    };
    const inside = at(from) >= -0.05 && at(to) <= window.end - window.begin + 0.05;
    const what = `a cue from ${at(from).toFixed(2)} to ${at(to).toFixed(2)} s in a segment of ${(window.end - window.begin).toFixed(2)} s`;
    expect("S-01", inside, where, what);
  }
}
