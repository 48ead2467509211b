import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import type { Decision, RefusalReason } from "./arbiter.ts";

/** When it is worth asking again; ms. */
const RETRY_MS: Record<RefusalReason, number | null> = {
  "no-tuner": null,
  "device-gone": 1000,
  busy: 10_000,
  limit: 10_000,
};

/**
 * Why no tuner was granted, in words and with a way on: when to ask again, since when it has been so (`detail.since`, epoch
 * ms), and which services could be had at once (`detail.free`).
 */
export function refusal(
  decision: Extract<Decision, { kind: "refuse" }>,
  facts: {
    /** What the tuner said that does not answer. */
    readonly broken: ErrorCode | null;
    readonly free: readonly string[];
    /** A monotonic reading as epoch ms. */
    readonly epoch: (monotonic: number) => number;
  },
): TellyportError {
  const { reason, since } = decision;
  const [code, message] = wordsFor(reason, facts.broken);
  const retryAfterMs = RETRY_MS[reason];
  return new TellyportError(code, message, {
    ...(retryAfterMs !== null && { retryAfterMs }),
    detail: {
      reason,
      ...(since !== null && { since: Math.round(facts.epoch(since)) }),
      free: facts.free,
    },
  });
}

function wordsFor(reason: RefusalReason, broken: ErrorCode | null): [ErrorCode, string] {
  switch (reason) {
    case "no-tuner":
      return ["unsupported", "No tuner of this box can receive this multiplex."];
    case "device-gone":
      return [broken ?? "device-gone", "The tuner does not answer: check that it is plugged in."];
    case "busy":
      return [
        "no-tuner-free",
        "Every tuner is in use: choose a channel that is being received, or try again later.",
      ];
    case "limit":
      return [
        "tuner-limit",
        "As many tuners are in use as your role may hold: choose a channel that is being received, or wait.",
      ];
  }
}
