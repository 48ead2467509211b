import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import t, { type Test } from "tap";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { systemClock } from "../../../../src/kernel/clock.ts";
import type { ChannelCodecs } from "../../../../src/protocol/api.ts";
import type { MediaSource, MediaSourceTimings } from "../../../../src/share/live/media-source.ts";
import { isH264 } from "../../../../src/share/live/transcoding/capabilities.ts";
import { encodersIn, findFfmpeg } from "../../../../src/share/live/transcoding/find-ffmpeg.ts";
import {
  Transcoding,
  type Profile,
  type TranscodingOptions,
} from "../../../../src/share/live/transcoding/index.ts";
import { skipWithoutFfmpeg } from "../packaging/media-tools.ts";
import { silent } from "./harness.ts";

/** A program that says that it is ffmpeg, and can do nothing. */
function impostor(t: Test, version: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-transcoding-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ffmpeg");
  const list = " V....D libx264              libx264 H.264 (codec h264)\\n A....D aac                  AAC";
  writeFileSync(
    path,
    `#!/bin/sh\ncase "$2" in\n-version) echo "ffmpeg version ${version} Copyright";;\n-encoders) printf "${list}\\n";;\n*) exit 1;;\nesac\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));
const SHELL = ["/bin", "/usr/bin"].join(delimiter);

/** A source that must not be started. */
class Untouched implements MediaSource {
  started = false;
  stopped = false;
  start(): Promise<MediaSourceTimings> {
    this.started = true;
    return Promise.reject(new Error("started"));
  }
  stop(): void {
    this.stopped = true;
  }
}

async function refusal(
  options: Partial<TranscodingOptions>,
  profile: Profile,
  expected: ChannelCodecs | null = null,
): Promise<unknown> {
  const inner = new Untouched();
  const transcoding = new Transcoding({
    environment: process.env,
    clock: systemClock,
    log: silent,
    ...options,
  });
  const source = transcoding.source(inner, profile, expected);
  const sink = { tracks() {}, accessUnit() {}, discontinuity() {}, ended() {} };
  try {
    await source.start(sink, new AbortController().signal);
  } catch (error) {
    if (!isTellyportError(error)) return String(error);
    t.notOk(inner.started, "nothing is tuned for it");
    return { code: error.code, missing: error.detail?.missing };
  }
  return null;
}

t.test("find ffmpeg: the environment's, then the path's, then the vendor's", async (t) => {
  const [first, second, third] = ["1.1", "2.2", "3.3"].map((version) => impostor(t, version));
  const find = async (environment: Record<string, string>, vendor: string | null) => {
    const found = await findFfmpeg({ environment, vendor, log: silent });
    return found === null ? null : [found.from, found.version];
  };
  const PATH = `${folderOf(second ?? "")}${delimiter}/nowhere`;
  t.same(await find({ TELLYPORT_FFMPEG: first ?? "", PATH }, third ?? null), ["environment", "1.1"]);
  t.same(await find({ TELLYPORT_FFMPEG: "/nowhere/ffmpeg", PATH }, third ?? null), ["path", "2.2"]);
  t.same(await find({ PATH }, third ?? null), ["path", "2.2"]);
  t.same(await find({ PATH: "/nowhere" }, third ?? null), ["vendor", "3.3"]);
  t.same(await find({ PATH: "/nowhere" }, null), null);
  t.same(await find({ TELLYPORT_FFMPEG: "/bin/true", PATH: "/nowhere" }, null), null, "that is not ffmpeg");
});

t.test("find ffmpeg: encoders in the list that it prints", (t) => {
  const list = [
    "Encoders:",
    " V..... = Video",
    " A..... = Audio",
    " ------",
    " V....D libx264              libx264 H.264 / AVC / MPEG-4 AVC (codec h264)",
    " V..... h264_v4l2m2m         V4L2 mem2mem H.264 encoder wrapper (codec h264)",
    " A....D aac                  AAC (Advanced Audio Coding)",
    " VFS..D ffv1                 FFmpeg video codec #1",
  ];
  t.same(
    [...encodersIn(list.join("\n"))].filter((name) => name !== "="),
    ["libx264", "h264_v4l2m2m", "aac", "ffv1"],
  );
  t.end();
});

t.test("abilities: a stream without an IDR picture is none", (t) => {
  const nals = (...types: number[]) =>
    Buffer.concat(types.map((type) => Buffer.from([0, 0, 0, 1, type, 9, 9])));
  t.ok(isH264(nals(0x67, 0x68, 0x65, 0x41)));
  t.notOk(isH264(nals(0x67, 0x68, 0x41)));
  t.notOk(isH264(nals(0x67, 0x65)));
  t.notOk(isH264(Buffer.alloc(0)));
  t.end();
});

t.test(
  "abilities: without ffmpeg, or with one that works not, the refusal says what is missing",
  async (t) => {
    t.same(await refusal({ environment: { PATH: "/nowhere" } }, { kind: "aac-audio" }), {
      code: "transcoder-missing",
      missing: "ffmpeg",
    });
    const environment = { TELLYPORT_FFMPEG: impostor(t, "9.9"), PATH: SHELL };
    t.same(await refusal({ environment }, { kind: "h264" }), {
      code: "transcoder-missing",
      missing: "AAC",
    });
  },
);

const FULL_HD: ChannelCodecs = {
  video: { family: "avc", codec: "avc1.640028", width: 1920, height: 1080, frameRate: 50, interlaced: false },
  audio: [],
};

t.test("abilities: what really works, and what it would cost", { skip: skipWithoutFfmpeg() }, async (t) => {
  const transcoding = new Transcoding({ environment: process.env, clock: systemClock, log: silent });
  const abilities = await transcoding.abilities();
  t.ok(abilities?.audio, "AAC");
  const { encoders = [], speed = 0 } = abilities?.video ?? {};
  t.ok(encoders.length > 0, `H.264: ${encoders.join(", ")}`);
  t.ok(speed > 0);
  const from = performance.now();
  t.same(await transcoding.abilities(), abilities, "it is remembered");
  t.ok(performance.now() - from < 50);
  await transcoding.stop();
  const costly = await refusal({ cores: 0.05 }, { kind: "h264" }, FULL_HD);
  t.same(costly, { code: "transcoder-missing", missing: "hardware encoder" });
});
