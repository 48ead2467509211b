import { SESSION_TIMES, type SessionState } from "./session-contract.ts";

/** When a session reached what; monotonic ms, -1 before. */
export interface SessionClocks {
  /** First tune. */
  readonly asked: number;
  /** First lock. */
  readonly lock: number;
  /** Latest lock. */
  readonly relock: number;
  /** Latest packets. */
  readonly data: number;
  /** First and latest PAT. */
  readonly firstPat: number;
  readonly pat: number;
  /** First PMT. */
  readonly pmt: number;
}

export type SessionEvent = "lock" | "healthy" | "unhealthy" | "fail";

/** The states that a session goes through. Pure. */
export function transition(state: SessionState, event: SessionEvent): SessionState {
  if (state === "failed") return state;
  switch (event) {
    case "lock":
      return state === "tuning" ? "locked" : state;
    case "healthy":
      return state === "tuning" ? state : "streaming";
    case "unhealthy":
      return state === "tuning" ? state : "degraded";
    case "fail":
      return "failed";
  }
}

/** What is wrong with a session that has locked, if anything: `silent` counts from the last packets or the last lock. */
export function examine(
  clocks: SessionClocks,
  now: number,
): { silent: number; health: "good" | "bad" | "unknown" } {
  const silent = now - Math.max(clocks.data, clocks.relock);
  if (silent > SESSION_TIMES.data) return { silent, health: "bad" };
  if (clocks.pat < 0) return { silent, health: "unknown" };
  return { silent, health: now - clocks.pat > SESSION_TIMES.pat ? "bad" : "good" };
}
