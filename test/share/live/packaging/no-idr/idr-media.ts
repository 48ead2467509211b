import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { seconds, ticks } from "../../../../../src/kernel/units.ts";
import type { VideoTrack } from "../../../../../src/share/live/media-source.ts";
import { H264Stream } from "../../../../../src/share/live/packaging/elementary/h264-stream.ts";
import type { VideoConfig } from "../../../../../src/share/live/packaging/elementary/nal-stream.ts";
import type { CodedFrame } from "../../../../../src/share/live/packaging/elementary/pes.ts";
import {
  IdrGroups,
  type IdrGroupsOptions,
} from "../../../../../src/share/live/packaging/no-idr/idr-groups.ts";
import { Packager } from "../../../../../src/share/live/packaging/packager.ts";
import { SlabPool } from "../../../../../src/share/live/packaging/slab-pool.ts";
import type { ServiceSink } from "../../../../../src/tuner/ports.ts";
import { FakeClock } from "../../../../helpers/fake-clock.ts";
import { collector, demux } from "../../../../helpers/ts-to-media.ts";
import { withFolder } from "../media-tools.ts";

/** From a transport stream to groups with IDR pictures, and what ffmpeg says of them. */

export type Frame = CodedFrame<VideoConfig>;

export interface FrameOptions extends IdrGroupsOptions {
  readonly service?: number;
  /** Random access points to leave out at the beginning: x264's first one is an IDR picture. Default 0. */
  readonly skip?: number;
  /** What reception makes of the frames. */
  readonly spoil?: (frame: Frame, index: number) => Frame | null;
}

/** The frames of a service's H.264 video, as its parser delivers them. */
export function sourceFrames(ts: Buffer, options: FrameOptions = {}): Frame[] {
  const frames: Frame[] = [];
  let starts = 0;
  const stream = new H264Stream((frame) => {
    if (frame.randomAccess) starts++;
    if (starts > (options.skip ?? 0)) frames.push({ ...frame, data: Buffer.from(frame.data) });
  });
  const { service } = options;
  const sink: ServiceSink = {
    streams: () => undefined,
    pcr: () => undefined,
    pes: (packet) => stream.push(packet),
    scrambling: () => undefined,
    ended: () => undefined,
  };
  demux(ts, sink, {
    cut: service !== undefined, // a capture ends somewhere
    select: ({ codec }) => codec === "h264",
    ...(service !== undefined && { service }),
  });
  stream.flush();
  return frames;
}

/** The same in groups that begin with IDR pictures. */
export function idrFrames(ts: Buffer, options: FrameOptions = {}): Frame[] {
  const frames: Frame[] = [];
  const groups = new IdrGroups((frame) => frames.push({ ...frame, data: Buffer.from(frame.data) }), options);
  sourceFrames(ts, options).forEach((frame, index) => {
    const spoilt = options.spoil === undefined ? frame : options.spoil(frame, index);
    if (spoilt !== null) groups.push(spoilt);
  });
  groups.flush();
  return frames;
}

export interface Packed {
  readonly track: VideoTrack;
  readonly init: Buffer;
  readonly segments: readonly Buffer[];
  readonly samples: number;
  /** Init segment and all segments. */
  readonly file: Buffer;
}

/** What the packager makes of frames, from the first random access point on. @throws Error when there is none */
export function pack(frames: readonly Frame[]): Packed {
  const first = frames.findIndex(({ randomAccess, config }) => randomAccess && config !== null);
  const config = frames[first]?.config ?? null;
  if (config === null) throw new Error("no random access point");
  const pool = new SlabPool();
  const result = collector(pool);
  const packager = new Packager({
    clock: new FakeClock(),
    pool,
    sink: result.sink,
    minDuration: seconds(0.2),
  });
  const track: VideoTrack = { kind: "video", id: 1, ...config };
  packager.tracks([track]);
  for (const { pts, dts, randomAccess, idr, data } of frames.slice(first))
    packager.accessUnit({ track: 1, pts: ticks(pts), dts: ticks(dts), randomAccess, idr, data });
  packager.ended("no-data", "The file is over.");
  const init = result.renditions[0]?.init ?? Buffer.alloc(0);
  const segments = result.of("v0").map(({ bytes }) => bytes);
  return { track, init, segments, samples: frames.length - first, file: Buffer.concat([init, ...segments]) };
}

export interface Decoded {
  /** Hash of each picture in the order of display; of two that are a tick apart, which is one picture twice, the second. */
  readonly pictures: readonly string[];
  /** Presentation time of each, 90 kHz. */
  readonly times: readonly number[];
  readonly errors: string;
}

/**
 * Decodes with ffmpeg.
 * @param strict as Chromium does: an error in the stream ends it
 */
export function decodePictures(
  file: Buffer,
  { strict = false, extension = "mp4", map = "0:v:0" } = {},
): Decoded {
  return withFolder((folder) => {
    const path = join(folder, `file.${extension}`);
    writeFileSync(path, file);
    const { stdout, stderr } = spawnSync(
      "ffmpeg",
      [
        ...["-v", "error", "-threads", "1", ...(strict ? ["-err_detect", "explode", "-xerror"] : [])],
        ...["-i", path, "-map", map, "-copyts", "-vsync", "passthrough", "-pix_fmt", "yuv420p"],
        ...["-f", "framehash", "-hash", "sha160", "-"],
      ],
      { maxBuffer: 1 << 28, encoding: "utf8" },
    );
    const [, over, under] = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout) ?? [];
    const scale = (90_000 * Number(over)) / Number(under);
    const shown = stdout
      .split("\n")
      .filter((line) => line.startsWith("0,"))
      .map((line) => line.split(",").map((cell) => cell.trim()))
      .map((cells) => ({ time: Math.round(Number(cells[2]) * scale), hash: cells[5] ?? "" }))
      .filter(({ time }, index, all) => (all[index + 1]?.time ?? Infinity) - time > 2);
    return {
      pictures: shown.map(({ hash }) => hash),
      times: shown.map(({ time }) => time),
      errors: stderr,
    };
  });
}
