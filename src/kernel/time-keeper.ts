/**
 * Whether the system clock can be believed, and what time it is when not: values in, values out. All times in milliseconds.
 *
 * A box without a battery starts in 1970, or at the time of its last shutdown. It then runs at the *floor*: the latest time
 * that is known to have been, and what has passed since the start. Nothing that was made in that time is earlier than what was
 * made before it, so that it can be told apart, and moved when the true time is known.
 */

/** Whether the wall clock can be believed. */
export type ClockState = "synchronised" | "unsynchronised";

/** What is known beside the time itself. */
export interface ClockEvidence {
  /** What the kernel says of its clock: told the time by somebody, or not; `unknown`: it cannot be asked. */
  readonly word: "synchronised" | "unsynchronised" | "unknown";
  /** The machine has a clock that runs while it is off, or this one was believed since the machine was switched on. */
  readonly ownClock: boolean;
  /** Since the machine was switched on. */
  readonly uptime: number;
}

export interface ClockReading extends ClockEvidence {
  /** The system clock, since 1970. */
  readonly system: number;
  readonly monotonic: number;
}

/**
 * Why the system clock is not believed. `behind`: it says less than has been already; `implausible`: more than two years
 * ahead, and the kernel does not vouch for it; `unconfirmed`: it may be the time of the last shutdown.
 */
export type ClockDoubt = "behind" | "implausible" | "unconfirmed";

export interface Keeping {
  readonly state: ClockState;
  /** null while synchronised. */
  readonly doubt: ClockDoubt | null;
  /** Our time less monotonic time. */
  readonly base: number;
  /** When the time that is not believed began, in our time; null while synchronised. */
  readonly era: number | null;
  /** System less monotonic time when doubt began: one that differs was set by somebody. */
  readonly systemBase: number;
  /** Monotonic; since when the kernel has vouched for a time that is behind ours without a break. */
  readonly vouchedSince: number | null;
}

/** Our time has changed by other than the passing of time: by more than five minutes, or since it is believed now. */
export interface ClockStep {
  /** What it was, and what it is now, since 1970. */
  readonly from: number;
  readonly to: number;
  /** The time that was not believed and is over with this step: what was made in it is to be moved by `to - from`. */
  readonly era: { readonly start: number; readonly end: number } | null;
}

/** How often the time is written down; after a power cut it is at most so much later. */
export const SAVE_EVERY = 10 * 60_000;
/** More than that is a step; less is followed without one. */
const STEP = 5 * 60_000;
/** How far behind ours a believable time may be: the floor after a power cut is up to {@link SAVE_EVERY} ahead. */
const BEHIND = SAVE_EVERY + STEP;
/** The furthest step forward that is believed without the kernel's word. */
const PLAUSIBLE = 2 * 365.25 * 86_400_000;
/** A clock that was set differs by more than this from what it would have said. */
const SET = 10_000;
/**
 * Where the kernel cannot be asked, somebody may have told it the time or may yet: in so long after the machine was switched on
 * a network that begins with it has, or there is none.
 */
const SETTLED = 15 * 60_000;
/** So long must the kernel vouch for a time before ours: then it is ours that was wrong. */
const VOUCHED = 3_600_000;

/**
 * @param floor the latest time that is known to have been
 * @param era the beginning of a time that was not believed and was not over when the last process ended
 * @param release no time before it was ever true
 */
export function beginKeeping(
  floor: number,
  era: number | null,
  release: number,
  reading: ClockReading,
): Keeping {
  const { system, monotonic } = reading;
  const floored: Keeping = {
    state: "unsynchronised",
    doubt: "unconfirmed",
    base: floor - monotonic,
    era: era ?? floor,
    systemBase: system - monotonic,
    vouchedSince: null,
  };
  // What is to be moved waits for `keepTime`, whose step somebody hears.
  if (era !== null) return floored;
  const doubt = doubtOf(floored, release, reading);
  return doubt === null ? synchronised(reading) : { ...floored, doubt };
}

/** @param release no time before it was ever true. @returns what holds from now on, and the step that this was, if any */
export function keepTime(
  keeping: Keeping,
  release: number,
  reading: ClockReading,
): { keeping: Keeping; step: ClockStep | null } {
  const { system, monotonic, word } = reading;
  const from = keeping.base + monotonic;
  if (keeping.state === "unsynchronised") {
    const vouched = word === "synchronised" && system >= release;
    const waiting = { ...keeping, vouchedSince: vouched ? (keeping.vouchedSince ?? monotonic) : null };
    const doubt = doubtOf(waiting, release, reading);
    if (doubt !== null) return { keeping: { ...waiting, doubt }, step: null };
    const era = { start: keeping.era ?? from, end: from };
    return { keeping: synchronised(reading), step: { from, to: system, era } };
  }
  const jump = system - from;
  const doubt =
    system < release ? "behind" : jump > PLAUSIBLE && word !== "synchronised" ? "implausible" : null;
  if (doubt !== null) {
    const systemBase = system - monotonic;
    return {
      keeping: {
        state: "unsynchronised",
        doubt,
        base: keeping.base,
        era: from,
        systemBase,
        vouchedSince: null,
      },
      step: null,
    };
  }
  const step = Math.abs(jump) > STEP ? { from, to: system, era: null } : null;
  return { keeping: synchronised(reading), step };
}

function synchronised({ system, monotonic }: ClockReading): Keeping {
  const base = system - monotonic;
  return { state: "synchronised", doubt: null, base, era: null, systemBase: base, vouchedSince: null };
}

/** Why a time is not believed by who has waited for it; null: it is. */
function doubtOf(keeping: Keeping, release: number, reading: ClockReading): ClockDoubt | null {
  const { system, monotonic, word, ownClock, uptime } = reading;
  const ahead = system - (keeping.base + monotonic);
  if (system < release) return "behind";
  if (ahead < -BEHIND) {
    const { vouchedSince } = keeping;
    return vouchedSince !== null && monotonic - vouchedSince >= VOUCHED ? null : "behind";
  }
  if (word === "synchronised") return null;
  if (ahead > PLAUSIBLE) return "implausible";
  const wasSet = Math.abs(system - monotonic - keeping.systemBase) > SET;
  const settled = word === "unknown" && uptime >= SETTLED;
  return settled || ownClock || wasSet ? null : "unconfirmed";
}
