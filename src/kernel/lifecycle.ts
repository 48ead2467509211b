import { ms, type Milliseconds } from "./units.ts";
import { messageOf } from "./errors.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** Something that lives and dies with the daemon. Constructors are inert; work begins in `start`. */
export interface Component {
  readonly name: string;
  start?(signal: AbortSignal): Promise<void> | void;
  stop?(): Promise<void> | void;
}

export interface LifecycleOptions {
  log: Log;
  clock: Clock;
  /** How long one component may take to stop before it is left behind; default 5 s. */
  stopDeadline?: Milliseconds;
}

/** Starts components in order; stops those that started in reverse order, each within a deadline. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #started: Component[] = [];
  readonly #abort = new AbortController();
  #stopping: Promise<void> | null = null;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /**
   * Starts the components one after another. When one fails, those already started are stopped, and its error is thrown.
   */
  async start(components: readonly Component[]): Promise<void> {
    for (const component of components) {
      if (this.#abort.signal.aborted) return;
      try {
        await component.start?.(this.#abort.signal);
        this.#started.push(component);
      } catch (error) {
        await this.stop();
        throw error;
      }
    }
  }

  /** Stops everything, once; later calls wait for the same stop. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    this.#abort.abort();
    const { log, clock, stopDeadline = ms(5000) } = this.#options;
    for (const component of this.#started.reverse()) {
      const from = clock.monotonic();
      try {
        const inTime = await within(stopDeadline, component.stop?.());
        if (!inTime)
          log.error({ component: component.name, afterMs: clock.monotonic() - from }, "component-stop-late");
      } catch (error) {
        log.error({ component: component.name, error: messageOf(error) }, "component-stop-failed");
      }
    }
    this.#started.length = 0;
  }
}

/** Waits for `work`, but no longer than `deadline`; the timer keeps the process alive, so that the rest is stopped too. */
async function within(deadline: Milliseconds, work: Promise<void> | void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), deadline);
  });
  try {
    return await Promise.race([Promise.resolve(work).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
