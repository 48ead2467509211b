import type { WeightClass } from "./ports.ts";

export interface TunersOptions {
  /** How long a multiplex stays received after its last viewer, so that a zap back is warm; ms, default 10 000. */
  readonly lingerMs?: number;
  /** How long the survey stays on a multiplex whose tables do not become complete; ms after the lock, default 4000. */
  readonly surveyMs?: number;
  /** From one survey of a multiplex to the next; ms, default 6 hours. */
  readonly surveyPeriodMs?: number;
  /** Whether idle tuners stay for the schedules that services promise, once the line-up is known; default true. */
  readonly guide?: boolean;
  /** From one visit for the guide to the next; ms, default 6 hours. */
  readonly guidePeriodMs?: number;
  /** Longest stay for a guide that does not become complete; ms after the lock, default 5 minutes. */
  readonly guideStayMs?: number;
  /** A multiplex without lock is looked for again after so long; ms, default 5 minutes. */
  readonly retryMs?: number;
  /** Whether idle tuners fill the line-up by themselves; default true. */
  readonly survey?: boolean;
  /**
   * So many tuners may be held by a class at a time; what heavier ones hold and it shares does not count. Default: guests
   * one, the others any number.
   */
  readonly tunersPerClass?: Partial<Record<WeightClass, number>>;
  /** Whether drivers deliver every PID instead of those that somebody takes; default false. */
  readonly wholeMultiplex?: boolean;
  /**
   * Memory for the last seconds of every multiplex that somebody watches, bytes; default 0: none. With it, drivers deliver every
   * PID of such a multiplex, and a service begins with what came before it was asked for.
   */
  readonly historyBytes?: number;
  /** How far back that goes; ms, default 4000. */
  readonly historyMs?: number;
}

export const TUNERS_DEFAULTS: Required<TunersOptions> = {
  lingerMs: 10_000,
  surveyMs: 4000,
  surveyPeriodMs: 6 * 3600 * 1000,
  guide: true,
  guidePeriodMs: 6 * 3600 * 1000,
  guideStayMs: 5 * 60 * 1000,
  retryMs: 5 * 60 * 1000,
  survey: true,
  tunersPerClass: { guest: 1 },
  wholeMultiplex: false,
  historyBytes: 0,
  historyMs: 4000,
};
