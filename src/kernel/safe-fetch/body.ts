import type { Clock } from "../clock.ts";
import { FetchFailure, type FetchTrouble } from "./failure.ts";

export interface BodyLimits {
  /** Bytes as they come; null: no limit. */
  readonly bodyBytes: number | null;
  /** Between two pieces, ms; null: no limit. */
  readonly silenceMs: number | null;
}

/**
 * A body within its limits.
 * @param give ends the exchange; what it says is thrown
 * @param over is called once: at the end, at a failure, or when nobody reads on
 * @throws FetchFailure
 */
export async function* boundedBody(
  body: AsyncIterable<Uint8Array>,
  deps: {
    readonly clock: Clock;
    readonly limits: BodyLimits;
    readonly giveUp: (trouble: FetchTrouble) => void;
    readonly over: () => void;
    /** What the exchange was ended with, if it was. */
    readonly reason: () => Error | undefined;
  },
): AsyncGenerator<Uint8Array> {
  const { clock, limits, giveUp } = deps;
  const listen = () =>
    limits.silenceMs === null ? null : clock.after(limits.silenceMs, () => giveUp("silent"));
  let length = 0;
  let silence = listen();
  try {
    for await (const piece of body) {
      silence?.cancel();
      length += piece.length;
      if (limits.bodyBytes !== null && length > limits.bodyBytes) throw new FetchFailure("too-large");
      yield piece;
      silence = listen();
    }
    // One that was ended before anybody read it looks like one that is over.
    const reason = deps.reason();
    if (reason !== undefined) throw reason;
  } catch (error) {
    throw deps.reason() ?? (error instanceof FetchFailure ? error : new FetchFailure("unreachable", error));
  } finally {
    silence?.cancel();
    deps.over();
  }
}
