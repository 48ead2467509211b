// Makes the elementary-stream loops of the mock tuner (src/tuner/drivers/mock/loops/) and their manifest loops.json.
// Needs ffmpeg 5.1 or later with libx264 and libx265, and a CJK font. The result is committed: run it only to change a picture.
// usage: make-mock-loops.mjs [--out FOLDER] [--only LOOP]
import { build } from "esbuild";
import { execFileSync, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  existsSync,
  readdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const mock = join(root, "src/tuner/drivers/mock");
const flag = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : null);
const out = flag("--out") ?? join(mock, "loops");
const only = flag("--only");
const LIMIT = 6_000_000;

/** A TypeScript module of ours, bundled and imported. */
async function load(file) {
  const result = await build({ entryPoints: [file], bundle: true, write: false, format: "esm" });
  return import(
    `data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString("base64")}`
  );
}
const { COUNTER_GEOMETRY, COUNTER_VALUES, counterBlocks } = await load(join(mock, "counter-geometry.ts"));
const { LINEUP } = await load(join(mock, "lineup.ts"));

const FRAMES = COUNTER_VALUES;
const GOP = 32;
// One picture and five times B B P: a closed GOP that the encoder need not cut short.
const MPEG2_GOP = 16;
const FPS = 25;
const SECONDS = FRAMES / FPS;
const RATE = 48_000;
const PCR_HZ = 27_000_000;
const [FONT, FAMILY] = execFileSync("fc-match", ["-f", "%{file}\n%{family}", "Noto Sans CJK SC:bold"])
  .toString()
  .split("\n");
if (!FAMILY.includes("CJK")) throw new Error("no font for Chinese here: install fonts-noto-cjk");
const temp = mkdtempSync(join(tmpdir(), "mock-loops-"));

/** Runs ffmpeg, feeding it a buffer; its complaints are errors. */
function ffmpeg(args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", "-y", ...args], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const chunks = [];
    let complaints = "";
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => (complaints += chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0 || complaints !== "")
        reject(new Error(`ffmpeg ${args.join(" ")}\nended with ${code}: ${complaints}`));
      else resolve(Buffer.concat(chunks));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** One row of gray pixels per frame, one pixel per block: ffmpeg scales it to the size of the row. */
function counterPixels(frames, first) {
  const width = COUNTER_GEOMETRY.blocks.length;
  const pixels = Buffer.alloc(width * frames);
  for (let frame = 0; frame < frames; frame++) {
    const value = (((frame + first) % FRAMES) + FRAMES) % FRAMES;
    counterBlocks(value).forEach((white, block) => (pixels[frame * width + block] = white ? 255 : 0));
  }
  return pixels;
}

const escape = (text) => text.replace(/[\\':,%]/g, (sign) => `\\${sign}`);

function videoGraph(service, frames, first) {
  const { height, colour } = service.video;
  // 576 lines are drawn with square pixels and then squeezed, or the letters would be stretched.
  const squeeze = height === 576 ? `,scale=${service.video.width}:${height}:flags=bicubic` : "";
  const width = squeeze === "" ? service.video.width : 1024;
  const even = (value) => Math.round(value / 2) * 2;
  const row = {
    x: even(width * COUNTER_GEOMETRY.left),
    y: even(height * COUNTER_GEOMETRY.top),
    w: even(width * COUNTER_GEOMETRY.blockWidth * COUNTER_GEOMETRY.blocks.length),
    h: even(height * COUNTER_GEOMETRY.height),
  };
  const ball = even(height / 12);
  const phase = `2*PI*(n+${first})/${FRAMES}`;
  const margin = even(width / 32);
  return [
    `color=c=0x${colour}:s=${width}x${height}:r=${FPS}:d=${frames / FPS},format=yuv420p`,
    `drawtext=fontfile=${FONT}:text='${escape(service.name)}':fontcolor=white:fontsize=${even(height / 6)}:x=(w-tw)/2:y=h*0.24`,
    `drawtext=fontfile=${FONT}:text='${escape(service.caption)}':fontcolor=0xd8d8d8:fontsize=${even(height / 18)}:x=(w-tw)/2:y=h*0.47[back]`,
  ]
    .join(",")
    .concat(
      `;color=c=0xf2c14e:s=${ball}x${ball}:r=${FPS}:d=${frames / FPS},format=yuv420p[ball]`,
      `;[back][ball]overlay=x='${margin}+(W-w-${2 * margin})*(0.5-0.5*cos(${phase}))':y=H*0.63:format=yuv420[moving]`,
      `;[0:v]scale=${row.w}:${row.h}:flags=neighbor:out_range=tv,format=yuv420p[counter]`,
      `;[moving][counter]overlay=x=${row.x}:y=${row.y}:format=yuv420,format=yuv420p${squeeze}[v]`,
    );
}

const X264 =
  "aud=1:repeat-headers=1:bframes=3:b-adapt=0:b-pyramid=none:scenecut=0:threads=1:lookahead-threads=1";
function videoCodec(video) {
  const gop = `keyint=${GOP}:min-keyint=${GOP}`;
  switch (video.codec) {
    case "h264":
    case "h264-no-idr": {
      const open = video.codec === "h264-no-idr" ? ":open-gop=1" : "";
      return {
        format: "h264",
        args: [
          "-c:v",
          "libx264",
          "-preset",
          "veryslow",
          "-profile:v",
          "high",
          "-crf",
          "24",
          "-refs",
          "2",
        ].concat(["-x264-params", `${gop}:${X264}${open}`]),
      };
    }
    case "hevc":
      return {
        format: "hevc",
        args: ["-c:v", "libx265", "-preset", "medium", "-crf", "26", "-tag:v", "hvc1"].concat([
          "-x265-params",
          `${gop}:aud=1:repeat-headers=1:bframes=3:b-adapt=0:b-pyramid=0:scenecut=0:open-gop=0:info=0:pools=none:frame-threads=1:log-level=error`,
        ]),
      };
    case "mpeg2-video":
      return {
        format: "mpeg2video",
        args: [
          "-c:v",
          "mpeg2video",
          "-g",
          `${MPEG2_GOP}`,
          "-bf",
          "2",
          "-b_strategy",
          "0",
          "-sc_threshold",
          "1000000000",
        ].concat(
          [
            "-flags",
            "+cgop+ildct+ilme+bitexact",
            "-field_order",
            "tt",
            "-q:v",
            "8",
            "-maxrate",
            "6M",
            "-bufsize",
            "1835k",
          ],
          [
            "-aspect",
            "16:9",
            "-color_primaries",
            "bt470bg",
            "-color_trc",
            "gamma28",
            "-colorspace",
            "bt470bg",
          ],
        ),
      };
    default:
      throw new Error(`no such video codec: ${video.codec}`);
  }
}

/** `framecrc` lines of stream 0: dts, pts and size of each packet that the encoder gave. */
function packetsOf(file) {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => /^0,/.test(line))
    .map((line) => line.split(",").map((field) => Number(field.trim())))
    .map(([, dts, pts, , size]) => ({ dts, pts, size }));
}

function nalTypes(unit, codec) {
  const types = [];
  for (
    let at = unit.indexOf("\0\0\x01", 0, "latin1");
    at >= 0;
    at = unit.indexOf("\0\0\x01", at + 3, "latin1")
  )
    types.push(
      codec === "hevc"
        ? (unit[at + 3] >> 1) & 0x3f
        : codec === "mpeg2-video"
          ? unit[at + 3]
          : unit[at + 3] & 0x1f,
    );
  return types;
}

/** A parameter set precedes every random access point and nothing else. */
function isRandomAccess(unit, codec) {
  return nalTypes(unit, codec).includes({ hevc: 33, "mpeg2-video": 0xb3 }[codec] ?? 7);
}

async function makeVideo(service) {
  const { video } = service;
  const noIdr = video.codec === "h264-no-idr";
  // The first GOP begins with an IDR picture and the last lacks what follows it: without IDR, both are cut off.
  const lead = noIdr ? GOP : 0;
  const frames = FRAMES + (noIdr ? 2 * GOP : 0);
  const { format, args } = videoCodec(video);
  const stream = join(temp, `${video.loop}.${format}`);
  const list = join(temp, `${video.loop}.crc`);
  await ffmpeg(
    [
      "-f",
      "rawvideo",
      "-pix_fmt",
      "gray",
      "-s",
      `${COUNTER_GEOMETRY.blocks.length}x1`,
      "-r",
      `${FPS}`,
      "-i",
      "pipe:0",
    ].concat(
      ["-filter_complex_threads", "1", "-filter_complex", videoGraph(service, frames, -lead), "-map", "[v]"],
      [...args, "-threads", "1", "-fflags", "+bitexact", "-color_range", "tv"],
      ["-f", "tee", `[f=${format}]${stream}|[f=framecrc]${list}`],
    ),
    counterPixels(frames, -lead),
  );
  const packets = packetsOf(list);
  const bytes = readFileSync(stream);
  let position = 0;
  let units = packets.map(({ dts, pts, size }) => {
    const data = bytes.subarray(position, (position += size));
    return { data, offset: pts - dts, pts };
  });
  if (position !== bytes.length || units.length !== frames)
    throw new Error(`${video.loop}: sizes do not add up`);
  if (noIdr) {
    const first = units.findIndex((unit) => unit.pts === units[0].pts + GOP);
    units = units.slice(first, first + FRAMES);
    if (units.some((unit) => nalTypes(unit.data, "h264").includes(5)))
      throw new Error(`${video.loop}: holds an IDR picture`);
    if (!units.every((unit) => !isRandomAccess(unit.data, "h264") || nalTypes(unit.data, "h264").includes(6)))
      throw new Error(`${video.loop}: a random access point without recovery point`);
  }
  const codec = noIdr ? "h264" : video.codec;
  const randomAccess = units.flatMap((unit, index) => (isRandomAccess(unit.data, codec) ? [index] : []));
  const gop = codec === "mpeg2-video" ? MPEG2_GOP : GOP;
  if (randomAccess.join() !== Array.from({ length: FRAMES / gop }, (_, k) => k * gop).join())
    throw new Error(`${video.loop}: random access points at ${randomAccess}`);
  const aud = { h264: 9, hevc: 35 }[codec];
  if (aud !== undefined && !units.every((unit) => nalTypes(unit.data, codec)[0] === aud))
    throw new Error(`${video.loop}: an access unit without delimiter`);
  const shown = new Set(
    units.map((unit, index) => (index + unit.offset - units[0].offset + FRAMES) % FRAMES),
  );
  if (shown.size !== FRAMES) throw new Error(`${video.loop}: presentation order is no permutation`);
  return {
    ending: format,
    data: Buffer.concat(units.map((unit) => unit.data)),
    entry: {
      codec,
      duration: PCR_HZ / FPS,
      width: video.width,
      height: video.height,
      sizes: units.map((unit) => unit.data.length),
      ptsOffsets: units.map((unit) => unit.offset),
      randomAccess,
    },
  };
}

// Tones whose period divides the loop; a beep at counter 0.
const AUDIO = {
  "tone-a": { codec: "aac-adts", hz: 330, bitrate: "56k" },
  "tone-b": { codec: "aac-adts", hz: 392, bitrate: "56k" },
  "tone-c": { codec: "aac-adts", hz: 494, bitrate: "56k" },
  "tone-d": { codec: "aac-adts", hz: 262, bitrate: "56k" },
  ac3: { codec: "ac-3", hz: 349, bitrate: "96k" },
  "mp2-a": { codec: "mpeg-audio", hz: 440, bitrate: "64k" },
  "mp2-b": { codec: "mpeg-audio", hz: 294, bitrate: "64k" },
};
// What an encoder delays its input by, samples per access unit, access units in the loop.
const AUDIO_CODECS = {
  "aac-adts": {
    args: ["-c:a", "aac", "-aac_coder", "twoloop"],
    format: "adts",
    delay: 1024,
    samples: 1024,
    units: 480,
  },
  "ac-3": { args: ["-c:a", "ac3"], format: "ac3", delay: 256, samples: 1536, units: 320 },
  "mpeg-audio": { args: ["-c:a", "mp2"], format: "mp2", delay: 481, samples: 1152, units: 250 },
};

const AC3_BYTES = { 96: 384 };
function audioUnits(data, codec) {
  const units = [];
  for (let at = 0; at < data.length;) {
    let size;
    if (codec === "aac-adts") size = ((data[at + 3] & 3) << 11) | (data[at + 4] << 3) | (data[at + 5] >> 5);
    else if (codec === "ac-3") size = AC3_BYTES[96];
    else size = Math.floor((144 * 64_000) / RATE);
    const sync =
      codec === "ac-3" ? data.readUInt16BE(at) === 0x0b77 : (data.readUInt16BE(at) & 0xfff0) === 0xfff0;
    if (!sync || size < 8) throw new Error(`${codec}: lost at ${at}`);
    units.push(data.subarray(at, at + size));
    at += size;
  }
  return units;
}

async function makeAudio(name) {
  const { codec, hz, bitrate } = AUDIO[name];
  const { args, format, delay, samples, units: count } = AUDIO_CODECS[codec];
  const period = (count * samples) / RATE;
  const exact = Math.round(hz * period) / period;
  // Whole access units of delay are cut off; the rest is taken back in time.
  const skip = Math.floor(delay / samples);
  const early = (delay - skip * samples) / RATE;
  const t = `(t+${early})`;
  const beep =
    Math.abs(period - SECONDS) < 1e-9 ? `+0.5*sin(2*PI*1000*${t})*lt(mod(${t},${period}),0.1)` : "";
  const wave = `0.06*sin(2*PI*${exact}*${t})${beep}`;
  const data = await ffmpeg([
    ...["-f", "lavfi", "-i", `aevalsrc='${wave}|${wave}':s=${RATE}:d=${3 * period}`],
    ...[
      ...args,
      "-b:a",
      bitrate,
      "-threads",
      "1",
      "-flags:a",
      "+bitexact",
      "-fflags",
      "+bitexact",
      "-f",
      format,
      "pipe:1",
    ],
  ]);
  // The middle one of three laps: encoders start and end with something of their own.
  const units = audioUnits(data, codec).slice(count + skip, 2 * count + skip);
  if (units.length !== count) throw new Error(`${name}: ${units.length} access units`);
  return {
    ending: format,
    data: Buffer.concat(units),
    entry: {
      codec,
      duration: (samples * PCR_HZ) / RATE,
      sampleRate: RATE,
      channels: 2,
      sizes: units.map((unit) => unit.length),
    },
  };
}

/** Three laps decode without one complaint, and give three laps of pictures. */
async function verify(name, made) {
  const laps = join(temp, `${name}-laps.${made.ending}`);
  writeFileSync(laps, Buffer.concat([made.data, made.data, made.data]));
  const list = await ffmpeg(["-err_detect", "explode", "-i", laps, "-f", "framecrc", "-"], Buffer.alloc(0));
  const decoded = list
    .toString()
    .split("\n")
    .filter((line) => /^0,/.test(line)).length;
  const expected = made.entry.sizes.length * 3;
  // Without IDR the three leading pictures of the very first lap have nothing to refer to.
  if (made.entry.width !== undefined && Math.abs(decoded - expected) > 3)
    throw new Error(`${name}: ${decoded} pictures of ${expected}`);
}

mkdirSync(out, { recursive: true });
const manifestFile = join(out, "loops.json");
const manifest =
  only !== null && existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, "utf8")) : {};
if (only === null) for (const file of readdirSync(out)) rmSync(join(out, file));
const done = new Set();
async function make(name, maker) {
  if (done.has(name) || (only !== null && only !== name)) return;
  done.add(name);
  const made = await maker();
  await verify(name, made);
  const file = `${name}.${made.ending}`;
  writeFileSync(join(out, file), made.data);
  manifest[name] = { file, ...made.entry };
  const laps = (made.entry.sizes.length * made.entry.duration) / PCR_HZ;
  console.log(`${name}: ${made.data.length} bytes, ${Math.round((made.data.length * 8) / laps / 1000)} kb/s`);
}
for (const service of LINEUP.flatMap((multiplex) => multiplex.services)) {
  if (service.video !== undefined) await make(service.video.loop, () => makeVideo(service));
  for (const { loop } of service.audio) await make(loop, () => makeAudio(loop));
}
writeFileSync(manifestFile, `${JSON.stringify(manifest).replace(/("[\w-]+":\{"file")/g, "\n$1")}\n`);
rmSync(temp, { recursive: true });
const total = readdirSync(out).reduce((sum, file) => sum + statSync(join(out, file)).size, 0);
console.log(`${total} bytes in all, with ${execFileSync("ffmpeg", ["-version"]).toString().split("\n")[0]}`);
if (total > LIMIT) throw new Error(`more than ${LIMIT} bytes`);
