import type { BoxConnection } from "../api/connection.ts";
import { Problem, UNREACHABLE, asProblem } from "../api/problem.ts";

/** Milliseconds of standing still after which the box is asked whether it is there. */
const WAITING_PATIENCE = 4000;
/** Milliseconds of standing still after which it is said, though the box is there. */
const STANDSTILL = 30_000;

/** hls.js tries for long before it gives up; a person wants to know sooner. */
export class Standstill {
  readonly #connection: BoxConnection;
  readonly #found: (problem: Problem) => void;
  #since: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param found the reason to stand still, when there is one or it took too long */
  constructor(connection: BoxConnection, found: (problem: Problem) => void) {
    this.#connection = connection;
    this.#found = found;
  }

  set(isStanding: boolean): void {
    if (isStanding === (this.#since !== null)) return;
    clearTimeout(this.#timer);
    this.#since = isStanding ? performance.now() : null;
    if (this.#since !== null) this.#watch(this.#since);
  }

  /** Also ends what is being asked. */
  close(): void {
    this.set(false);
  }

  #watch(since: number): void {
    this.#timer = setTimeout(() => {
      void this.#reason(since).then((problem) => {
        if (this.#since !== since) return;
        if (problem === null) this.#watch(since);
        else this.#found(problem);
      });
    }, WAITING_PATIENCE);
  }

  async #reason(since: number): Promise<Problem | null> {
    try {
      await this.#connection.call("GET", "/api/v1/box", { open: true, timeoutMs: 5000 });
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === UNREACHABLE) return problem;
    }
    return performance.now() - since < STANDSTILL ? null : new Problem("signal-disturbed");
  }
}
