import { monitorEventLoopDelay, type IntervalHistogram } from "node:perf_hooks";
import type { FastifyPluginAsync } from "fastify";
import type { Component } from "../kernel/lifecycle.ts";
import { OWNER } from "../protocol/access.ts";
import type { Tuners, TunerSnapshot } from "./ports.ts";
import { expose, EXPOSITION_TYPE, type Metric } from "../kernel/prometheus.ts";
import type { SignalLevel } from "./signal-verdict.ts";

/** Each of them has a sample for each tuner, 1 for the one it is in: so they can be counted. */
const STATES: readonly TunerSnapshot["state"][] = [
  "idle",
  "tuning",
  "locked",
  "streaming",
  "degraded",
  "failed",
];
const LEVELS: readonly SignalLevel[] = ["none", "poor", "fair", "good"];

/** What the process itself needs. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly cpuSeconds: number;
  readonly uptimeSeconds: number;
  /** How late the event loop came, since it was last asked: mean, and the 99th of hundred. */
  readonly eventLoopLagSeconds: { readonly mean: number; readonly p99: number };
}

export interface MetricsDeps {
  readonly tuners: Tuners;
  /** Figures of other rooms: name and help, and what it is now; a `counter` only goes up. */
  readonly gauges?: readonly {
    readonly name: string;
    readonly help: string;
    readonly type?: "gauge" | "counter";
    readonly read: () => number;
  }[];
  /** Further metrics of other rooms, with labels of their own. */
  readonly further?: () => readonly Metric[];
  /** Default: of this process. */
  readonly figures?: () => ProcessFigures;
}

/** `GET /metrics` for owners, the box's own socket among them, and what measures the event loop while the daemon runs. */
export function createMetrics(deps: MetricsDeps): Component & { readonly routes: FastifyPluginAsync } {
  let delay: IntervalHistogram | null = null;
  const figures = deps.figures ?? (() => figuresOf(delay));
  return {
    name: "metrics",
    start() {
      delay = monitorEventLoopDelay({ resolution: 20 });
      delay.enable();
    },
    stop() {
      delay?.disable();
      delay = null;
    },
    routes: async (app) => {
      app.get("/metrics", { config: { access: OWNER }, schema: { hide: true } }, async (_request, reply) =>
        reply
          .header("content-type", EXPOSITION_TYPE)
          .header("cache-control", "no-store")
          .send(
            expose([
              ...tunerMetrics(deps.tuners.snapshot()),
              ...processMetrics(figures()),
              ...(deps.gauges ?? []).map(({ name, help, type = "gauge", read }): Metric => ({
                name,
                help,
                type,
                samples: [{ value: read() }],
              })),
              ...(deps.further?.() ?? []),
            ]),
          ),
      );
    },
  };
}

/** What is told of each tuner. */
export function tunerMetrics(tuners: readonly TunerSnapshot[]): Metric[] {
  const metric = (
    name: string,
    type: Metric["type"],
    help: string,
    value: (tuner: TunerSnapshot) => number | null,
  ): Metric => ({
    name: `tellyport_tuner_${name}`,
    type,
    help,
    samples: tuners.map((tuner) => ({ labels: { tuner: tuner.id }, value: value(tuner) })),
  });
  const oneOf = (
    name: string,
    label: string,
    help: string,
    all: readonly string[],
    now: (tuner: TunerSnapshot) => string | null,
  ): Metric => ({
    name: `tellyport_tuner_${name}`,
    type: "gauge",
    help,
    samples: tuners.flatMap((tuner) =>
      all.map((each) => ({
        labels: { tuner: tuner.id, [label]: each },
        value: now(tuner) === each ? 1 : 0,
      })),
    ),
  });
  return [
    {
      name: "tellyport_tuner_info",
      type: "gauge",
      help: "The tuners, by name and by what they receive; always 1.",
      samples: tuners.map(({ id, name, multiplex }) => ({
        labels: { tuner: id, name, multiplex: multiplex ?? "" },
        value: 1,
      })),
    },
    oneOf("state", "state", "What the tuner does: 1 for its state.", STATES, ({ state }) => state),
    metric("lock", "gauge", "Whether the signal is locked.", ({ signal }) =>
      signal === null ? 0 : Number(signal.locked),
    ),
    oneOf(
      "signal_level",
      "level",
      "What the signal means for the picture: 1 for its level.",
      LEVELS,
      (tuner) => (tuner.verdict === undefined || tuner.verdict === null ? null : tuner.verdict.level),
    ),
    metric("strength_dbm", "gauge", "Signal strength.", ({ signal }) => signal?.strength ?? null),
    metric("cnr_db", "gauge", "Carrier to noise.", ({ signal }) => signal?.cnr ?? null),
    metric("quality_ratio", "gauge", "Relative quality, 0 to 1.", ({ signal }) => signal?.quality ?? null),
    metric(
      "bit_error_ratio",
      "gauge",
      "Bit errors after the inner decoder.",
      ({ signal }) => signal?.bitErrorRatio ?? null,
    ),
    metric(
      "uncorrected_blocks",
      "gauge",
      "Blocks that could not be corrected since the lock.",
      ({ signal }) => signal?.uncorrectedBlocks ?? null,
    ),
    metric("packets_total", "counter", "Transport packets received.", ({ counters }) => counters.packets),
    metric(
      "packets_scanned_total",
      "counter",
      "Transport packets looked at.",
      ({ counters }) => counters.packetsScanned,
    ),
    metric(
      "continuity_errors_total",
      "counter",
      "Packets missing by their continuity counters.",
      ({ counters }) => counters.continuityErrors,
    ),
    metric(
      "transport_errors_total",
      "counter",
      "Packets with transport_error_indicator.",
      ({ counters }) => counters.transportErrors,
    ),
    metric(
      "overflows_total",
      "counter",
      "Times that packets were lost on the way.",
      ({ counters }) => counters.overflows,
    ),
    metric(
      "sync_losses_total",
      "counter",
      "Times that the packets were lost sight of.",
      ({ counters }) => counters.syncLosses,
    ),
    metric("consumers", "gauge", "Who uses what the tuner receives.", ({ consumers }) => consumers.length),
  ];
}

function processMetrics(figures: ProcessFigures): Metric[] {
  const one = (name: string, type: Metric["type"], help: string, value: number): Metric => ({
    name,
    type,
    help,
    samples: [{ value }],
  });
  return [
    one("process_resident_memory_bytes", "gauge", "Resident memory.", figures.residentBytes),
    one("nodejs_heap_size_used_bytes", "gauge", "Heap in use.", figures.heapBytes),
    one("process_cpu_seconds_total", "counter", "Processor time.", figures.cpuSeconds),
    one("tellyport_uptime_seconds", "gauge", "Time since the daemon's start.", figures.uptimeSeconds),
    one(
      "nodejs_eventloop_lag_mean_seconds",
      "gauge",
      "How late the event loop came since it was last asked, in the mean.",
      figures.eventLoopLagSeconds.mean,
    ),
    one(
      "nodejs_eventloop_lag_p99_seconds",
      "gauge",
      "How late the event loop came since it was last asked, 99th of hundred.",
      figures.eventLoopLagSeconds.p99,
    ),
  ];
}

/** The histogram measures the whole sleep: what is beyond its resolution is the lag. */
function figuresOf(delay: IntervalHistogram | null): ProcessFigures {
  const memory = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const lag = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - 0.02) : 0;
  const eventLoopLagSeconds =
    delay === null || delay.count === 0
      ? { mean: 0, p99: 0 }
      : { mean: lag(delay.mean), p99: lag(delay.percentile(99)) };
  delay?.reset();
  return {
    residentBytes: memory.rss,
    heapBytes: memory.heapUsed,
    cpuSeconds: (user + system) / 1e6,
    uptimeSeconds: process.uptime(),
    eventLoopLagSeconds,
  };
}
