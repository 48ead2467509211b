import { Histogram } from "../../kernel/histogram.ts";
import type { Metric } from "../../kernel/prometheus.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { PlaybackReport } from "../../protocol/api.ts";
import type { PlaybackEntry } from "./running-playback.ts";

/** Upper bounds of zaps and starts, seconds; the goals lie between them. */
const BOUNDS = [0.1, 0.25, 0.5, 0.8, 1, 1.5, 2, 3.5, 5, 10, 20];
/** What is told above this for a second of playing is not believed. */
const STALLS_A_SECOND = 10;
const FRAMES_A_SECOND = 130;
/** Seconds that a report may be ahead of the box: the picture may have been buffered. */
const AHEAD = 30;

const COUNTED = ["stalls", "stalledSeconds", "frames", "droppedFrames"] as const;
type Counted = (typeof COUNTED)[number];
type Place = "home" | "away";
type Reported = Pick<PlaybackEntry, "home" | "warm" | "report" | "startedMonotonic">;

const NAMES: Readonly<Record<Counted, readonly [name: string, help: string]>> = {
  stalls: ["stalls_total", "Times that the picture stood still at a client."],
  stalledSeconds: ["stalled_seconds_total", "Time that pictures stood still at clients."],
  frames: ["frames_total", "Pictures shown or dropped by clients."],
  droppedFrames: ["dropped_frames_total", "Pictures dropped by clients."],
};

/** Sums of what clients say of their playbacks. It is their word: nothing is decided by it. */
export class ClientFigures {
  readonly #starts = new Histogram(BOUNDS);
  readonly #zaps = new Histogram(BOUNDS);
  readonly #sums: Readonly<Record<Place, Record<Counted, number>>> = { home: none(), away: none() };

  /** Adds what a report says beyond the one before. @param now monotonic ms */
  add(
    { home, warm, report: before, startedMonotonic }: Reported,
    report: PlaybackReport,
    now: Milliseconds,
  ): void {
    const place: Place = home ? "home" : "away";
    const most = mostAfter((now - startedMonotonic) / 1000);
    for (const name of COUNTED) {
      const known = Math.min(before?.[name] ?? 0, most[name]);
      this.#sums[place][name] += Math.max(0, Math.min(report[name], most[name]) - known);
    }
    const { start } = report;
    if (start === undefined || before?.start !== undefined) return;
    if (start.kind === "start") this.#starts.observe(start.seconds, { place });
    else this.#zaps.observe(start.seconds, { multiplex: warm ? "received" : "tuned", place });
  }

  metrics(): Metric[] {
    return [
      {
        name: "tellyport_client_start_seconds",
        type: "histogram",
        help: "From the touch to the first picture, where nothing was watched before.",
        samples: this.#starts.samples(),
      },
      {
        name: "tellyport_client_zap_seconds",
        type: "histogram",
        help: "From the touch to the next channel's first picture; `multiplex`: whether it was received already.",
        samples: this.#zaps.samples(),
      },
      ...COUNTED.map((counted): Metric => {
        const [name, help] = NAMES[counted];
        return {
          name: `tellyport_client_${name}`,
          type: "counter",
          help,
          samples: (["home", "away"] as const).map((place) => ({
            labels: { place },
            value: this.#sums[place][counted],
          })),
        };
      }),
    ];
  }
}

function none(): Record<Counted, number> {
  return { stalls: 0, stalledSeconds: 0, frames: 0, droppedFrames: 0 };
}

function mostAfter(seconds: number): Record<Counted, number> {
  const time = Math.max(0, seconds) + AHEAD;
  const frames = Math.ceil(time * FRAMES_A_SECOND);
  return { stalls: Math.ceil(time * STALLS_A_SECOND), stalledSeconds: time, frames, droppedFrames: frames };
}
