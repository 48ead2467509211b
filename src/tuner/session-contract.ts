import type { Clock } from "../kernel/clock.ts";
import type { ErrorCode } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { MuxSession } from "./mux-session.ts";
import type { HistoryBudget } from "./packet-history.ts";
import type { GuideEvent, GuideStretch, Multiplex, TunerDriver, TunerSnapshot } from "./ports.ts";

/** Deadlines and periods of a session; ms. */
export const SESSION_TIMES = {
  /** From the tune request to the driver's lock. */
  lock: 6000,
  /** Without a packet. */
  data: 3000,
  /** The same, when another tuner would take over at once: with its lock the picture is back within 3 s. */
  quick: 1000,
  /** From the lock to a whole PAT, and between PATs later. @see ETSI TR 101 290 §5.2.1 (0.5 s), with room */
  pat: 5000,
  /** From the PAT to the PMT of a service that is asked for. */
  pmt: 5000,
  /** A service that the PAT does not have may be back after so long: some leave it out while they change it. */
  missing: 2000,
  /** Without SDT for this long, services go by their numbers. @see EN 300 468 §5.1.4 (2 s) */
  sdt: 2500,
  /** Without NIT for this long, services have no numbers of the broadcaster's. @see EN 300 468 §5.1.4 (10 s), which few use up */
  nit: 3500,
  /** After so long in good health a fault is a new one. */
  healthy: 10_000,
  tick: 250,
} as const;

/** Guide events handed on with each tick. */
export const GUIDE_EVENTS_PER_TICK = 250;

export interface MuxSessionDeps {
  readonly driver: TunerDriver;
  readonly multiplex: Multiplex;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: SessionEvents;
  /** transport_stream_id known of the multiplex; default null: any will do. */
  readonly expected?: number | null;
  /** That of the multiplex that the driver received before; default null. */
  readonly stale?: number | null;
  /** Asks the driver for every PID; default false. */
  readonly wholeMultiplex?: boolean;
  /** Memory for what came lately; default: nothing is kept. */
  readonly history?: HistoryBudget;
}

export interface SessionEvents {
  /** The services of the multiplex, whenever something about them changed. */
  lineup(session: MuxSession): void;
  guide(events: readonly GuideEvent[], stretches: readonly GuideStretch[]): void;
  /** State, consumers or signal changed. */
  changed(): void;
  /** The last consumer is gone. */
  idle(session: MuxSession): void;
  /** The session is over; its consumers have been told. `code` is null after {@link MuxSession.close}. */
  ended(session: MuxSession, code: ErrorCode | null): void;
  /** Whether its consumers could go on with another tuner at once, and nobody would notice. Absent: they could not. */
  mayMove?(session: MuxSession): boolean;
}

export type SessionState = Exclude<TunerSnapshot["state"], "idle">;
