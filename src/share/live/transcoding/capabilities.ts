import { readdir } from "node:fs/promises";
import type { Clock } from "../../../kernel/clock.ts";
import { parseAdts } from "../packaging/codecs/aac.ts";
import { START_CODE } from "../packaging/codecs/nal.ts";
import {
  encoderDevice,
  encoderFormat,
  encoderOptions,
  isSoftware,
  VIDEO_ENCODERS,
  type EncoderDevices,
  type VideoEncoder,
} from "./encoder.ts";
import type { FfmpegRunner } from "./ffmpeg-runner.ts";

/** How long one encoder may take for its trial, ms. */
const TRIAL = 5000;
const SIZE = { width: 640, height: 352 };
/** Different pictures, and how often they are shown. */
const PICTURES = 4;
const TURNS = 20;
/** Seconds of processor time that the trial of libx264 takes on the machine that the costs were measured on. */
const REFERENCE = 0.3;

/** Which pictures this machine's ffmpeg really encodes. */
export interface VideoAbilities {
  /** H.264 encoders whose trial succeeded, best first. */
  readonly encoders: readonly VideoEncoder[];
  readonly devices: EncoderDevices;
  /** How slow its processor is: 2 means that software takes twice as long as on the reference. */
  readonly speed: number;
}

/**
 * Lets each encoder encode three seconds of pictures and looks at what comes out: a list of encoders tells what was compiled in,
 * not whether there is a device, a driver, and a right to use them.
 * @param listed what ffmpeg says it has; those it does not name are not tried
 */
export async function probeVideo(
  runner: FfmpegRunner,
  listed: ReadonlySet<string>,
  clock: Clock,
): Promise<VideoAbilities> {
  const devices: EncoderDevices = { render: await renderDevice() };
  const encoders: VideoEncoder[] = [];
  const moving = new Array<Buffer>(TURNS).fill(pictures());
  let speed = 1;
  for (const encoder of VIDEO_ENCODERS) {
    if (!listed.has(encoder) || (encoder === "h264_vaapi" && devices.render === null)) continue;
    const attempt = () => trial(runner, clock, videoTrial(encoder, devices), moving);
    const { output, said } = await attempt();
    if (!isH264(output)) continue;
    encoders.push(encoder);
    // What else goes on makes it look slower than it is: the better of two.
    if (isSoftware(encoder)) speed = Math.min(speedOf(said), speedOf((await attempt()).said));
  }
  return { encoders, devices, speed };
}

/** Whether AAC comes out. */
export async function probeAudio(runner: FfmpegRunner, clock: Clock): Promise<boolean> {
  const { output } = await trial(runner, clock, AUDIO_TRIAL, [Buffer.alloc(48_000)]);
  return parseAdts(output, 0) !== null;
}

async function renderDevice(): Promise<string | null> {
  try {
    const name = (await readdir("/dev/dri")).sort().find((entry) => entry.startsWith("renderD"));
    return name === undefined ? null : `/dev/dri/${name}`;
  } catch {
    return null;
  }
}

const COMMON = ["-hide_banner", "-nostats", "-loglevel", "info", "-nostdin", "-benchmark"];

function videoTrial(encoder: VideoEncoder, devices: EncoderDevices): string[] {
  return [
    ...COMMON,
    ...encoderDevice(encoder, devices),
    ...["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", `${SIZE.width}x${SIZE.height}`],
    ...["-framerate", "25", "-i", "pipe:0", "-vf", encoderFormat(encoder)],
    ...encoderOptions(encoder, { bitrate: 1e6, gop: 50, threads: 1, profile: "main" }),
    ...["-f", "h264", "pipe:1"],
  ];
}

const AUDIO_TRIAL = [
  ...COMMON,
  ...["-f", "s16le", "-ar", "48000", "-ac", "2", "-i", "pipe:0", "-c:a", "aac", "-b:a", "128000"],
  ...["-f", "adts", "pipe:1"],
];

/** Noise that moves over a gradient: something to search for, and the same everywhere. */
function pictures(): Buffer {
  const { width, height } = SIZE;
  const luma = width * height;
  const noise = Buffer.alloc(2 * width);
  for (let at = 0, seed = 1; at < noise.length; at++) {
    seed = (seed * 16_807) % 2_147_483_647;
    noise[at] = seed & 31;
  }
  const all = Buffer.alloc(PICTURES * luma * 1.5, 128);
  for (let picture = 0; picture < PICTURES; picture++) {
    const from = picture * luma * 1.5;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++)
        all[from + y * width + x] = 64 + ((x + y) >> 3) + (noise[(x + 3 * picture + 7 * y) % width] ?? 0);
    }
  }
  return all;
}

/** Processor time, where this build of ffmpeg says it; nothing sensible: as the reference. */
function speedOf(said: string): number {
  const match = /utime=([\d.]+)s stime=([\d.]+)s/.exec(said);
  const time = Number(match?.[1] ?? 0) + Number(match?.[2] ?? 0);
  return time > 0 ? Math.min(50, Math.max(0.2, time / REFERENCE)) : 1;
}

/** Sequence parameter set (7), IDR (5) and other pictures (1) are there. */
export function isH264(stream: Buffer): boolean {
  const types = new Set<number>();
  for (let at = stream.indexOf(START_CODE); at >= 0; at = stream.indexOf(START_CODE, at + 3))
    types.add((stream[at + 3] ?? 0) & 31);
  return types.has(7) && types.has(5) && types.has(1);
}

function trial(
  runner: FfmpegRunner,
  clock: Clock,
  args: readonly string[],
  input: readonly Buffer[],
): Promise<{ readonly output: Buffer; readonly said: string }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let late = false;
    const run = runner.run(args, {
      output: (chunk) => chunks.push(chunk),
      drained: () => undefined,
      exited: ({ code, said }) => {
        timer.cancel();
        resolve({ output: code === 0 && !late ? Buffer.concat(chunks) : Buffer.alloc(0), said });
      },
    });
    const timer = clock.after(TRIAL, () => {
      late = true;
      run.kill();
      // A driver may hold it for longer.
      resolve({ output: Buffer.alloc(0), said: "" });
    });
    for (const data of input) run.write(data);
    run.endInput();
  });
}
