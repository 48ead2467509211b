import type { Clock } from "../kernel/clock.ts";
import { isTellyportError, TellyportError } from "../kernel/errors.ts";
import type { Holding, Loss } from "./holding.ts";
import type { MuxSession } from "./mux-session.ts";
import { WEIGHTS, type Displacement, type Multiplex, type WeightClass } from "./ports.ts";
import { helpOfAnother } from "./recovery.ts";
import { refusal } from "./refusal.ts";
import type { TunerRack } from "./tuner-rack.ts";
import type { Slot } from "./tuner-slot.ts";

/** Whoever asks for a tuner, as far as the arbiter cares. */
export interface Asker {
  readonly weight: WeightClass;
  readonly consumer: string;
  readonly signal?: AbortSignal;
}

/** How hard a request tries. */
export interface Effort {
  /** Tuners that failed already. */
  readonly failed?: readonly string[];
  /** Why it needs a tuner anew; thrown when none can be had. */
  readonly because?: TellyportError;
  /** Only a tuner that fails itself leads to the next one: whether another does better is for the asker to say. */
  readonly oneTry?: boolean;
}

export interface GrantingDeps {
  readonly rack: TunerRack;
  readonly clock: Clock;
  readonly stopped: () => boolean;
  readonly multiplexOf: (holding: Holding) => Multiplex;
  /** Begins to receive a multiplex with a tuner that is free. */
  readonly open: (slot: Slot, multiplex: Multiplex, asker: Asker) => void;
  /** Ends what a tuner does: its consumers come back through {@link Granting.lost}. */
  readonly displace: (slot: Slot, message: string, detail: Pick<Displacement, "by">) => void;
  /** Services that could be had at once, by key text. */
  readonly watchable: (weight: WeightClass) => string[];
}

/** Gives tuners to those who ask, and to those who lost theirs. */
export class Granting {
  readonly #deps: GrantingDeps;
  readonly #adrift: { readonly holding: Holding; readonly loss: Loss }[] = [];

  constructor(deps: GrantingDeps) {
    this.#deps = deps;
  }

  /**
   * Finds a tuner for a multiplex and does something with what it receives; when it fails, the next is tried.
   * @param use takes its place at the session before its first `await`
   */
  async withTuner<Result>(
    multiplexOf: () => Multiplex,
    asker: Asker,
    use: (slot: Slot, session: MuxSession) => Promise<Result>,
    effort: Effort = {},
  ): Promise<Result> {
    const failed = new Set(effort.failed);
    let because = effort.because ?? null;
    for (;;) {
      if (this.#deps.stopped()) throw new TellyportError("stopping", "The box is shutting down.");
      if (asker.signal?.aborted === true)
        throw new TellyportError("request-cancelled", "The request was withdrawn.");
      const slot = this.#grant(multiplexOf(), asker, failed, because);
      const { session } = slot;
      if (session === null) throw new TellyportError("device-gone", "The tuner was lost: try again.");
      const result = use(slot, session);
      this.rescue();
      try {
        return await result;
      } catch (error) {
        if (!isTellyportError(error) || !mayTryAgain(error, effort.oneTry === true)) throw error;
        if (error.code !== "displaced") failed.add(slot.driver.id);
        because = error;
      }
    }
  }

  /** A session ended under a consumer: it is told at once, or waits for {@link rescue} where another tuner may help. */
  lost(holding: Holding, loss: Loss): void {
    if (helpOfAnother(loss.code) === "never") holding.tell(loss);
    else this.#adrift.push({ holding, loss });
  }

  /** Finds other tuners for those who lost theirs, the heaviest first; who cannot be helped is told. */
  rescue(): void {
    const adrift = this.#adrift.splice(0);
    adrift.sort((a, b) => WEIGHTS[b.holding.weight] - WEIGHTS[a.holding.weight]);
    for (const { holding, loss } of adrift) void this.#move(holding, loss);
  }

  async #move(holding: Holding, loss: Loss): Promise<void> {
    const { code, message, detail } = loss;
    if (holding.over) return;
    const { tuner } = holding;
    let interrupted = false;
    try {
      const feed = await this.withTuner(
        () => this.#deps.multiplexOf(holding),
        holding,
        (slot, session) => {
          if (!interrupted) holding.interrupted();
          interrupted = true;
          return holding.take(slot.driver.id, session);
        },
        {
          because: new TellyportError(code, message, detail === undefined ? {} : { detail }),
          ...(tuner !== null && code !== "displaced" && { failed: [tuner] }),
        },
      );
      holding.serve(feed);
    } catch {
      const free = this.#deps.watchable(holding.weight);
      holding.tell({ code, message, detail: { ...detail, free } });
    }
  }

  /** @returns the slot whose session receives the multiplex now, or begins to */
  #grant(
    multiplex: Multiplex,
    asker: Asker,
    without: ReadonlySet<string>,
    because: TellyportError | null,
  ): Slot {
    const { rack, open, displace, watchable, clock } = this.#deps;
    const decision = rack.decide(multiplex, asker.weight, { without });
    const gently = because !== null && helpOfAnother(because.code) === "gently";
    if (
      decision.kind === "refuse" ||
      (gently && decision.kind === "displace" && isNoticed(decision.weight))
    ) {
      const free = watchable(asker.weight);
      const { code } = because ?? { code: null };
      // That one device does not answer says less than what the others do.
      const brokenOnly = code === null || code === "device-gone" || code === "device-busy";
      if (decision.kind !== "refuse" || !brokenOnly) throw withFree(because, free);
      const broken = rack.slots.find((one) => one.error !== null)?.error ?? null;
      const epoch = (monotonic: number): number => clock.now() - (clock.monotonic() - monotonic);
      throw refusal(decision, { broken, free, epoch });
    }
    const slot = rack.slot(decision.tuner);
    if (decision.kind === "displace")
      displace(
        slot,
        `The tuner was needed for ${asker.consumer}: choose another channel, or try again later.`,
        {
          by: asker.weight,
        },
      );
    if (decision.kind !== "share") open(slot, multiplex, asker);
    return slot;
  }
}

/** Background work and sessions without consumers give way unseen. @param weight of the heaviest consumer */
export function isNoticed(weight: number): boolean {
  return weight > WEIGHTS.predictive;
}

function mayTryAgain({ code }: TellyportError, oneTry: boolean): boolean {
  return oneTry ? code === "device-gone" || code === "device-busy" : helpOfAnother(code) !== "never";
}

function withFree(error: TellyportError | null, free: readonly string[]): TellyportError {
  if (error === null)
    return new TellyportError("no-tuner-free", "Every tuner is in use.", { detail: { free } });
  return new TellyportError(error.code, error.message, {
    cause: error,
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    detail: { ...error.detail, free },
  });
}
