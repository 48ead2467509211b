import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { temporaryFolder, type Teardown } from "./temporary.ts";

export interface MpvPlayed {
  readonly code: number | null;
  /** From six seconds behind the first movement to the end, and how far the position came in that time; s. */
  readonly seconds: number;
  readonly advanced: number;
  readonly width: number;
  /** Pictures late for the screen, and such that the decoder left out. */
  readonly dropped: number;
  /** Samples a second of the decoded sound; 0 without sound. */
  readonly sampleRate: number;
  /** The largest distance of sound and picture that it reported after the first six seconds, either way; s. */
  readonly apart: number;
  /** Readings, in this time, at which it waited for data. */
  readonly waits: number;
  readonly readings: number;
  /** What it wrote. */
  readonly log: string;
}

const SETTLING_MS = 6000;
const READING_MS = 500;
const MARGIN_MS = 40_000;
const PROPERTIES = [
  "time-pos",
  "avsync",
  "frame-drop-count",
  "decoder-frame-drop-count",
  "video-params/w",
  "audio-params/samplerate",
  "paused-for-cache",
] as const;
type Property = (typeof PROPERTIES)[number];
type Reading = Partial<Record<Property, number | boolean | null>>;

/** Plays so many seconds with mpv, without a screen and a sound card, and reads its properties through its socket. */
export async function mpvPlays(t: Teardown, url: string, seconds: number): Promise<MpvPlayed> {
  const socketPath = join(await temporaryFolder(t), "mpv.sock");
  const options = [
    "--no-config",
    "--vo=null",
    "--ao=null",
    "--no-terminal",
    "--hwdec=no",
    "--ytdl=no",
    "--sid=no",
  ];
  const child = spawn("mpv", [...options, `--input-ipc-server=${socketPath}`, url], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = once(child, "exit");
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await exit;
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ask = await connected(socketPath);
  const from = performance.now();
  const until = from + seconds * 1000;
  let begun = Infinity;
  let [settled, first, position, settledPosition] = [0, NaN, 0, 0];
  const seen = { width: 0, dropped: 0, sampleRate: 0, apart: 0, waits: 0, readings: 0 };
  while (performance.now() < until && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, READING_MS));
    const reading = await ask();
    const now = performance.now();
    const at = Number(reading["time-pos"] ?? NaN);
    if (Number.isNaN(at)) continue;
    if (Number.isNaN(first)) first = at;
    if (at > first && begun === Infinity) begun = now;
    position = at;
    seen.width = Number(reading["video-params/w"] ?? 0);
    seen.sampleRate = Number(reading["audio-params/samplerate"] ?? 0);
    seen.dropped =
      Number(reading["frame-drop-count"] ?? 0) + Number(reading["decoder-frame-drop-count"] ?? 0);
    if (now - begun < SETTLING_MS || begun === Infinity) continue;
    if (settled === 0) [settled, settledPosition] = [now, at];
    seen.readings++;
    if (reading["paused-for-cache"] === true) seen.waits++;
    seen.apart = Math.max(seen.apart, Math.abs(Number(reading["avsync"] ?? 0)));
  }
  const took = settled === 0 ? 0 : (performance.now() - settled) / 1000;
  child.kill("SIGTERM");
  const killing = setTimeout(() => child.kill("SIGKILL"), MARGIN_MS);
  const [code] = (await exit) as [number | null];
  clearTimeout(killing);
  return { code, seconds: took, advanced: settled === 0 ? 0 : position - settledPosition, ...seen, log };
}

/** @returns asks for all properties at once */
async function connected(path: string): Promise<() => Promise<Reading>> {
  let socket: Socket | null = null;
  for (let attempt = 0; socket === null && attempt < 100; attempt++) {
    const one = connect(path);
    socket = await new Promise<Socket | null>((resolve) => {
      one.once("connect", () => resolve(one));
      one.once("error", () => resolve(null));
    });
    if (socket === null) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (socket === null) throw new Error("mpv does not open its socket");
  const open = socket;
  const waiting = new Map<number, (value: unknown) => void>();
  const endAll = (): void => {
    for (const answer of waiting.values()) answer(null);
    waiting.clear();
  };
  open.on("error", endAll);
  open.on("close", endAll);
  createInterface({ input: open }).on("line", (line) => {
    const { request_id: id, data } = JSON.parse(line) as { request_id?: number; data?: unknown };
    waiting.get(id ?? -1)?.(data ?? null);
    waiting.delete(id ?? -1);
  });
  let serial = 0;
  const get = (name: Property): Promise<number | boolean | null> =>
    new Promise((resolve) => {
      if (open.destroyed) return resolve(null);
      const id = ++serial;
      waiting.set(id, (value) =>
        resolve(typeof value === "number" || typeof value === "boolean" ? value : null),
      );
      open.write(`${JSON.stringify({ command: ["get_property", name], request_id: id })}\n`);
    });
  return async () => {
    const values = await Promise.all(PROPERTIES.map(async (name) => [name, await get(name)] as const));
    return Object.fromEntries(values);
  };
}
