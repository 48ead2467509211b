import { TIMES } from "./times.ts";

/** What was tried since packets last came. */
export type Tried = "nothing" | "play" | "setup";

/** `play`: ask for the packets again; `setup`: a new session; `no-data`: give up. */
export type WatchAction = "none" | "play" | "setup" | "no-data";

export interface StreamFacts {
  /** All times are monotonic ms. */
  readonly now: number;
  /** When playing began, or was last asked for. */
  readonly since: number;
  /** Last transport packets. */
  readonly payloadAt: number;
  /** Last RTP or RTCP packet, empty ones too. */
  readonly anythingAt: number;
  /** A report says so, and is not old. */
  readonly locked: boolean;
  readonly connected: boolean;
  /** Packets come over the connection itself. */
  readonly interleaved: boolean;
  /** No PID, no packets. */
  readonly wantsPackets: boolean;
}

/**
 * What to do about a stream. A lost signal is left to the session, which sees that no data come; here it is the server that says to
 * have a lock and sends nothing, or has fallen silent.
 */
export function watch(tried: Tried, facts: StreamFacts): { tried: Tried; action: WatchAction } {
  const { now, since, payloadAt, anythingAt } = facts;
  const before: Tried = payloadAt > since ? "nothing" : tried;
  const none = { tried: before, action: "none" } as const;
  const setup = { tried: "setup", action: "setup" } as const;
  const quiet = now - Math.max(since, payloadAt);
  if (!facts.connected && (facts.interleaved || quiet > TIMES.quietClosed)) {
    const silent = now - Math.max(since, anythingAt) > TIMES.quietClosed;
    if (facts.interleaved || silent) return setup;
  }
  if (!facts.wantsPackets || quiet <= TIMES.quiet) return none;
  if (facts.locked) {
    if (before === "nothing") return { tried: "play", action: "play" };
    return before === "play" ? setup : { tried: before, action: "no-data" };
  }
  const silent = now - Math.max(since, anythingAt) > TIMES.quiet;
  return silent && before !== "setup" ? setup : none;
}
