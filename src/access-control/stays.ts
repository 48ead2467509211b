import type { Clock, Timer } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import { isActive, type ClientRecord, type Clients } from "./clients.ts";
import type { Sessions } from "./sessions.ts";

/** How often clients are looked at, ms: what a client has running ends so long after its time at most. */
const LOOK = 15_000;

export interface StaysDeps {
  readonly clients: Pick<Clients, "all">;
  readonly sessions: Pick<Sessions, "get">;
  readonly clock: Clock;
  readonly log: Log;
  /** The client's time is over, and nobody has said so yet. */
  readonly onOver: (client: string) => void;
}

/**
 * Notices clients whose time is over without being asked: a guest at the end of its stay, any other at the end of its session. Its
 * requests are refused to the second, but an event stream that is open asks for nothing.
 */
export class Stays {
  readonly #deps: StaysDeps;
  /** Those whose time was not over when they were looked at last. */
  readonly #staying = new Set<string>();
  /** Those of whom it was said, or who were gone before this began. */
  readonly #gone = new Set<string>();
  #timer: Timer | null = null;

  constructor(deps: StaysDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clients, clock } = this.#deps;
    for (const record of clients.all()) if (!isActive(record, clock.now())) this.#gone.add(record.id);
    this.#timer = clock.every(LOOK, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    const { clients, clock, log, onOver } = this.#deps;
    const now = clock.now();
    for (const record of clients.all()) {
      const { id, role, revokedAt } = record;
      if (this.#stays(record, now)) {
        this.#staying.add(id);
        this.#gone.delete(id);
        continue;
      }
      // A client without a session that was never seen with one has yet to collect its tokens.
      const isOver = this.#staying.delete(id) || !isActive(record, now);
      if (!isOver || this.#gone.has(id)) continue;
      this.#gone.add(id);
      if (revokedAt !== null) continue; // that was said when it was done
      log.info({ client: id, role }, "client-stay-over");
      onOver(id);
    }
  }

  #stays(record: ClientRecord, now: number): boolean {
    const session = this.#deps.sessions.get(record.id);
    return isActive(record, now) && session !== undefined && now < session.expiresAt;
  }
}
