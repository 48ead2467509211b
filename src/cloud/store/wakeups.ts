import pg from "pg";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { endSoon } from "./end-soon.ts";

export interface WakeupsDeps {
  readonly config: pg.ClientConfig;
  readonly clock: Clock;
  readonly log: LineLog;
  readonly onWake: () => void;
}

const CHANNEL = "tellyport_cloud";
/** Told others at most so often: a NOTIFY in each transaction would make all of them commit one after another. */
const PERIOD_MS = 50;
const AGAIN_MS = 2000;

/** LISTEN and NOTIFY on a connection of its own; while there is none, instances find out by asking. */
export class Wakeups {
  readonly #deps: WakeupsDeps;
  #client: pg.Client | null = null;
  #stopped = false;
  #timer: Timer | null = null;
  #again: Timer | null = null;

  constructor(deps: WakeupsDeps) {
    this.#deps = deps;
  }

  start(): void {
    void this.#connect();
  }

  wake(): void {
    this.#deps.onWake();
    if (this.#timer !== null || this.#stopped) return;
    this.#timer = this.#deps.clock.after(PERIOD_MS, () => {
      this.#timer = null;
      // Lost, it is found out by asking.
      this.#client?.query(`NOTIFY ${CHANNEL}`).catch(() => undefined);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#again?.cancel();
    if (this.#client !== null) await endSoon(this.#client, this.#deps.clock);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(this.#deps.config);
    const lost = (error?: Error): void => {
      if (this.#client === client) this.#client = null;
      if (this.#stopped || this.#again !== null) return;
      if (error !== undefined) this.#deps.log.warn({ error: messageOf(error) }, "database-wake-ups-lost");
      this.#again = this.#deps.clock.after(AGAIN_MS, () => {
        this.#again = null;
        void this.#connect();
      });
    };
    client.on("error", lost);
    client.on("end", () => lost());
    client.on("notification", () => this.#deps.onWake());
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.#stopped) return void (await client.end());
      this.#client = client;
      // What was said while nobody listened.
      this.#deps.onWake();
    } catch (error) {
      lost(error instanceof Error ? error : undefined);
      // A standby takes connections, and lets nobody listen.
      client.end().catch(() => undefined);
    }
  }
}
