import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError, messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Log } from "../../kernel/log.ts";
import type { Registration } from "../../protocol/registration.ts";
import type { CloudClient, Family, Way } from "./cloud-client.ts";
import { afterChange, backOff, bootDelay, isUndecided, untilNext } from "./schedule.ts";

/** One family's way into the internet, as the box knows it. */
export interface Outside {
  /** The box's address in the internet; null: it takes what the cloud sees. */
  readonly address: string | null;
  /** At which its https listener is reached there; null: at none. */
  readonly port: number | null;
  /** Own address that requests leave from; null: the system's choice. */
  readonly localAddress: string | null;
}

export interface OutsideView {
  /** null: the box has no way of that family at all. */
  readonly ipv4: Outside | null;
  readonly ipv6: Outside | null;
  /** Private addresses, for phones at home. */
  readonly lan: readonly string[];
}

/** What there is to tell of the registration. */
export type RegistrarState =
  | {
      readonly kind: "starting";
      /** As it was known before the start. */
      readonly registration: Registration | null;
    }
  | { readonly kind: "registered"; readonly registration: Registration }
  | {
      readonly kind: "failed";
      readonly problem: TellyportError;
      /** As it was known last. */
      readonly registration: Registration | null;
    };

export interface RegistrarDeps {
  readonly client: Pick<CloudClient, "act">;
  /** What the cloud said before the start: the box has its names though the cloud is away. */
  readonly remembered?: Registration | null;
  readonly view: () => OutsideView;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** What changes within this is told at once: a new address and its port come one after the other. */
const GATHER_MS = 1000;

/** Keeps the cloud's picture of this box true: enrols, reports what changed and what is due, and tries again. */
export class Registrar {
  readonly #deps: RegistrarDeps;
  readonly #changed: Emitter<RegistrarState>;
  #state: RegistrarState;
  #enrolled = false;
  #failures = 0;
  #undecided = 0;
  #timer: Timer | null = null;
  /** Of the timer, monotonic ms. */
  #dueAt = Infinity;
  /** When it was tried last, monotonic ms. */
  #triedAt = -Infinity;
  #running: Promise<void> | null = null;
  #again = false;
  readonly #life = new AbortController();

  constructor(deps: RegistrarDeps) {
    this.#deps = deps;
    this.#state = { kind: "starting", registration: deps.remembered ?? null };
    this.#changed = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "registration-listener-failed"),
    );
  }

  get state(): RegistrarState {
    return this.#state;
  }

  /** @returns a function that unsubscribes */
  onChanged(listener: (state: RegistrarState) => void): () => void {
    return this.#changed.on(listener);
  }

  /** @param atOnce a person waits: without the wait that keeps boxes apart after a power cut */
  start(atOnce: boolean): void {
    this.#wait(atOnce ? 0 : bootDelay(this.#deps.random()));
  }

  /** What the box knows of its addresses has changed. */
  poke(): void {
    if (this.#running !== null) this.#again = true;
    // The first report, which is yet to come, has it too: after a power cut all addresses are news at the same moment.
    else if (this.#state.kind !== "starting") this.#hurry();
  }

  /** Reports now. Resolves when the cloud has answered, or has not: see the state. */
  async report(): Promise<RegistrarState> {
    this.#timer?.cancel();
    await this.#running;
    await this.#begin();
    return this.#state;
  }

  /** Ends what is under way; the cloud is not told. */
  async stop(): Promise<void> {
    this.#life.abort(new TellyportError("request-cancelled", "The registration ends."));
    this.#timer?.cancel();
    await this.#running;
  }

  #wait(delay: number): void {
    const { clock } = this.#deps;
    this.#timer?.cancel();
    if (this.#life.signal.aborted) return;
    this.#dueAt = clock.monotonic() + delay;
    this.#timer = clock.after(delay, () => void this.#begin());
  }

  /** Sooner than is due, unless the cloud itself said when. */
  #hurry(): void {
    const now = this.#deps.clock.monotonic();
    const state = this.#state;
    if (state.kind !== "failed") return this.#wait(GATHER_MS);
    if (state.problem.retryAfterMs !== undefined) return;
    const delay = afterChange(now - this.#triedAt);
    if (now + delay < this.#dueAt) this.#wait(delay);
  }

  #begin(): Promise<void> {
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return this.#running;
  }

  async #run(): Promise<void> {
    if (this.#life.signal.aborted) return;
    const { random, log } = this.#deps;
    this.#again = false;
    this.#triedAt = this.#deps.clock.monotonic();
    let delay: number;
    try {
      const registration = await this.#tell();
      if (this.#life.signal.aborted) return;
      this.#failures = 0;
      this.#undecided = isUndecided(registration.doors) ? this.#undecided + 1 : 0;
      delay = untilNext(registration, this.#undecided, random());
      this.#set({ kind: "registered", registration });
    } catch (error) {
      if (this.#life.signal.aborted) return;
      const problem = isTellyportError(error)
        ? error
        : new TellyportError("internal", messageOf(error), { cause: error });
      this.#failures++;
      delay = backOff(this.#failures, random(), problem.retryAfterMs);
      // The first says what is wrong; that it goes on being wrong is the state's to say.
      if (this.#failures === 1)
        log.warn({ code: problem.code, error: problem.message }, "registration-failed");
      this.#set({ kind: "failed", problem, registration: this.#state.registration });
    }
    this.#wait(delay);
    if (this.#again) this.#hurry();
  }

  /** @returns the cloud's last word. @throws TellyportError when no way leads to it */
  async #tell(): Promise<Registration> {
    const { client, view, version } = this.#deps;
    const { signal } = this.#life;
    if (!this.#enrolled) {
      await client.act("enrol", { version }, signal);
      this.#enrolled = true;
    }
    const { ipv4, ipv6, lan } = view();
    let last: Registration | null = null;
    let failure: TellyportError | null = null;
    for (const [family, outside] of [
      [4, ipv4],
      [6, ipv6],
    ] as const) {
      if (outside === null) continue;
      try {
        last = await this.#update(family, outside, lan);
      } catch (error) {
        if (isTellyportError(error, "box-unknown")) this.#enrolled = false;
        if (signal.aborted || !isTellyportError(error, "cloud-unreachable")) throw error;
        // A cloud without IPv6 is no cloud that is away; and what it lacks says nothing of why it is.
        failure ??= error;
      }
    }
    if (last === null)
      throw failure ?? new TellyportError("cloud-unreachable", "This machine has no network.");
    return last;
  }

  #update(family: Family, { address, port, localAddress }: Outside, lan: readonly string[]) {
    const way: Way = { family, localAddress: localAddress ?? undefined };
    return this.#deps.client.act("update", { address, port, lan: [...lan] }, this.#life.signal, way);
  }

  #set(state: RegistrarState): void {
    this.#state = state;
    this.#changed.emit(state);
  }
}
