import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import type { Session } from "../../src/cli/remote/session.ts";
import { makeMultiplex } from "./bench-multiplex.ts";
import { note, rounded, withTeardown, type Figure } from "./figure.ts";
import { cpuShareOf, describeResident, pidOf, whileWatched } from "./memory.ts";
import { asManyViewersOfNginx } from "./nginx-viewers.ts";
import { Viewer, channelsOf, pair, settled } from "./viewer.ts";

export const ids = ["live-cpu-ratio", "rss-16", "viewer-cpu", "viewer-cpu-ratio"] as const;

const SERVICES = 4;
const CLIENTS = 4;
/** Each client has as many playbacks as the box gives it: sixteen viewers in all. */
const PLAYBACKS = 4;
const WATCH_SECONDS = 30;
/** Less than the time after which a stream that nobody asks for ends. */
const LIVE_SECONDS = 17;
const WARM_SECONDS = 20;

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/**
 * One multiplex of 30 Mb/s, everything by default.
 * `live-cpu-ratio`: its four services live, nobody fetching, against one ffmpeg that packages all four beside us.
 * `rss-16`: sixteen viewers for 30 s. `viewer-cpu`: what each of them costs the daemon. `viewer-cpu-ratio`: against what as many
 * clients cost nginx that ask for the same files as often.
 */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("ffmpeg");
  if (missing !== false) {
    note(`rss-16 is left out, nothing makes its multiplex: ${missing}`);
    return [];
  }
  return withTeardown(async (t) => {
    const path = join(await temporaryFolder(t), "bench.ts");
    makeMultiplex(path);
    const box = await startDaemon(t, { tuner: `file:${path}` });
    const sessions: Session[] = [];
    for (let client = 0; client < CLIENTS; client++)
      sessions.push(await pair(t, box, `viewer ${client + 1}`));
    await settled(box, SERVICES);
    const channels = await channelsOf(sessions[0] as Session);
    const viewers = sessions.flatMap((session) =>
      Array.from({ length: PLAYBACKS }, (_, n) => ({ session, channel: channels[n % SERVICES]?.id ?? "" })),
    );
    const live = await liveBeside(box, viewers.slice(0, SERVICES), path);
    const many = await whileWatched(box, viewers, WATCH_SECONDS);
    describeResident("rss-16", many.resident);
    note(`rss-16: ${viewers.length} viewers received ${many.rate.toFixed(1)} Mb/s each`);
    const perViewer = (many.cpu - live.ours) / viewers.length;
    const peer = await asManyViewersOfNginx(t, viewers.length);
    note(`viewer-cpu: live ${percent(live.ours)}, with ${viewers.length} viewers ${percent(many.cpu)}`);
    return [
      {
        id: "live-cpu-ratio",
        value: rounded(live.ours * 100, 2),
        unit: "% of a core",
        goal: "ratio <= 1.0, aim 0.6",
        ratio: rounded(live.ours / live.ffmpeg),
        peer: `ffmpeg -re -c copy, four HLS: ${percent(live.ffmpeg)}`,
      },
      { id: "rss-16", value: rounded(many.resident.all, 1), unit: "MB", goal: "<= 150, aim 130" },
      { id: "viewer-cpu", value: rounded(perViewer * 100), unit: "% of a core", goal: "print" },
      ...(peer === null
        ? []
        : [
            {
              id: "viewer-cpu-ratio",
              value: rounded(perViewer * 100),
              unit: "% of a core",
              goal: "ratio <= 0.1, aim 0.05",
              ratio: rounded(perViewer / peer, 2),
              peer: `nginx secure_link, the same requests: ${rounded(peer * 100)} %`,
            },
          ]),
    ];
  });
}

/** The daemon with four live streams, and ffmpeg making the same of the same file, at the same time on the same machine. */
async function liveBeside(
  box: Daemon,
  viewers: readonly { session: Session; channel: string }[],
  path: string,
): Promise<{ ours: number; ffmpeg: number }> {
  const started: Viewer[] = [];
  for (const { session, channel } of viewers) started.push(await Viewer.start(box, session, channel));
  // What compiling the code of the first streams costs is paid once, not per stream.
  await new Promise((resolve) => setTimeout(resolve, WARM_SECONDS * 1000));
  for (const viewer of started) await viewer.firstPlaylist();
  const outputs = viewers.flatMap((_, n) => [
    ...[
      "-map",
      `0:p:${n + 1}`,
      "-c",
      "copy",
      "-bsf:a",
      "aac_adtstoasc",
      "-f",
      "hls",
      "-hls_time",
      "1",
      "-hls_list_size",
      "6",
    ],
    ...["-hls_segment_type", "fmp4", "-hls_flags", "delete_segments"],
    // Beside the playlist, whose folder it does not take over.
    ...["-hls_fmp4_init_filename", `init-${n}.mp4`, `${path}-${n}.m3u8`],
  ]);
  const input = ["-v", "error", "-re", "-i", path];
  const peer = spawn("ffmpeg", [...input, ...outputs], { stdio: ["ignore", "ignore", "pipe"] });
  const exit = once(peer, "exit");
  let errors = "";
  peer.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  if (peer.pid === undefined) throw new Error("ffmpeg cannot be started");
  const [ours, ffmpeg] = await Promise.all([
    cpuShareOf(pidOf(box), LIVE_SECONDS),
    cpuShareOf(peer.pid, LIVE_SECONDS),
  ]).catch((error: unknown) => {
    throw new Error(`ffmpeg or the daemon ended early: ${errors}`, { cause: error });
  });
  if (peer.exitCode !== null) throw new Error(`ffmpeg ended: ${errors}`);
  peer.kill("SIGKILL");
  await exit;
  for (const viewer of started) {
    // Proof that it was live all the time.
    await viewer.firstPlaylist();
    await viewer.stop();
  }
  return { ours, ffmpeg };
}
