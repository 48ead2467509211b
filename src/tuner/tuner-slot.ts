import type { Timer } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { MuxSession } from "./mux-session.ts";
import { describePlace } from "./place.ts";
import { judgeSignal } from "./signal-verdict.ts";
import type { Multiplex, Service, TunerDriver, TunerSnapshot } from "./ports.ts";
import { restAfter } from "./recovery.ts";

type Counters = TunerSnapshot["counters"];

/** One tuner and what it does now. */
export interface Slot {
  readonly driver: TunerDriver;
  /** Ids of the listed multiplexes that it could receive. */
  accepts: ReadonlySet<string>;
  session: MuxSession | null;
  /** When the session's last consumer came. */
  since: number;
  linger: Timer | null;
  error: ErrorCode | null;
  /** Times that it failed since it last gave a stream. */
  failures: number;
  /** What it failed with last, as long as it has failures. */
  failedWith: ErrorCode | null;
  /** Of the first of them, monotonic ms. */
  failedAt: number;
  /** Not used before this, monotonic ms. */
  restsUntil: number;
  /** Resolved when the driver was let go. */
  closing: Promise<void>;
  /** What it received last: some of it may still be in the device. */
  last: { readonly multiplex: string; readonly transportStreamId: number } | null;
  /** Of earlier sessions. */
  counted: Counters;
}

export function makeSlot(driver: TunerDriver, multiplexes: Iterable<Multiplex>): Slot {
  return {
    driver,
    accepts: acceptedBy(driver, multiplexes),
    session: null,
    since: 0,
    linger: null,
    error: null,
    failures: 0,
    failedWith: null,
    failedAt: -1,
    restsUntil: -1,
    closing: Promise.resolve(),
    last: null,
    counted: {
      packets: 0,
      packetsScanned: 0,
      continuityErrors: 0,
      transportErrors: 0,
      overflows: 0,
      syncLosses: 0,
    },
  };
}

/** It failed: others are taken before it, and it is left alone for a moment. @param now monotonic ms */
export function noteFailure(slot: Slot, code: ErrorCode, now: number): void {
  slot.error = code;
  slot.failedWith = code;
  if (slot.failures++ === 0) slot.failedAt = now;
  slot.restsUntil = now + restAfter(slot.failures);
}

/** Its device did not answer when last asked, and has not proved since that it is back. */
export function isGone({ failures, failedWith }: Slot): boolean {
  return failures > 0 && failedWith === "device-gone";
}

export function acceptedBy(driver: TunerDriver, multiplexes: Iterable<Multiplex>): Set<string> {
  return new Set([...multiplexes].filter((each) => driver.accepts(each)).map((each) => each.id));
}

/** @param services of its multiplex @param surveyed whether the survey is among the consumers */
export function describeSlot(slot: Slot, services: readonly Service[], surveyed: boolean): TunerSnapshot {
  const { driver, session } = slot;
  const signal = session === null ? null : driver.signal();
  const feeds = session === null ? [] : [...session.feeds].map((feed) => feed.request.consumer);
  const visits = session === null ? [] : [...session.visits].map((visit) => visit.consumer);
  const consumers = [...feeds, ...visits];
  return {
    id: driver.id,
    name: driver.name,
    state: session?.state ?? (slot.error === null ? "idle" : "failed"),
    multiplex: session?.multiplex.id ?? null,
    ...(session !== null && { place: describePlace(session.multiplex) }),
    error: session?.error ?? slot.error,
    signal,
    verdict: session === null || signal === null ? null : judgeSignal(signal, session.multiplex.delivery),
    services: services
      .filter((service) => service.onAir)
      .map(({ key, name }) => ({ id: key.serviceId, name })),
    consumers: surveyed ? [...consumers, "survey"] : consumers,
    counters: session === null ? slot.counted : addCounters(slot.counted, session.counters),
    pids: session?.pids ?? [],
    ...(session !== null && { timings: timingsOf(session) }),
  };
}

/** Milliseconds from the first tune; null until reached. */
function timingsOf(session: MuxSession): NonNullable<TunerSnapshot["timings"]> {
  const { asked, lock, firstPat, pmt } = session.clocks;
  const since = (at: number): number | null => (at < 0 || asked < 0 ? null : Math.round(at - asked));
  return { lock: since(lock), pat: since(firstPat), pmt: since(pmt) };
}

export function addCounters(a: Counters, b: Counters): Counters {
  return {
    packets: a.packets + b.packets,
    packetsScanned: a.packetsScanned + b.packetsScanned,
    continuityErrors: a.continuityErrors + b.continuityErrors,
    transportErrors: a.transportErrors + b.transportErrors,
    overflows: a.overflows + b.overflows,
    syncLosses: a.syncLosses + b.syncLosses,
  };
}
