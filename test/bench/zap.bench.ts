import { startDaemon, eventually, type Daemon } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import type { Session } from "../../src/cli/remote/session.ts";
import { ffmpegStart } from "./ffmpeg-start.ts";
import { median, note, quantile, rounded, withTeardown, type Figure } from "./figure.ts";
import { Viewer, channelsOf, pair, settled, tunersOf, type FirstPlaylist } from "./viewer.ts";

export const ids = ["zap-warm-server-p50", "zap-cold-p50"] as const;

const WARM_ZAPS = 20;
const COLD_ZAPS = 10;
const FFMPEG_STARTS = 3;
/** Spread of the random waits before a zap: one random access interval of the mock, ms. */
const PHASES_MS = 1280;
const LINEUP = 12;
/** Television of `mock-1`, and its radio, which keeps the multiplex locked while the others come and go. */
const TELEVISION = [1, 2, 3];
const RADIO = 101;
const MULTIPLEX = "mock-1";
/** Beyond lock and one random access interval, seconds. */
const COLD_MUST = 0.6;

/** sample_flags of a sample that depends on no other. @see ISO/IEC 14496-12 §8.8.3.1 */
const SYNC = 0x02000000;

const CONFIG = `http: {address: "127.0.0.1", port: 0, https: {port: 0}}
announce: {mdns: false, ssdp: off}
live: {lingerSeconds: 0}
tuners: {mock: {lockDelayMs: 10}}
`;

/**
 * `zap-warm-server-p50`: a second playback inside a locked multiplex, to a media playlist with a segment.
 * `zap-cold-p50`: a playback on a tuner that received nothing, to the last byte of the first segment, without the lock.
 */
export function run(): Promise<Figure[]> {
  return withTeardown(async (t) => {
    const box = await startDaemon(t, { config: CONFIG });
    const session = await pair(t, box, "zapper");
    const other = await pair(t, box, "radio");
    await settled(box, LINEUP);
    const byNumber = new Map((await channelsOf(session)).map(({ number, id }) => [number, id]));
    const channel = (number: number): string => byNumber.get(number) ?? "";

    const cold: { total: number; beyondLock: number; interval: number }[] = [];
    for (let zap = 0; zap < COLD_ZAPS; zap++) {
      await eventually("no tuner receives anything", async () =>
        (await tunersOf(box)).every(({ multiplex }) => multiplex === null),
      );
      await randomPhase();
      cold.push(await coldZap(box, session, channel(1)));
    }
    const coldMedian = median(cold.map(({ beyondLock }) => beyondLock));
    const interval = median(cold.map((one) => one.interval));
    note(
      `zap-cold: ${COLD_ZAPS} of ${COLD_ZAPS} started; beyond lock p50 ${coldMedian.toFixed(2)} s, p95 ${quantile(
        cold.map(({ beyondLock }) => beyondLock),
        0.95,
      ).toFixed(2)} s; with the lock p50 ${median(cold.map(({ total }) => total)).toFixed(2)} s`,
    );

    const radio = await Viewer.start(box, other, channel(RADIO));
    radio.watch();
    const warm: { total: number; answered: number }[] = [];
    for (let zap = 0; zap < WARM_ZAPS; zap++) {
      await eventually("the radio alone is on", async () => {
        const tuner = (await tunersOf(box)).find(({ multiplex }) => multiplex === MULTIPLEX);
        return tuner?.state === "streaming" && tuner.consumers.length === 1;
      });
      await randomPhase();
      warm.push(await warmZap(box, session, channel(TELEVISION[zap % TELEVISION.length] ?? 1)));
    }
    await radio.stop();
    const warmMedian = median(warm.map(({ total }) => total));
    note(
      `zap-warm-server: p95 ${quantile(
        warm.map(({ total }) => total),
        0.95,
      ).toFixed(
        2,
      )} s; the playback itself was answered after p50 ${median(warm.map(({ answered }) => answered)).toFixed(2)} s`,
    );

    const figures: Figure[] = [
      { id: "zap-warm-server-p50", value: rounded(warmMedian), unit: "s", goal: "<= 0.1, aim 0.02" },
    ];
    const coldFigure: Figure = {
      id: "zap-cold-p50",
      value: rounded(coldMedian),
      unit: "s beyond lock",
      goal: `<= ${(COLD_MUST + interval).toFixed(2)} (${COLD_MUST} and a random access interval of ${interval.toFixed(2)})`,
    };
    const missing = skipWithoutProgram("ffmpeg");
    if (missing !== false) {
      note(`zap-cold-p50 has no peer: ${missing}`);
      return [...figures, coldFigure];
    }
    const peer: number[] = [];
    for (let start = 0; start < FFMPEG_STARTS; start++) peer.push(await ffmpegStart(t, MULTIPLEX, 0x1101));
    return [
      ...figures,
      {
        ...coldFigure,
        ratio: rounded(coldMedian / median(peer)),
        peer: `ffmpeg -c copy -f hls: ${median(peer).toFixed(2)} s`,
      },
    ];
  });
}

function randomPhase(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * PHASES_MS));
}

async function warmZap(
  box: Daemon,
  session: Session,
  channel: string,
): Promise<{ total: number; answered: number }> {
  const from = performance.now();
  const viewer = await Viewer.start(box, session, channel);
  const answered = performance.now();
  const playlist = await viewer.firstPlaylist();
  const to = performance.now();
  await firstMedia(playlist);
  await viewer.stop();
  return { total: (to - from) / 1000, answered: (answered - from) / 1000 };
}

async function coldZap(
  box: Daemon,
  session: Session,
  channel: string,
): Promise<{ total: number; beyondLock: number; interval: number }> {
  const from = performance.now();
  const viewer = await Viewer.start(box, session, channel);
  const playlist = await viewer.firstPlaylist();
  await firstMedia(playlist);
  const total = (performance.now() - from) / 1000;
  const interval = await viewer.segmentDuration();
  await viewer.stop();
  const lock = viewer.playback.timings["lock"];
  if (lock === undefined) throw new Error("the playback does not say when the tuner locked");
  return { total, beyondLock: total - lock / 1000, interval };
}

/** Fetches it whole. @throws Error when a picture could not begin with it */
async function firstMedia({ begin, text }: FirstPlaylist): Promise<void> {
  if (begin === null) throw new Error(`the playlist has nothing to begin with:\n${text}`);
  const response = await fetch(begin);
  const data = Buffer.from(await response.arrayBuffer());
  const run = data.indexOf("trun");
  // Version and flags, count, data offset; then duration, size and flags of the first sample.
  if (response.status !== 200 || run < 0 || data.readUInt32BE(run + 4 + 12 + 8) !== SYNC)
    throw new Error(`${begin.pathname} does not begin at a random access point (${response.status})`);
}
