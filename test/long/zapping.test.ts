import { readFileSync, readdirSync } from "node:fs";
import t from "tap";
import type { Session } from "../../src/cli/remote/session.ts";
import { isTellyportError } from "../../src/kernel/errors.ts";
import { channelsOf, pair, settled } from "../bench/viewer.ts";
import { startDaemon, type Daemon } from "../helpers/daemon.ts";
import { lasting, sleep } from "./lasting.ts";
import { PartReader, Refused, renditionsOf } from "./part-reader.ts";
import { play } from "./playing.ts";

/** An hour shows a leak of a megabyte an hour; ten minutes one of ten. */
const SECONDS = lasting(3600);
const CLIENTS = 8;
const CHANNELS = 12;
/** A viewer stays on a channel so long at most; ms. */
const STAY = 6000;
/** Between two readings; ms. */
const PERIOD = Math.min(10_000, (SECONDS * 1000) / 40);
/** What memory may grow by in the second half, bytes in all: noise of a heap that is collected now and then. */
const MOST_GROWTH = 12 * 2 ** 20;
/** Descriptors come and go with viewers; their trend over the second half is not more. */
const MOST_DESCRIPTORS = 4;

/** What is no fault: the tuners are two, and eight viewers want three multiplexes. */
const BUSY = new Set(["no-tuner-free", "displaced", "playback-ended", "request-cancelled"]);

interface Reading {
  /** Seconds. */
  readonly at: number;
  /** Bytes. */
  readonly resident: number;
  readonly descriptors: number;
}

function reading(pid: number, from: number): Reading {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    at: (performance.now() - from) / 1000,
    resident: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** Growth per second of a line through the readings (least squares). */
function slope(readings: readonly Reading[], value: (one: Reading) => number): number {
  const mean = (of: (one: Reading) => number): number =>
    readings.reduce((sum, one) => sum + of(one), 0) / readings.length;
  const [at, level] = [mean((one) => one.at), mean(value)];
  const over = readings.reduce((sum, one) => sum + (one.at - at) * (value(one) - level), 0);
  return over / readings.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
}

class Zapper {
  zaps = 0;
  refused = 0;
  ended = 0;
  parts = 0;
  bytes = 0;
  readonly faults: string[] = [];

  /** Chooses one channel after another until the signal. */
  async zap(
    box: Daemon,
    session: Session,
    channels: readonly { id: string; name: string }[],
    until: AbortSignal,
  ): Promise<void> {
    while (!until.aborted) {
      const channel = channels[Math.floor(Math.random() * channels.length)]!;
      try {
        const playing = await play(box, session, channel.id);
        this.zaps++;
        // By hand: of `AbortSignal.any` with a timeout nothing may be left in the end that holds the timer.
        const leave = new AbortController();
        const away = (): void => leave.abort();
        const timer = setTimeout(away, Math.random() * STAY);
        until.addEventListener("abort", away);
        await this.#watch(playing.url, leave.signal).finally(() => {
          clearTimeout(timer);
          until.removeEventListener("abort", away);
        });
        await playing.stop();
      } catch (error) {
        if (isTellyportError(error) && BUSY.has(error.code)) this.refused++;
        else this.faults.push(`${channel.name}: ${describe(error)}`);
        await sleep(200);
      }
    }
  }

  async #watch(url: string, until: AbortSignal): Promise<void> {
    const reader = new PartReader();
    try {
      const renditions = await renditionsOf(reader, url);
      await Promise.all(
        renditions.map((rendition) =>
          reader.follow(rendition, until, ({ answer }) => {
            this.parts++;
            this.bytes += answer.body.length;
          }),
        ),
      );
    } catch (error) {
      // Who comes after may take the tuner: that is told with 410, and is how zapping is.
      if (error instanceof Refused && error.status === 410) this.ended++;
      else throw error;
    } finally {
      reader.close();
    }
  }
}

const describe = (error: unknown): string =>
  isTellyportError(error) ? `${error.code} ${error.message}` : String(error);

t.test(
  `zapping: ${CLIENTS} clients for ${SECONDS} s, without a leak and without an internal error`,
  { timeout: (SECONDS + 300) * 1000 },
  async (t) => {
    const box = await startDaemon(t);
    await settled(box, CHANNELS);
    // One after the other: few codes may be open at a time.
    const sessions: Session[] = [];
    for (let i = 1; i <= CLIENTS; i++) sessions.push(await pair(t, box, `zapper ${i}`));
    const channels = (await channelsOf(sessions[0]!)).filter(({ scrambled }) => !scrambled);
    const over = AbortSignal.timeout(SECONDS * 1000);
    const zappers = sessions.map(() => new Zapper());
    const from = performance.now();
    const readings: Reading[] = [];
    const timer = setInterval(() => readings.push(reading(box.child.pid!, from)), PERIOD);
    await Promise.all(zappers.map((zapper, i) => zapper.zap(box, sessions[i]!, channels, over)));
    clearInterval(timer);

    const sum = (of: (one: Zapper) => number): number => zappers.reduce((all, one) => all + of(one), 0);
    const half = readings.slice(Math.floor(readings.length / 2));
    const seconds = half.at(-1)!.at - half[0]!.at;
    const grown = slope(half, ({ resident }) => resident) * seconds;
    const opened = slope(half, ({ descriptors }) => descriptors) * seconds;
    const megabytes = readings.map(({ resident }) => (resident / 2 ** 20).toFixed(0));
    t.comment(`MiB: ${megabytes.join(" ")}`);
    t.comment(`descriptors: ${readings.map(({ descriptors }) => descriptors).join(" ")}`);
    t.comment(
      `${sum((one) => one.zaps)} zaps, ${sum((one) => one.refused)} refused for want of a tuner, ` +
        `${sum((one) => one.ended)} taken by others, ${sum((one) => one.parts)} parts, ` +
        `${(sum((one) => one.bytes) / 1e6).toFixed(0)} MB; second half: ${(grown / 2 ** 20).toFixed(1)} MiB ` +
        `and ${opened.toFixed(1)} descriptors in ${seconds.toFixed(0)} s`,
    );
    t.same(
      zappers.flatMap(({ faults }) => faults),
      [],
      "nothing but what a busy box says",
    );
    const internal = box.log.filter(({ level }) => Number(level) >= 50);
    t.same(internal, [], "no error in its log");
    t.ok(sum((one) => one.zaps) > (CLIENTS * SECONDS) / 20, "they did zap");
    t.ok(grown <= MOST_GROWTH, `${(grown / 2 ** 20).toFixed(1)} MiB in the second half`);
    t.ok(opened <= MOST_DESCRIPTORS, `${opened.toFixed(1)} descriptors in the second half`);
    await sleep(25_000);
    const rest = reading(box.child.pid!, from);
    t.comment(`at rest: ${(rest.resident / 2 ** 20).toFixed(0)} MiB, ${rest.descriptors} descriptors`);
    t.ok(
      rest.descriptors <= Math.min(...readings.map(({ descriptors }) => descriptors)) + 2,
      "all are closed",
    );
  },
);
