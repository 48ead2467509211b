import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import type { Multiplex, TunerSource } from "../../ports.ts";
import { TICKS_PER_SECOND } from "./broadcaster.ts";
import { COUNTER_VALUES } from "./counter-geometry.ts";
import { faultsOf, type MockFault, type MockFaultKind, type MockOptions } from "./faults.ts";
import { LINEUP } from "./lineup.ts";
import { loadLoops } from "./loops.ts";
import { MockTuner, type Air } from "./mock-tuner.ts";
import { Transmitter } from "./transmitter.ts";

export { MockFault, MockOptions, type MockFaultKind } from "./faults.ts";
export { mockRoutes } from "./routes.ts";
export { writeMultiplex, type WriteOptions } from "./write-multiplex.ts";
export { loadLoops, type Loops } from "./loops.ts";

export interface MockSourceOptions {
  readonly clock: Clock;
  /** Folder of loops.json and its loops. */
  readonly loopsFolder: string;
  /** When the broadcasts began, epoch milliseconds. Default: the present day's midnight, UTC. */
  readonly startsAt?: number;
  /** What is wrong from the beginning. Default: nothing. */
  readonly faults?: MockOptions;
}

/** A value of the picture's counter and when its access unit had been sent completely, epoch milliseconds. */
export interface CounterEntry {
  readonly counter: number;
  readonly at: number;
}

/** What is on air now; the base of every measurement of latency. */
export interface OnAir extends CounterEntry {
  /** The counter counts modulo this. */
  readonly frames: number;
  readonly frameMs: number;
  /** The last values, the latest first. */
  readonly entries: readonly CounterEntry[];
}

/** Everything about the mock that a real tuner does not have. */
export interface MockControl {
  /**
   * @param serviceId service_id
   * @throws TellyportError `service-not-on-air` when there is no such service, or it has no picture
   */
  onAir(multiplexId: string, serviceId: number): OnAir;
  /**
   * Sets a fault, in place of one of the same kind for the same target.
   * @throws TellyportError `body-invalid` when it names a multiplex, service or tuner that there is not
   */
  setFault(fault: MockFault): void;
  /** Ends the lasting faults of one kind, or all. Events that have happened stay. */
  clear(kind?: MockFaultKind): void;
  /** The lasting faults. */
  faults(): readonly MockFault[];
}

export interface MockSource extends TunerSource {
  readonly control: MockControl;
}

const LOCK_DELAY = 150;
const NO_LOCK_AFTER = 1500;
const TICKS_PER_MS = TICKS_PER_SECOND / 1000;
const REPORTED = 64;
const DAY = 86_400_000;

/**
 * The mock: two tuners before a small network of three multiplexes, and a fourth that never locks.
 * @throws TellyportError `source-missing` when the loops cannot be read
 */
export function createMockSource(options: MockSourceOptions): MockSource {
  const { clock, faults: initial = {} } = options;
  const { lockDelayMs = LOCK_DELAY, noLockAfterMs = NO_LOCK_AFTER } = initial;
  const startsAt = options.startsAt ?? Math.floor(clock.now() / DAY) * DAY;
  const loops = loadLoops(options.loopsFolder);
  const transmitters = new Map<string, Transmitter | null>();
  for (const multiplex of LINEUP) {
    const dead = multiplex.dead === true;
    transmitters.set(multiplex.id, dead ? null : new Transmitter({ clock, multiplex, loops, startsAt }));
  }

  let faults: MockFault[] = [];
  const lasting = <K extends MockFaultKind>(
    kind: K,
    target: string,
  ): Extract<MockFault, { kind: K }> | undefined =>
    faults.findLast(
      (one): one is Extract<MockFault, { kind: K }> =>
        one.kind === kind && (targetOf(one) === undefined || targetOf(one) === target),
    );
  const air: Air = {
    transmitter: ({ id, delivery }) => (delivery.system === "mock" ? transmitters.get(id) : undefined),
    lockDelay: (id) => lasting("lock-delay", id)?.ms ?? lockDelayMs,
    noLockAfter: noLockAfterMs,
    jammed: (id) => lasting("no-lock", id) !== undefined,
    unplugged: (id) => lasting("unplugged", id) !== undefined,
  };
  const tuners = ["mock-0", "mock-1"].map((id, n) => new MockTuner(id, `Mock tuner ${n + 1}`, clock, air));

  const apply = (): void => {
    for (const [id, transmitter] of transmitters) {
      if (transmitter === null) continue;
      const ratings = new Map<number, number>();
      for (const one of faults) {
        if (one.kind !== "rating" || (one.multiplex ?? id) !== id) continue;
        for (const { id: service } of transmitter.broadcaster.multiplex.services)
          if ((one.service ?? service) === service) ratings.set(service, one.years);
      }
      transmitter.broadcaster.rate(ratings);
      const loss = lasting("packet-loss", id);
      const skips = lasting("continuity-errors", id);
      transmitter.silent = lasting("no-data", id) !== undefined;
      transmitter.losePackets(loss?.ratio ?? 0, loss?.seed ?? 1);
      transmitter.skipCounters(skips?.ratio ?? 0, skips?.seed ?? 1);
    }
    for (const tuner of tuners) if (air.unplugged(tuner.id)) tuner.pullOut();
  };

  /** @returns the transmitters that a fault is about */
  const targets = (id: string | undefined): Transmitter[] => {
    if (id !== undefined && !transmitters.has(id)) throw unknown(`multiplex "${id}"`);
    const chosen = id === undefined ? [...transmitters.values()] : [transmitters.get(id) ?? null];
    return chosen.filter((one) => one !== null);
  };

  const control: MockControl = {
    onAir(multiplexId, serviceId) {
      const transmitter = transmitters.get(multiplexId);
      const now = transmitter?.now() ?? 0;
      const shown = transmitter?.broadcaster.shown(serviceId, now, REPORTED) ?? [];
      // Broadcast time never jumps; the wall clock that the report is in may.
      const entries = shown.map(({ counter, at }) => ({
        counter,
        at: clock.now() - (now - at) / TICKS_PER_MS,
      }));
      const [latest] = entries;
      if (latest === undefined) {
        throw new TellyportError(
          "service-not-on-air",
          `${multiplexId} shows no picture of a service ${serviceId}.`,
        );
      }
      return { ...latest, frames: COUNTER_VALUES, frameMs: 40, entries };
    },
    setFault(fault) {
      switch (fault.kind) {
        case "clock-jump":
          for (const one of targets(fault.multiplex))
            one.broadcaster.jumpClock(fault.seconds * TICKS_PER_SECOND);
          return;
        case "pmt-change": {
          const changed = targets(fault.multiplex).map((one) =>
            one.broadcaster.changePmt(fault.service, fault.audioShift),
          );
          if (!changed.includes(true)) throw unknown(`service ${fault.service}`);
          return;
        }
        case "rating": {
          const services = targets(fault.multiplex).flatMap((one) => one.broadcaster.multiplex.services);
          if (!services.some(({ id }) => id === (fault.service ?? id)))
            throw unknown(`service ${fault.service}`);
          break;
        }
        case "unplugged":
          if (fault.tuner !== undefined && !tuners.some((one) => one.id === fault.tuner))
            throw unknown(`tuner "${fault.tuner}"`);
          break;
        default:
          targets(fault.multiplex);
      }
      faults = faults.filter((one) => one.kind !== fault.kind || targetOf(one) !== targetOf(fault));
      faults.push(fault);
      apply();
    },
    clear(kind) {
      faults = kind === undefined ? [] : faults.filter((one) => one.kind !== kind);
      apply();
    },
    faults: () => faults,
  };
  for (const fault of faultsOf(initial)) control.setFault(fault);

  const multiplexes: Multiplex[] = LINEUP.map(({ id, index }) => ({
    id,
    delivery: { system: "mock", index },
  }));
  return { drivers: tuners, multiplexes, control };
}

const targetOf = (fault: MockFault): string | undefined =>
  fault.kind === "unplugged" ? fault.tuner : fault.multiplex;

const unknown = (what: string): TellyportError =>
  new TellyportError("body-invalid", `The mock has no ${what}.`);
