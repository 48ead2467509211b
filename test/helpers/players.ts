import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chown } from "node:fs/promises";
import { runProgram } from "./daemon.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** What a player may take to start and to end, beside the time that it plays. */
const MARGIN_MS = 40_000;

export interface ProbedStream {
  readonly kind: "video" | "audio";
  /** FFmpeg's name. */
  readonly codec: string;
  /** Decoded ones: pictures, or frames of audio. */
  readonly frames: number;
  /** Pictures per second as FFmpeg reads it from the stream; 0 for audio. */
  readonly frameRate: number;
  /** Pixels; 0 for audio. */
  readonly width: number;
  /** Hz; 0 for video. */
  readonly sampleRate: number;
}

export interface Probed {
  readonly code: number | null;
  readonly streams: readonly ProbedStream[];
  /** The pictures of the first video; 0 without one. */
  readonly pictures: number;
  /** Decoded frames of the sound that has most. */
  readonly sounds: number;
  /** What it complained of, a line each. */
  readonly complaints: readonly string[];
  /** How long it took, seconds: near `seconds` when the stream did not stall. */
  readonly took: number;
}

/**
 * Decodes so many seconds of a live playlist with ffprobe: every rendition of it. Ends by itself when the stream's time has
 * advanced by `seconds`; is killed when it takes 40 s more than that.
 */
export async function ffprobeFrames(url: string, seconds: number): Promise<Probed> {
  const entries = "stream=codec_type,codec_name,nb_read_frames,r_frame_rate,width,sample_rate";
  const options = ["-v", "error", "-read_intervals", `%+${seconds}`, "-count_frames"];
  const from = performance.now();
  const { code, stdout, stderr } = await runProgram(
    "ffprobe",
    [...options, "-show_entries", entries, "-of", "json", url],
    { timeoutMs: seconds * 1000 + MARGIN_MS },
  );
  const took = (performance.now() - from) / 1000;
  const streams = code === 0 ? readStreams(stdout) : [];
  return {
    code,
    streams,
    pictures: streams.find(({ kind }) => kind === "video")?.frames ?? 0,
    sounds: Math.max(0, ...streams.filter(({ kind }) => kind === "audio").map(({ frames }) => frames)),
    complaints: stderr.split("\n").filter((line) => line.trim() !== ""),
    took,
  };
}

function readStreams(json: string): ProbedStream[] {
  const { streams } = JSON.parse(json) as { streams?: Record<string, string | number>[] };
  return (streams ?? []).map((stream) => {
    const [over = 0, under = 1] = String(stream["r_frame_rate"] ?? "0/1")
      .split("/")
      .map(Number);
    const kind = stream["codec_type"] === "video" ? ("video" as const) : ("audio" as const);
    return {
      kind,
      codec: String(stream["codec_name"]),
      frames: Number(stream["nb_read_frames"] ?? 0) || 0,
      frameRate: kind === "video" && under > 0 ? over / under : 0,
      width: Number(stream["width"] ?? 0),
      sampleRate: Number(stream["sample_rate"] ?? 0),
    };
  });
}

/** One reading of VLC's statistics. */
export interface VlcStatistics {
  /** Seconds since it was started. */
  readonly at: number;
  readonly picturesShown: number;
  /** Decoded too late to be shown: a slow machine's fault, or a stall. */
  readonly picturesLost: number;
  /** Buffers of decoded sound that went to the sound card. */
  readonly audioPlayed: number;
  readonly audioLost: number;
}

export interface Played {
  readonly code: number | null;
  /** The whole time. */
  readonly last: VlcStatistics;
  /** A reading every two seconds. */
  readonly readings: readonly VlcStatistics[];
  /** From six seconds behind the first picture (or, without any, the first sound) to the end: seconds, and what came in that time. */
  readonly steady: { readonly seconds: number; readonly pictures: number; readonly sounds: number };
  /** The longest time in which neither a picture nor a sound came, after that; seconds, to the period of readings. */
  readonly longestStall: number;
  /** All that it wrote. */
  readonly log: string;
}

const READING_MS = 2000;
/** VLC halts once to fill its buffer soon after it has begun: what is counted begins behind that; seconds. */
const SETTLING = 6;

/**
 * Plays so many seconds with VLC, decoding picture and sound, and reads its statistics through its text console. VLC refuses
 * to run as root: there it runs as `nobody`.
 */
export async function vlcPlays(t: Teardown, url: string, seconds: number): Promise<Played> {
  const home = await temporaryFolder(t);
  const user = process.getuid?.() === 0 ? idsOf("nobody") : null;
  if (user !== null) await chown(home, user.uid, user.gid);
  // The dummy sound card takes AC-3 undecoded if it is offered: avcodec comes first.
  const outputs = ["--vout", "vdummy", "--aout", "adummy", "--codec", "avcodec", "--deinterlace", "0"];
  const quiet = ["--no-video-title-show", "--no-spu", "--no-media-library", "--ignore-config", "-v"];
  const child = spawn("vlc", ["-I", "oldrc", "--rc-fake-tty", ...outputs, ...quiet, url], {
    env: { PATH: process.env["PATH"], HOME: home, LC_ALL: "C.UTF-8" },
    stdio: ["pipe", "pipe", "pipe"],
    ...(user !== null && user),
  });
  endWith(t, child);
  let log = "";
  const readings: VlcStatistics[] = [];
  const from = performance.now();
  const since = (): number => (performance.now() - from) / 1000;
  let unread = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    log += chunk.toString();
    unread += chunk.toString();
    for (;;) {
      const end = unread.indexOf("stats: returned");
      if (end < 0) return;
      readings.push(readStatistics(unread.slice(0, end), since()));
      unread = unread.slice(end + "stats: returned".length);
    }
  });
  child.stdin.on("error", () => undefined);
  const asking = setInterval(() => child.stdin.write("stats\n"), READING_MS);
  const quitting = setTimeout(() => child.stdin.write("stats\nquit\n"), seconds * 1000);
  const killing = setTimeout(() => child.kill("SIGKILL"), seconds * 1000 + MARGIN_MS);
  const [code] = (await once(child, "close")) as [number | null];
  for (const timer of [asking, quitting, killing]) clearTimeout(timer);
  return { code, readings, log, ...summary(readings) };
}

const NOTHING: VlcStatistics = { at: 0, picturesShown: 0, picturesLost: 0, audioPlayed: 0, audioLost: 0 };

function summary(readings: readonly VlcStatistics[]): Pick<Played, "last" | "steady" | "longestStall"> {
  const last = readings.at(-1) ?? NOTHING;
  const pictures = (one: VlcStatistics): number => one.picturesShown + one.picturesLost;
  const counted = pictures(last) > 0 ? pictures : (one: VlcStatistics): number => one.audioPlayed;
  const begun = readings.find((one) => counted(one) > 0)?.at ?? Infinity;
  const first = readings.find(({ at }) => at >= begun + SETTLING) ?? last;
  let moved = first;
  let longestStall = 0;
  for (const one of readings.filter(({ at }) => at > first.at)) {
    if (counted(one) > counted(moved)) moved = one;
    longestStall = Math.max(longestStall, one.at - moved.at);
  }
  const steady = {
    seconds: last.at - first.at,
    pictures: pictures(last) - pictures(first),
    sounds: last.audioPlayed - first.audioPlayed,
  };
  return { last, steady, longestStall };
}

function readStatistics(text: string, at: number): VlcStatistics {
  const read = (name: string): number => Number(new RegExp(`\\| ${name} *: *(\\d+)`).exec(text)?.[1] ?? 0);
  return {
    at,
    picturesShown: read("frames displayed"),
    picturesLost: read("frames lost"),
    audioPlayed: read("buffers played"),
    audioLost: read("buffers lost"),
  };
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(spawnSync("id", [flag, user], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}

function endWith(t: Teardown, child: ChildProcess): void {
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
}

export interface GstreamerPlayed {
  readonly code: number | null;
  readonly seconds: number;
  /** Decoded ones that reached a sink. */
  readonly buffers: number;
  readonly errors: readonly string[];
}

/** Plays so many seconds with GStreamer's playbin in real time. @returns null where it is not installed */
export async function gstreamerPlays(
  t: Teardown,
  url: string,
  seconds: number,
): Promise<GstreamerPlayed | null> {
  if (spawnSync("which", ["gst-launch-1.0"]).status !== 0) return null;
  const sinks = (kind: string): string => `${kind}-sink=identity silent=false ! fakesink sync=true`;
  const options = ["-v", "-e", "playbin3", `uri=${url}`, sinks("video"), sinks("audio")];
  const child = spawn("gst-launch-1.0", options, { stdio: ["ignore", "pipe", "pipe"] });
  endWith(t, child);
  const from = performance.now();
  let [buffers, errors] = [0, ""];
  child.stdout.on("data", (chunk: Buffer) => (buffers += chunk.toString().split("chain").length - 1));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ending = setTimeout(() => child.kill("SIGINT"), seconds * 1000);
  const killing = setTimeout(() => child.kill("SIGKILL"), seconds * 1000 + MARGIN_MS);
  const [code] = (await once(child, "close")) as [number | null];
  for (const timer of [ending, killing]) clearTimeout(timer);
  const lines = errors.split("\n").filter((line) => line.startsWith("ERROR"));
  return { code, seconds: (performance.now() - from) / 1000, buffers, errors: lines };
}
