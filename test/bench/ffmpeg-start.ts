import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/kernel/clock.ts";
import { createMockSource } from "../../src/tuner/index.ts";
import { PROJECT } from "../helpers/captures.ts";
import { eventually } from "../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

/**
 * The peer of a cold zap: ffmpeg as people start it, on a pipe that the very same mock multiplex already runs through in its
 * own time, at a random phase.
 * @param service service_id
 * @returns seconds from ffmpeg's start to its playlist with the first whole segment
 */
export async function ffmpegStart(t: Teardown, multiplexId: string, service: number): Promise<number> {
  const folder = await temporaryFolder(t);
  const output = join(folder, "live.m3u8");
  const loopsFolder = join(PROJECT, "src/tuner/drivers/mock/loops");
  const source = createMockSource({ clock: systemClock, loopsFolder, faults: { lockDelayMs: 0 } });
  const [tuner] = source.drivers;
  const multiplex = source.multiplexes.find(({ id }) => id === multiplexId);
  if (tuner === undefined || multiplex === undefined) throw new Error(`the mock has no ${multiplexId}`);

  const pipe: { write: ((chunk: Buffer) => void) | null } = { write: null };
  const sink = {
    packets: (chunk: Buffer) => pipe.write?.(Buffer.from(chunk)),
    overflow: () => undefined,
    syncLoss: () => undefined,
    failed: () => undefined,
  };
  await tuner.tune(multiplex, sink, new AbortController().signal);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 1280));
  const from = performance.now();
  const child = spawn(
    "ffmpeg",
    [
      ...["-v", "error", "-i", "pipe:0", "-map", `0:p:${service}`, "-c", "copy"],
      ...["-f", "hls", "-hls_time", "1", output],
    ],
    { stdio: ["pipe", "ignore", "pipe"] },
  );
  const exit = once(child, "exit");
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  // It ends while packets are under way to it.
  child.stdin.on("error", () => undefined);
  pipe.write = (chunk) => void child.stdin.write(chunk);
  try {
    await eventually(
      `ffmpeg has a segment ${errors}`,
      () => {
        if (child.exitCode !== null) throw new Error(`ffmpeg ended with ${child.exitCode}: ${errors}`);
        return existsSync(output) && readFileSync(output, "utf8").includes("#EXTINF");
      },
      30_000,
      10,
    );
    return (performance.now() - from) / 1000;
  } finally {
    pipe.write = null;
    await tuner.close();
    child.kill("SIGKILL");
    await exit;
  }
}
