import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { createLog } from "../../../../src/kernel/log.ts";
import { ticks } from "../../../../src/kernel/units.ts";
import type {
  AccessUnit,
  MediaSink,
  MediaSource,
  MediaSourceTimings,
  Subtitle,
  Track,
} from "../../../../src/share/live/media-source.ts";
import { Packager } from "../../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../../src/share/live/packaging/slab-pool.ts";
import type { FfmpegRun, FfmpegRunner } from "../../../../src/share/live/transcoding/ffmpeg-runner.ts";
import { spawnFfmpeg } from "../../../../src/share/live/transcoding/spawn-ffmpeg.ts";
import { Transcoding, type Profile } from "../../../../src/share/live/transcoding/index.ts";
import { ms } from "../../../../src/kernel/units.ts";
import { collector, type MediaLog, type Packaged } from "../../../helpers/ts-to-media.ts";
import { withFolder } from "../packaging/media-tools.ts";

/** Units of a recording, delivered when their time has come, again and again if so wished. */
export class PacedSource implements MediaSource {
  stopped = false;
  sink: MediaSink | null = null;
  readonly #media: Pick<MediaLog, "tracks" | "units">;
  readonly #options: { readonly seconds: number | null };
  #timer: NodeJS.Timeout | null = null;
  #began = 0;
  readonly #delivered: { readonly track: number; readonly pts: number; readonly at: number }[] = [];
  /** Added to time stamps. */
  shift = 0;

  /** @param options.seconds how long it plays before it ends, the recording repeated; null: once */
  constructor(media: Pick<MediaLog, "tracks" | "units">, options: { readonly seconds: number | null }) {
    this.#media = media;
    this.#options = options;
  }

  async start(sink: MediaSink): Promise<MediaSourceTimings> {
    this.sink = sink;
    const units = this.#media.units;
    sink.tracks(this.#media.tracks[0] ?? []);
    const first = Math.min(...units.slice(0, 50).map(({ dts }) => dts));
    const frame = 3600;
    const length = Math.ceil((Math.max(...units.map(({ dts }) => dts)) - first + frame) / frame) * frame;
    this.#began = performance.now();
    let turn = 0;
    let at = 0;
    this.#timer = setInterval(() => {
      const now = (performance.now() - this.#began) * 90;
      for (;;) {
        const unit = units[at];
        if (unit === undefined) {
          if (this.#options.seconds === null) {
            this.stop();
            sink.ended("no-data", "It is over.");
            return;
          }
          at = 0;
          turn++;
          continue;
        }
        const due = unit.dts - first + turn * length;
        if (due > (this.#options.seconds ?? Infinity) * 90_000) {
          this.stop();
          sink.ended("no-data", "It is over.");
          return;
        }
        if (due > now) return;
        const move = turn * length + this.shift;
        this.#delivered.push({ track: unit.track, pts: unit.pts + move, at: performance.now() });
        this.sink?.accessUnit({ ...unit, pts: ticks(unit.pts + move), dts: ticks(unit.dts + move) });
        at++;
        if (this.stopped) return;
      }
    }, 5);
    return { lock: ms(1), pmt: ms(2) };
  }

  /** How much later something of this time came out than what it was made of went in, ms. */
  latency(unit: AccessUnit, arrival: number): number {
    const made = this.#delivered.findLast(({ track, pts }) => track === unit.track && pts <= unit.pts + 1);
    return arrival - (made?.at ?? Infinity);
  }

  stop(): void {
    this.stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}

/** Runs ffmpeg as the daemon does, and remembers each. */
export class WatchedRunner implements FfmpegRunner {
  readonly runs: { readonly args: readonly string[]; readonly run: FfmpegRun }[] = [];
  readonly #runner: FfmpegRunner;

  constructor(path = "ffmpeg") {
    this.#runner = spawnFfmpeg({ path, clock: systemClock });
  }

  run(...[args, events]: Parameters<FfmpegRunner["run"]>): FfmpegRun {
    const run = this.#runner.run(args, events);
    this.runs.push({ args, run });
    return run;
  }

  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /** Process ids of those that convert (trials are over when these begin). @param from the first run that counts */
  pids(kind: "audio" | "video", from = 0): number[] {
    return this.runs
      .slice(from)
      .filter(({ args }) => args.includes(kind === "audio" ? "0:a:0" : "0:v:0"))
      .flatMap(({ run }) => (run.pid === null ? [] : [run.pid]));
  }
}

export const alive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Seconds of processor time that a process has used. */
export function cpuOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

export const silent = createLog({ level: process.env.TELLYPORT_TEST_LOG ?? "silent" });

/** One for all tests of a process: what works here is found out once. */
export const runner = new WatchedRunner();
export const transcoding = new Transcoding({
  environment: process.env,
  cores: 16,
  clock: systemClock,
  log: silent,
  createRunner: () => runner,
});

export interface Transcoded extends MediaLog {
  /** `performance.now()` at which each unit came. */
  readonly arrivals: number[];
  readonly packaged: Packaged;
  readonly subtitles: Subtitle[];
  readonly source: MediaSource;
  /** Resolves when it has ended. */
  readonly over: Promise<void>;
  of(kind: "audio" | "video"): AccessUnit[];
}

/** Plays a source through a transcode into a packager, and keeps everything. */
export async function play(source: MediaSource): Promise<Transcoded> {
  const packaged = collector(new SlabPool());
  const packager = new Packager({ clock: systemClock, pool: packaged.pool, sink: packaged.sink });
  let over: () => void = () => undefined;
  const result: Transcoded = {
    tracks: [],
    units: [],
    discontinuities: [],
    announcedAt: [],
    arrivals: [],
    ended: null,
    packaged,
    subtitles: [],
    source,
    over: new Promise((resolve) => (over = resolve)),
    of(kind) {
      const ids = result.tracks.flat().flatMap((track) => (track.kind === kind ? [track.id] : []));
      return result.units.filter(({ track }) => ids.includes(track));
    },
  };
  await source.start(
    {
      tracks(tracks: readonly Track[]) {
        result.tracks.push(tracks);
        result.announcedAt.push(result.units.length);
        packager.tracks(tracks);
      },
      accessUnit(unit) {
        result.units.push({ ...unit, data: Buffer.from(unit.data) });
        result.arrivals.push(performance.now());
        packager.accessUnit(unit);
      },
      subtitle: (subtitle) => void result.subtitles.push(subtitle),
      discontinuity() {
        result.discontinuities.push(result.units.length);
        packager.discontinuity();
      },
      ended(code, message) {
        result.ended = code;
        packager.ended(code, message);
        over();
      },
    },
    new AbortController().signal,
  );
  return result;
}

/** Plays a recording through a profile to its end. */
export async function transcode(
  media: Pick<MediaLog, "tracks" | "units">,
  profile: Profile,
  seconds: number | null,
): Promise<Transcoded & { readonly paced: PacedSource; readonly cpu: { audio: number; video: number } }> {
  await transcoding.abilities();
  const began = runner.runs.length;
  const paced = new PacedSource(media, { seconds });
  const result = await play(transcoding.source(paced, profile));
  const from = performance.now();
  const cpu = { audio: 0, video: 0 };
  const meter = setInterval(() => {
    for (const kind of ["audio", "video"] as const) {
      const used = runner.pids(kind, began).reduce((sum, pid) => sum + cpuOf(pid), 0);
      if (used > 0) cpu[kind] = used / ((performance.now() - from) / 1000);
    }
  }, 100);
  await result.over;
  clearInterval(meter);
  return Object.assign(result, { paced, cpu });
}

/** ffmpeg's samples of an fMP4 file with sound, one channel at 48 kHz. */
export function samplesOf(file: Buffer): Int16Array {
  return withFolder((folder) => {
    const path = join(folder, "sound.mp4");
    writeFileSync(path, file);
    const args = ["-v", "error", "-i", path, "-ac", "1", "-ar", "48000", "-f", "s16le", "-"];
    const raw = execFileSync("ffmpeg", args, { maxBuffer: 1 << 28 });
    return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length - (raw.length % 2)));
  });
}

/** Brightness of each picture of an fMP4 file, 0..255, in the order in which they are shown. */
export function brightnessOf(file: Buffer): number[] {
  return withFolder((folder) => {
    const path = join(folder, "picture.mp4");
    writeFileSync(path, file);
    const filter = ["-vf", "scale=16:16,format=gray", "-vsync", "passthrough", "-f", "rawvideo", "-"];
    const raw = spawnSync("ffmpeg", ["-v", "error", "-i", path, ...filter], { maxBuffer: 1 << 28 }).stdout;
    const levels: number[] = [];
    for (let at = 0; at + 256 <= raw.length; at += 256)
      levels.push(raw.subarray(at, at + 256).reduce((sum, level) => sum + level, 0) / 256);
    return levels;
  });
}

/** The shift in samples by which `b` is most like `a` when it is moved that far to the left. */
export function lagBetween(
  a: Int16Array,
  b: Int16Array,
  reach: number,
  from: number,
  length: number,
): number {
  let best = 0;
  let most = -Infinity;
  for (let lag = -reach; lag <= reach; lag++) {
    let sum = 0;
    for (let at = from; at < from + length; at++) sum += (a[at] ?? 0) * (b[at + lag] ?? 0);
    if (sum > most) {
      most = sum;
      best = lag;
    }
  }
  return best;
}
