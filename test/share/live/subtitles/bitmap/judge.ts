import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ticks } from "../../../../../src/kernel/units.ts";
import { crc32Mpeg } from "../../../../../src/kernel/crc32.ts";
import {
  BitmapSubtitles,
  type BitmapDisplay,
} from "../../../../../src/share/live/subtitles/bitmap/bitmap-subtitles.ts";
import { tsPacket } from "../../../../helpers/ts-packets.ts";

/** ffmpeg's decoder, asked for the whole screen after each display set. */

const PMT_PID = 0x100;
const SUBTITLE_PID = 0x101;
const SECOND = 90_000;

const section = (body: Buffer): Buffer => {
  const whole = Buffer.concat([body, Buffer.alloc(4)]);
  whole.writeUInt16BE(0xb000 | (whole.length - 3), 1);
  whole.writeUInt32BE(crc32Mpeg(whole, 0, whole.length - 4), whole.length - 4);
  return whole;
};

const pat = section(Buffer.from([0, 0, 0, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | (PMT_PID >> 8), PMT_PID & 0xff]));

function pmt(compositionPage: number, ancillaryPage: number): Buffer {
  const descriptor = Buffer.from([0x59, 8, 0x65, 0x6e, 0x67, 0x10, 0, 0, 0, 0]);
  descriptor.writeUInt16BE(compositionPage, 6);
  descriptor.writeUInt16BE(ancillaryPage, 8);
  return section(
    Buffer.concat([
      Buffer.from([2, 0, 0, 0, 1, 0xc1, 0, 0, 0xff, 0xff, 0xf0, 0]),
      Buffer.from([6, 0xe0 | (SUBTITLE_PID >> 8), SUBTITLE_PID & 0xff, 0xf0, descriptor.length]),
      descriptor,
    ]),
  );
}

function pesPacket(data: Buffer, pts: number): Buffer {
  const header = Buffer.from([0, 0, 1, 0xbd, 0, 0, 0x84, 0x80, 5, 0, 0, 0, 0, 0]);
  header.writeUInt16BE(data.length + 8, 4);
  header[9] = 0x21 | (Math.floor(pts / 2 ** 30) << 1);
  header.writeUInt16BE((((pts >> 15) & 0x7fff) << 1) | 1, 10);
  header.writeUInt16BE(((pts & 0x7fff) << 1) | 1, 12);
  return Buffer.concat([header, data]);
}

/** A transport stream of one subtitle service: one packet of PES data after another, half a second after each second. */
export function subtitleTs(packets: readonly Buffer[], compositionPage = 1, ancillaryPage = 1): Buffer {
  const out: Buffer[] = [];
  const counters = new Map<number, number>();
  const write = (pid: number, bytes: Buffer, stuff: "adaptation" | "payload"): void => {
    for (let at = 0; at < bytes.length; at += 184) {
      const cc = counters.get(pid) ?? 0;
      counters.set(pid, (cc + 1) & 15);
      out.push(
        tsPacket({ pid, cc, payload: bytes.subarray(at, at + 184), payloadUnitStart: at === 0, stuff }),
      );
    }
  };
  packets.forEach((data, index) => {
    write(0, Buffer.concat([Buffer.alloc(1), pat]), "payload");
    write(PMT_PID, Buffer.concat([Buffer.alloc(1), pmt(compositionPage, ancillaryPage)]), "payload");
    write(SUBTITLE_PID, pesPacket(data, (index + 0.5) * SECOND), "adaptation");
  });
  return Buffer.concat(out);
}

/**
 * What ffmpeg shows of the same packets, each for a second. The first one goes twice: ffmpeg drops what comes before its
 * filters are set up.
 */
export function ffmpegScreens(
  packets: readonly Buffer[],
  width: number,
  height: number,
  pages = [1, 1],
): Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-subtitles-"));
  try {
    const path = join(folder, "made.ts");
    writeFileSync(path, subtitleTs([...packets.slice(0, 1), ...packets], pages[0], pages[1]));
    return screensOf(path, width, height, packets.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** RGBA, invisible pixels all zero. Frame n + 2 is what is shown of packet n. */
function screensOf(path: string, width: number, height: number, count: number): Buffer[] {
  const raw = `${path}.rgba`;
  const size = `${width}x${height}`;
  execFileSync(
    "ffmpeg",
    [
      ...["-v", "fatal", "-y", "-copyts", "-canvas_size", size, "-dvb_substream", "0", "-compute_clut", "0"],
      ...["-i", path, "-filter_complex"],
      `color=black@0:s=${size}:r=1:d=${count + 2},format=rgba[b];[b][0:s:0]overlay=eof_action=pass:format=rgb,format=rgba[o]`,
      ...["-map", "[o]", "-f", "rawvideo", raw],
    ],
    { timeout: 120_000 },
  );
  const bytes = readFileSync(raw);
  const frame = width * height * 4;
  return Array.from({ length: count }, (_, index) =>
    withoutInvisible(bytes.subarray((index + 2) * frame, (index + 3) * frame)),
  );
}

function withoutInvisible(rgba: Buffer): Buffer {
  for (let at = 0; at < rgba.length; at += 4) if (rgba[at + 3] === 0) rgba.fill(0, at, at + 4);
  return rgba;
}

/** The displays that our decoder makes of the same packets, at the same times (n + 0.5 s). */
export function displaysOf(packets: readonly Buffer[], pages = [1, 1]): BitmapDisplay[] {
  const displays: BitmapDisplay[] = [];
  const [compositionPage = 1, ancillaryPage = 1] = pages;
  const decoder = new BitmapSubtitles({
    compositionPage,
    ancillaryPage,
    show: (display) => displays.push(display),
  });
  packets.forEach((data, index) => decoder.push(data, ticks((index + 0.5) * SECOND)));
  return displays;
}

/** The display that is on after packet n; undefined: nothing was ever shown. */
export const displayAfter = (displays: readonly BitmapDisplay[], packet: number): BitmapDisplay | undefined =>
  displays.findLast(({ at }) => at <= (packet + 0.5) * SECOND);

/** The whole screen of a display, RGBA. */
export function render(display: BitmapDisplay, width = display.width, height = display.height): Buffer {
  const screen = Buffer.alloc(width * height * 4);
  for (const region of display.regions)
    for (let y = 0; y < region.height && region.y + y < height; y++)
      for (let x = 0; x < region.width && region.x + x < width; x++) {
        const entry = region.pixels[y * region.width + x] ?? 0;
        const rgba = region.palette.subarray(entry * 4, entry * 4 + 4);
        if (rgba[3] !== 0) screen.set(rgba, ((region.y + y) * width + region.x + x) * 4);
      }
  return screen;
}

/** Pixels in which two screens differ. */
export function differences(one: Buffer, other: Buffer): number {
  if (one.equals(other)) return 0;
  if (one.length !== other.length) return Infinity;
  let count = 0;
  for (let at = 0; at < one.length; at += 4) if (one.readUInt32BE(at) !== other.readUInt32BE(at)) count++;
  return count;
}

/** Pixels that can be seen. */
export function visible(screen: Buffer): number {
  let count = 0;
  for (let at = 3; at < screen.length; at += 4) if (screen[at] !== 0) count++;
  return count;
}
