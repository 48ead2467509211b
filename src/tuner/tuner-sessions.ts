import type { Clock } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import { mayMove } from "./availability.ts";
import type { Identities } from "./identities.ts";
import type { LineUp } from "./line-up.ts";
import { MuxSession } from "./mux-session.ts";
import type { TunersOptions } from "./options.ts";
import type { HistoryBudget } from "./packet-history.ts";
import type { Multiplex, TunerEvent } from "./ports.ts";
import type { TunerRack } from "./tuner-rack.ts";
import { addCounters, noteFailure, type Slot } from "./tuner-slot.ts";

export interface TunerSessionsDeps {
  readonly rack: TunerRack;
  readonly lineUp: LineUp;
  readonly identities: Identities;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: Pick<Required<TunersOptions>, "lingerMs" | "wholeMultiplex">;
  readonly history: HistoryBudget;
  readonly emit: (event: TunerEvent) => void;
  /** Whether the survey is among a session's consumers. */
  readonly surveyed: (session: MuxSession) => boolean;
  /** A session is over, and its tuner free for others; null: it was closed. */
  readonly ended: (session: MuxSession, code: ErrorCode | null) => void;
}

/** What the tuners receive: a session on each, from its opening until the tuner is free again. */
export class TunerSessions {
  readonly #deps: TunerSessionsDeps;
  /** Why nothing came of multiplexes when they were last tried, by id. */
  readonly #failed = new Map<string, ErrorCode>();

  constructor(deps: TunerSessionsDeps) {
    this.#deps = deps;
  }

  /** Why nothing came of a multiplex when it was last tried; null: something came, or it was not tried. */
  failureOf({ id }: Multiplex): ErrorCode | null {
    return this.#failed.get(id) ?? null;
  }

  /**
   * Begins to receive a multiplex.
   * @param asFound whichever transport stream comes is taken for the multiplex's
   */
  open(slot: Slot, multiplex: Multiplex, asFound: boolean, log: Log = this.#deps.log): MuxSession {
    const { last } = slot;
    const { rack, lineUp, identities, clock, options, history, emit } = this.#deps;
    const known = { lineUp, rack };
    const session = new MuxSession({
      driver: slot.driver,
      multiplex,
      clock,
      log,
      expected: asFound ? null : identities.of(multiplex),
      stale: last === null || last.multiplex === multiplex.id ? null : last.transportStreamId,
      wholeMultiplex: options.wholeMultiplex,
      history,
      events: {
        lineup: (source) => {
          if (lineUp.update(source.multiplex, source.tables)) emit({ kind: "lineup" });
          identities.confirmed(source.multiplex);
        },
        guide: (events, stretches) => {
          // What a scan hears of multiplexes that are in no list concerns nobody.
          if (lineUp.has(multiplex)) emit({ kind: "guide", events, stretches });
        },
        changed: () => this.#onChanged(slot),
        idle: (source) => this.#onIdle(slot, source),
        ended: (source, code) => this.#onEnded(slot, source, code),
        mayMove: (source) => mayMove(source, known),
      },
    });
    slot.session = session;
    slot.error = null;
    // The device may still be on its way out of the session before.
    void slot.closing.then(() => session.start());
    emit({ kind: "tuners" });
    return session;
  }

  /** Ends what a tuner does, and tells its consumers why. Resolves when the driver was let go. */
  close(
    slot: Slot,
    code: ErrorCode,
    message: string,
    detail?: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { session } = slot;
    if (session === null) return slot.closing;
    slot.closing = session.close(code, message, detail).catch((error: unknown) => {
      this.#deps.log.error({ tuner: slot.driver.id, err: error }, "tuner-close-failed");
    });
    return slot.closing;
  }

  /** Lets a session go that nobody holds. */
  release(session: MuxSession): void {
    const slot = this.#deps.rack.slots.find((candidate) => candidate.session === session);
    if (slot === undefined || session.feeds.size > 0 || session.visits.size > 0) return;
    if (this.#deps.surveyed(session)) return;
    void this.close(slot, "request-cancelled", "Nobody watches.");
  }

  #onChanged(slot: Slot): void {
    const { session } = slot;
    const { lineUp, emit } = this.#deps;
    if (session?.state === "streaming") {
      slot.failures = 0;
      slot.failedWith = null;
    }
    if (session !== null && session.feeds.size > 0) {
      slot.linger?.cancel();
      slot.linger = null;
    }
    if (session !== null && session.lockedAt >= 0 && lineUp.received(session.multiplex.id))
      emit({ kind: "lineup" });
    emit({ kind: "tuners" });
  }

  #onIdle(slot: Slot, session: MuxSession): void {
    const { clock, options, surveyed } = this.#deps;
    if (slot.session !== session || surveyed(session)) return;
    slot.linger?.cancel();
    slot.linger = clock.after(options.lingerMs, () => {
      slot.linger = null;
      this.release(session);
    });
  }

  #onEnded(slot: Slot, session: MuxSession, code: ErrorCode | null): void {
    slot.linger?.cancel();
    slot.linger = null;
    if (slot.session === session) slot.session = null;
    slot.counted = addCounters(slot.counted, session.counters);
    const { seen } = session.guard;
    if (seen !== null) slot.last = { multiplex: session.multiplex.id, transportStreamId: seen };
    if (code === null) this.#failed.delete(session.multiplex.id);
    else this.#onFailed(slot, session, code);
    this.#deps.ended(session, code);
    this.#deps.emit({ kind: "tuners" });
  }

  #onFailed(slot: Slot, session: MuxSession, code: ErrorCode): void {
    const { lineUp, identities, clock, emit, surveyed } = this.#deps;
    const { multiplex } = session;
    if (code !== "device-gone") this.#failed.set(multiplex.id, code);
    // A multiplex that cannot be received is no fault of the tuner's.
    const neverLocked = code === "no-lock" && session.lockedAt < 0;
    const isOfMultiplex = neverLocked || code === "wrong-multiplex" || code === "unsupported";
    if (!isOfMultiplex) noteFailure(slot, code, clock.monotonic());
    else slot.failedWith = null;
    if (code === "wrong-multiplex" && (surveyed(session) || session.visits.size > 0))
      identities.contradicted(multiplex, session.guard.seen);
    if (neverLocked && lineUp.unreceived(multiplex.id)) emit({ kind: "lineup" });
    slot.closing = slot.driver.close().catch(() => undefined);
  }
}
