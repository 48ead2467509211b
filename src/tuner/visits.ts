import type { Clock } from "../kernel/clock.ts";
import { ms } from "../kernel/units.ts";
import type { MuxSession } from "./mux-session.ts";
import type { Visited, VisitRequest } from "./ports.ts";
import { Waiters } from "./waiters.ts";

/** Who is at a session for its tables alone. */
export class Visits {
  readonly #present = new Set<VisitRequest>();
  readonly #waiters = new Waiters();
  readonly #changed: () => void;

  /** @param changed told when somebody comes or goes */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get present(): ReadonlySet<VisitRequest> {
    return this.#present;
  }

  /**
   * Stays until the tables are enough for the visitor, or the longest stay after the lock is over.
   * @throws TellyportError what the session failed with, `displaced`, `request-cancelled`
   */
  async stay(
    request: VisitRequest,
    session: Pick<MuxSession, "driver" | "tables" | "lockedAt">,
    clock: Clock,
  ): Promise<Visited> {
    const from = clock.monotonic();
    const look = (): Visited => ({
      tuner: session.driver.id,
      tables: session.tables,
      signal: session.driver.signal(),
      lockedAt: ms(session.lockedAt),
    });
    this.#present.add(request);
    this.#changed();
    try {
      await this.#waiters.wait(() => {
        if (session.lockedAt < 0) return false;
        const stayed = clock.monotonic() - Math.max(session.lockedAt, from);
        return request.enough(look()) || stayed >= request.longestMs;
      }, request.signal);
      return look();
    } finally {
      this.#present.delete(request);
      this.#changed();
    }
  }

  /** Asks everybody again whether it is enough. */
  check(): void {
    this.#waiters.check();
  }

  fail(reason: Error): void {
    this.#waiters.fail(reason);
  }
}
