import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDaemon } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import type { Teardown } from "../helpers/temporary.ts";
import { median, note, rounded, withTeardown, type Figure } from "./figure.ts";
import { cpuSecondsOf, pidOf } from "./memory.ts";
import { startNginx } from "./nginx.ts";
import { Viewer, channelsOf, pair, settled } from "./viewer.ts";

/** What is asked for, and how many of nginx's bytes per CPU second must be reached. */
const BODIES = [
  { id: "serve-ratio-2mb", goal: "ratio >= 1.4, aim 1.7" },
  { id: "serve-ratio-40kb", goal: "ratio >= 0.45, aim 0.6" },
  { id: "serve-ratio-playlist", goal: "ratio >= 0.3, aim 0.4" },
] as const;
export const ids = BODIES.map(({ id }) => id);

const ROUNDS = 3;
const SECONDS = 3;
/** The server has one core and its client the other. */
const SERVER_CORE = "0";
const CLIENT_CORE = "1";
/** As the helper's own, and room for every segment that is asked for until the rounds are over. */
const CONFIG = `http: {address: "127.0.0.1", port: 0, https: {port: 0}}
announce: {mdns: false, ssdp: off}
live: {mediaBudgetMiB: 256}
`;
/** Segments of each rendition that are asked for in turn. */
const SEGMENTS = 6;

/** `serve-ratio`: bytes per CPU second, grants checked, against nginx with `secure_link` on the same bytes in memory. */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("ffmpeg", "nginx", "taskset");
  if (missing !== false || availableParallelism() < 2) {
    note(`serve-ratio is left out: ${missing === false ? "it takes two cores" : missing}`);
    return [];
  }
  return withTeardown(async (t) => {
    const folder = await inMemory(t);
    const path = join(folder, "bench.ts");
    makeMultiplex(path);
    const box = await startDaemon(t, { tuner: `file:${path}`, config: CONFIG });
    const session = await pair(t, box, "bench");
    await settled(box, 1);
    const viewer = await Viewer.start(box, session, (await channelsOf(session))[0]?.id ?? "");
    const root = join(folder, "files");
    await mkdir(root);
    const nginx = await startNginx(t, folder, root);
    for (const pid of [pidOf(box), nginx.pid])
      execFileSync("taskset", ["-a", "-c", "-p", SERVER_CORE, String(pid)]);
    const figures: Figure[] = [];
    for (const [body, { id, goal }] of BODIES.entries()) {
      // Anew each time: what is old leaves the memory.
      const urls = (await mediaOf(viewer))[body] ?? [];
      const files = await save(urls, root, id);
      const server = { pid: pidOf(box), port: box.http, paths: urls.map((url) => url.pathname) };
      const peer = { pid: nginx.pid, port: nginx.port, paths: files.map((file) => nginx.link(file)) };
      // The first answers of a kind are made by code that is not compiled yet.
      for (const one of [server, peer]) await bytesPerCpu(one);
      const rounds: { ours: number; peer: number }[] = [];
      for (let round = 0; round < ROUNDS; round++)
        rounds.push({ ours: await bytesPerCpu(server), peer: await bytesPerCpu(peer) });
      const mb = median(rounds.map((round) => round.ours)) / 1e6;
      const theirs = median(rounds.map((round) => round.peer)) / 1e6;
      figures.push({
        id,
        value: rounded(mb, 1),
        unit: "MB per CPU second",
        goal,
        ratio: rounded(median(rounds.map((round) => round.ours / round.peer))),
        peer: `nginx secure_link: ${rounded(theirs, 1)}`,
      });
    }
    await viewer.stop();
    return figures;
  });
}

/** A folder in memory where there is some: nginx is to read no disk. */
async function inMemory(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "tellyport-serve-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** 12.5 Mb/s with a random access point every 1.28 s, and sound of 240 kb/s: segments of 2 MB and 40 KB. */
function makeMultiplex(path: string): void {
  execFileSync("ffmpeg", [
    ...["-v", "error", "-y"],
    ...["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=20,noise=alls=40:allf=t"],
    ...["-f", "lavfi", "-i", "anoisesrc=sample_rate=48000:duration=20"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "32", "-pix_fmt", "yuv420p"],
    ...["-b:v", "12500k", "-minrate", "12500k", "-maxrate", "12500k", "-bufsize", "6M", "-nal-hrd", "cbr"],
    ...["-ac", "2", "-c:a", "aac", "-b:a", "320k", "-f", "mpegts", "-muxrate", "15M", path],
  ]);
}

/** Addresses of whole segments of picture and of sound, and of the picture's playlist, once there are enough. */
async function mediaOf(viewer: Viewer): Promise<[URL[], URL[], URL[]]> {
  for (;;) {
    const [picture, sound] = await viewer.renditionSegments();
    if (picture === undefined || sound === undefined) throw new Error("picture and sound were expected");
    const [video, audio] = [picture.segments.slice(-SEGMENTS), sound.segments.slice(-SEGMENTS)];
    if (Math.min(video.length, audio.length) === SEGMENTS) return [video, audio, [picture.playlist]];
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** The same bytes as files. @returns their paths from the root */
async function save(urls: readonly URL[], root: string, id: string): Promise<string[]> {
  const paths: string[] = [];
  let size = 0;
  for (const [n, url] of urls.entries()) {
    const data = Buffer.from(await (await fetch(url)).arrayBuffer());
    await writeFile(join(root, `${id}-${n}`), data);
    size += data.length;
    paths.push(`/${id}-${n}`);
  }
  note(`${id}: bodies of ${rounded(size / urls.length / 1000, 1)} KB`);
  return paths;
}

/** Bytes of bodies that a server gives for a second of CPU, while a client in another process asks as fast as it can. */
async function bytesPerCpu(server: { pid: number; port: number; paths: readonly string[] }): Promise<number> {
  const script = join(dirname(fileURLToPath(import.meta.url)), "serve.child.js");
  const command = [process.execPath, script, String(server.port), String(SECONDS), ...server.paths];
  const from = cpuSecondsOf(server.pid);
  const child = spawn("taskset", ["-c", CLIENT_CORE, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error("the client failed");
  return (JSON.parse(text) as { bytes: number }).bytes / (cpuSecondsOf(server.pid) - from);
}
