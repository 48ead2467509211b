import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { writeMultiplex } from "../../../../src/tuner/drivers/mock/index.ts";
import { LINEUP } from "../../../../src/tuner/drivers/mock/lineup.ts";
import { PROJECT } from "../../../helpers/captures.ts";
import { readCounter } from "../../../helpers/picture-counter.ts";
import { mockLoops, run, skipWithoutProgram } from "./mock-fixtures.ts";

const STARTS_AT = Date.UTC(2026, 10, 20, 12);
const ON_AIR = LINEUP.filter((multiplex) => multiplex.dead !== true);
const SHIM = join(dirname(PROJECT), "shared", "dvbshim", "dvbshim.c");

function folder(t: { teardown: (after: () => void) => unknown }): string {
  const path = mkdtempSync(join(tmpdir(), "mock-peers-"));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

function write(path: string, id: string, seconds: number): string {
  const file = join(path, `${id}.ts`);
  writeMultiplex(id, seconds, file, { loops: mockLoops(), startsAt: STARTS_AT });
  return file;
}

function skipWithoutTeletext(): false | string {
  const { stdout } = spawnSync("ffmpeg", ["-hide_banner", "-decoders"], { encoding: "utf8" });
  return stdout?.includes("libzvbi_teletext") ? false : "there is no ffmpeg with a teletext decoder here";
}

/** What ffmpeg calls the codecs. */
const NAMES = {
  h264: "h264",
  "h264-no-idr": "h264",
  hevc: "hevc",
  "mpeg2-video": "mpeg2video",
  "aac-adts": "aac",
  "ac-3": "ac3",
  "mpeg-audio": "mp2",
} as const;

t.test(
  "mock: ffprobe finds every service, name and codec, and complains of nothing",
  { skip: skipWithoutProgram("ffprobe", "-version"), timeout: 120_000 },
  async (t) => {
    const path = folder(t);
    for (const multiplex of ON_AIR) {
      const file = write(path, multiplex.id, 20);
      const { code, stdout, stderr } = await run(
        "ffprobe",
        ["-v", "error", "-show_programs", "-of", "json"].concat(file),
      );
      t.equal(code, 0);
      t.equal(stderr, "", multiplex.id);
      const { programs } = JSON.parse(stdout.toString()) as {
        programs: {
          program_id: number;
          tags: { service_name: string };
          streams: { codec_name: string; width?: number; tags?: { language?: string } }[];
        }[];
      };
      t.equal(programs.length, multiplex.services.length);
      for (const service of multiplex.services) {
        const program = programs.find((one) => one.program_id === service.id);
        t.equal(program?.tags.service_name, service.name);
        const expected = [
          ...(service.video === undefined ? [] : [NAMES[service.video.codec]]),
          ...service.audio.map((one) => NAMES[one.codec]),
          ...(service.teletext === undefined ? [] : ["dvb_teletext"]),
        ];
        t.same(program?.streams.map((one) => one.codec_name).sort(), expected.sort(), service.name);
        if (service.video !== undefined && service.scrambled !== true)
          t.ok(
            program?.streams.some((one) => one.width === service.video?.width),
            `${service.name}: ${service.video.width} wide`,
          );
      }
    }
  },
);

t.test(
  "mock: ffmpeg decodes all clear pictures and sound across the loop point without a complaint",
  { skip: skipWithoutProgram("ffmpeg", "-version"), timeout: 300_000 },
  async (t) => {
    const path = folder(t);
    for (const multiplex of ON_AIR) {
      const file = write(path, multiplex.id, 14);
      const clear = multiplex.services.filter((one) => one.scrambled !== true);
      const maps = clear.flatMap((one) => ["-map", `0:p:${one.id}:a`]);
      const pictures = clear
        .filter((one) => one.video !== undefined)
        .flatMap((one) => ["-map", `0:p:${one.id}:v`]);
      const { code, stderr } = await run("ffmpeg", [
        ...["-v", "error", "-nostdin", "-i", file, ...pictures, ...maps, "-f", "null", "-"],
      ]);
      t.equal(code, 0, multiplex.id);
      t.equal(stderr, "", multiplex.id);
    }
  },
);

t.test(
  "mock: the counter of a decoded broadcast goes on across the loop point",
  { skip: skipWithoutProgram("ffmpeg", "-version"), timeout: 120_000 },
  async (t) => {
    const file = write(folder(t), "mock-3", 12);
    const { stdout } = await run("ffmpeg", [
      ...["-v", "error", "-nostdin", "-i", file, "-map", "0:p:4865:v", "-vf", "scale=320:180"],
      ...["-pix_fmt", "rgba", "-vsync", "passthrough", "-f", "rawvideo", "-"],
    ]);
    const size = 320 * 180 * 4;
    const values: (number | null)[] = [];
    for (let at = 0; at + size <= stdout.length; at += size)
      values.push(readCounter(stdout.subarray(at, at + size), 320, 180));
    t.ok(values.length > 260, `${values.length} pictures`);
    t.same(
      values,
      values.map((_, index) => index % 256),
    );
  },
);

t.test(
  "mock: the subtitles of page 888 name the picture that they belong to",
  { skip: skipWithoutTeletext(), timeout: 120_000 },
  async (t) => {
    const file = write(folder(t), "mock-2", 12);
    const { stdout } = await run("ffmpeg", [
      ...["-v", "error", "-nostdin", "-txt_page", "888", "-txt_format", "text", "-i", file],
      ...["-map", "0:s", "-f", "srt", "-"],
    ]);
    const lines = stdout.toString().match(/Télétexte : image \d+/g) ?? [];
    t.same(
      lines.slice(0, 4),
      [0, 64, 128, 192].map((counter) => `Télétexte : image ${counter}`),
    );
  },
);

const skipScan =
  skipWithoutProgram("gcc", "--version") ||
  skipWithoutProgram("dvbv5-scan", "--help") ||
  (existsSync(SHIM) ? false : "dvbshim is not here");

t.test(
  "mock: dvbv5-scan over an emulated adapter finds all services",
  { skip: skipScan, timeout: 300_000 },
  async (t) => {
    const path = folder(t);
    const shim = join(path, "libdvbshim.so");
    const compiled = await run("gcc", [
      "-O2",
      "-w",
      "-shared",
      "-fPIC",
      "-o",
      shim,
      SHIM,
      "-ldl",
      "-lpthread",
    ]);
    t.equal(compiled.code, 0, compiled.stderr);
    const lines = ON_AIR.map(({ id, frequencyHz }) => {
      write(path, id, 60);
      return `DVBT ${frequencyHz} ${id}.ts loop=2`;
    });
    writeFileSync(join(path, "air.conf"), `${lines.join("\n")}\n`);
    const [first] = ON_AIR;
    // The network information leads to the others, and to the one that nobody transmits.
    writeFileSync(
      join(path, "initial.conf"),
      `[MOCK]\n\tDELIVERY_SYSTEM = DVBT\n\tFREQUENCY = ${first?.frequencyHz ?? 0}\n\tBANDWIDTH_HZ = 8000000\n`,
    );
    const output = join(path, "channels.conf");
    const scan = await run("dvbv5-scan", ["-o", output, join(path, "initial.conf")], {
      env: {
        LD_PRELOAD: shim,
        DVBSHIM_CONF: join(path, "air.conf"),
        DVBSHIM_DIR: join(path, "state"),
        LC_ALL: "C.UTF-8",
      },
    });
    t.equal(scan.code, 0, scan.stderr.slice(-2000));
    const found = existsSync(output) ? readFileSync(output, "utf8") : "";
    const services = new Map(
      found
        .split(/^\[/m)
        .slice(1)
        .map((block) => [Number(/SERVICE_ID = (\d+)/.exec(block)?.[1]), block.split("]")[0] ?? ""]),
    );
    for (const service of ON_AIR.flatMap((multiplex) => multiplex.services))
      t.ok(services.has(service.id), `${service.name} is found as "${services.get(service.id)}"`);
  },
);
