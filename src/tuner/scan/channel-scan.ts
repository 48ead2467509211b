import type { Clock } from "../../kernel/clock.ts";
import { isTellyportError, messageOf, TellyportError } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { Log } from "../../kernel/log.ts";
import type { Scan, ScanOptions, ScanProgress, ScanRequest } from "../../protocol/api.ts";
import type { Multiplex, Receiver, Tuners } from "../ports.ts";
import type { LineUpStore } from "../store.ts";
import { applyScan } from "./apply.ts";
import { describePlace } from "../place.ts";
import { describeDiff, describeService, frequencyOf } from "./describe.ts";
import { LineUpKeeper } from "./line-up-keeper.ts";
import { sameMultiplex } from "./same-multiplex.ts";
import { countKinds, scan, type MultiplexResult } from "./scanner.ts";
import { scanOptions } from "./scan-options.ts";
import { scanTargets } from "./targets.ts";

export interface ChannelScanDeps {
  readonly tuners: Tuners & Receiver;
  readonly store: LineUpStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Visits at a time, at most; default 8. */
  readonly parallel?: number;
}

const IDLE: Scan = {
  state: "idle",
  dryRun: false,
  percent: 0,
  done: 0,
  total: 0,
  found: { tv: 0, radio: 0, data: 0 },
  current: [],
  signal: null,
  error: null,
  multiplexes: [],
  services: null,
  diff: null,
};

/**
 * The box's channel scan, one at a time, and the line-up that it keeps. A scan that is cancelled, or that found no tuner for
 * anything, changes nothing.
 */
export class ChannelScan implements Component {
  readonly name = "channel-scan";
  readonly #deps: ChannelScanDeps;
  readonly #keeper: LineUpKeeper;
  readonly #progress: Emitter<ScanProgress>;
  #scan: Scan = IDLE;
  #startedAt: number | null = null;
  #abort = new AbortController();
  #running: Promise<void> | null = null;

  constructor(deps: ChannelScanDeps) {
    this.#deps = deps;
    this.#keeper = new LineUpKeeper(deps);
    this.#progress = new Emitter((error) => deps.log.error({ err: error }, "scan-listener-failed"));
  }

  /** Gives the tuners what was known. */
  start(): void {
    this.#keeper.start();
  }

  async stop(): Promise<void> {
    await this.cancel();
    this.#keeper.stop();
  }

  /** The scan that runs, or the last one. */
  state(): Scan {
    return { ...this.#scan, startedAt: iso(this.#startedAt), scannedAt: iso(this.#scannedAt()) };
  }

  /** What a scan can begin with. @param accepts whether a tuner that is there could receive a multiplex */
  options(accepts: (multiplex: Multiplex) => boolean): ScanOptions {
    return scanOptions(this.#known(), this.#deps.tuners.services().length, accepts);
  }

  #scannedAt(): number | null {
    try {
      return this.#deps.store.scannedAt();
    } catch (error) {
      this.#deps.log.error({ error: messageOf(error) }, "scan-time-not-read");
      return null;
    }
  }

  on(listener: (progress: ScanProgress) => void): () => void {
    return this.#progress.on(listener);
  }

  /**
   * Begins a scan; returns at once.
   * @throws TellyportError `scan-running`, `scan-target-unknown`, `initial-table-invalid`
   */
  begin(request: ScanRequest): Scan {
    if (this.#running !== null)
      throw new TellyportError(
        "scan-running",
        "A channel scan runs already: wait for its end, or cancel it with `tellyport scan --cancel`.",
      );
    this.#keeper.learn();
    const known = this.#known();
    const targets = scanTargets(request, known);
    this.#abort = new AbortController();
    this.#set({ ...IDLE, state: "running", dryRun: request.dryRun ?? false, total: targets.length });
    this.#startedAt = this.#deps.clock.now();
    this.#running = this.#run(request, targets, known).finally(() => (this.#running = null));
    return this.state();
  }

  /** Resolves when none runs any more. */
  async ended(): Promise<Scan> {
    await this.#running;
    return this.state();
  }

  /** Ends the scan that runs, if one does; what it has found is dropped. */
  async cancel(): Promise<Scan> {
    this.#abort.abort(new TellyportError("request-cancelled", "The channel scan was cancelled."));
    return await this.ended();
  }

  /** The tuners' own, and those of earlier scans, also those that are not received any more. */
  #known(): readonly Multiplex[] {
    const listed = this.#deps.tuners.multiplexes();
    const remembered = this.#keeper.lineUp.multiplexes.map(({ multiplex }) => multiplex);
    return [
      ...listed,
      ...remembered.filter((one) => listed.every(({ delivery }) => !sameMultiplex(delivery, one.delivery))),
    ];
  }

  async #run(
    request: ScanRequest,
    targets: readonly Multiplex[],
    known: readonly Multiplex[],
  ): Promise<void> {
    const { tuners, clock, log, parallel } = this.#deps;
    const { signal } = this.#abort;
    const before = this.#keeper.lineUp;
    try {
      const results = await scan(
        {
          multiplexes: targets,
          known,
          follow: request.follow ?? true,
          ...(parallel !== undefined && { parallel }),
        },
        {
          receiver: tuners,
          clock,
          signal,
          progress: (progress) =>
            this.#set({
              ...this.#scan,
              ...progress,
              current: progress.current.map(({ id }) => id),
              places: progress.current.map(describePlace),
              signal: shown(progress.signal),
            }),
          visited: (result) =>
            this.#set(
              { ...this.#scan, multiplexes: [...this.#scan.multiplexes, describeResult(result)] },
              false,
            ),
        },
      );
      if (signal.aborted) {
        this.#set({ ...this.#scan, state: "cancelled", current: [], places: [], waiting: false });
        return;
      }
      refuseNothing(results);
      const { lineUp, diff } = applyScan(before, results, clock.now());
      if (request.dryRun !== true) {
        this.#keeper.replace(lineUp);
        this.#noteTime();
      }
      const visited = new Set(
        results.flatMap(({ services }) => services.map(({ multiplex }) => multiplex.id)),
      );
      const found = lineUp.services.filter(
        ({ service, goneSince }) => goneSince === null && wasVisited(service.multiplex, results, visited),
      );
      this.#set({
        ...this.#scan,
        state: "finished",
        percent: 100,
        current: [],
        places: [],
        waiting: false,
        found: countKinds(found.map(({ service }) => service)),
        services: found.map(({ service }) => describeService(service)),
        diff: describeDiff(diff),
      });
      log.info(
        {
          multiplexes: results.length,
          added: diff.added.length,
          gone: diff.gone.length,
          dryRun: request.dryRun ?? false,
        },
        "scan-finished",
      );
    } catch (error) {
      const expected = isTellyportError(error);
      const code = expected ? error.code : "internal";
      if (expected) log.warn({ code, error: error.message }, "scan-failed");
      else log.error({ err: error }, "scan-failed");
      this.#set({ ...this.#scan, state: "failed", current: [], places: [], waiting: false, error: code });
    }
  }

  /** A full disk costs the time of the scan, and not the scan. */
  #noteTime(): void {
    const { store, clock, log } = this.#deps;
    try {
      store.saveScannedAt(clock.now());
    } catch (error) {
      log.error({ error: messageOf(error) }, "scan-time-not-saved");
    }
  }

  #set(scan: Scan, tell = true): void {
    this.#scan = scan;
    if (!tell) return;
    const { multiplexes: _multiplexes, services: _services, diff: _diff, ...progress } = scan;
    this.#progress.emit(progress);
  }
}

/** @throws TellyportError when no multiplex could even be tried */
function refuseNothing(results: readonly MultiplexResult[]): void {
  for (const code of ["unsupported", "no-tuner-free", "device-busy", "device-gone"] as const)
    if (results.length > 0 && results.every(({ outcome }) => outcome === code))
      throw new TellyportError(
        code,
        code === "unsupported"
          ? "No tuner of this box can receive what was asked for: name another system."
          : code === "device-gone"
            ? "No tuner answers: `tellyport doctor` says why."
            : "Every tuner is in use: end what is being watched (`tellyport tuners` shows it), or scan again later.",
      );
}

function wasVisited(
  multiplex: Multiplex,
  results: readonly MultiplexResult[],
  ids: ReadonlySet<string>,
): boolean {
  if (ids.has(multiplex.id)) return true;
  return results.some(
    (result) => result.services.length > 0 && sameMultiplex(result.multiplex.delivery, multiplex.delivery),
  );
}

function describeResult({ multiplex, outcome, services }: MultiplexResult): Scan["multiplexes"][number] {
  const { id, delivery } = multiplex;
  return {
    id,
    place: describePlace(multiplex),
    system: delivery.system,
    frequency: frequencyOf(delivery),
    outcome,
    services: services.length,
  };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function shown(signal: MultiplexResult["signal"]): Scan["signal"] {
  return signal === null ? null : { strength: signal.strength, cnr: signal.cnr };
}
