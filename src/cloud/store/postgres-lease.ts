import pg from "pg";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { endSoon } from "./end-soon.ts";
import type { Lease } from "./ports.ts";

export interface LeaseDeps {
  readonly config: pg.ClientConfig;
  readonly clock: Clock;
  readonly log: LineLog;
}

/** The connection is tried so often; who holds it must know that it is lost before the server gives it on. */
const BEAT_MS = 1000;
/** And has so long to answer: less than the server takes to see that a peer is gone. */
const ANSWER_MS = 3000;

/**
 * A session's advisory lock: it is held while its connection is, and the server lets go of it when that breaks. Not through a pooler
 * that shares sessions.
 * @see PostgreSQL §13.3.5
 */
export async function postgresLease(deps: LeaseDeps, name: string): Promise<Lease | null> {
  const { clock, log } = deps;
  const client = new pg.Client({ ...deps.config, query_timeout: ANSWER_MS });
  const lost = new AbortController();
  const lose = (why: string): void => {
    if (lost.signal.aborted) return;
    lost.abort(new TellyportError("store-unavailable", "The lease is lost."));
    log.warn({ lease: name, why }, "lease-lost");
  };
  client.on("error", (error) => lose(messageOf(error)));
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held",
      [`tellyport-cloud ${name}`],
    );
    if (rows[0]?.held !== true) {
      await client.end();
      return null;
    }
  } catch (error) {
    client.end().catch(() => undefined);
    throw new TellyportError("store-unavailable", `No lease can be had (${messageOf(error)}).`, {
      cause: error,
    });
  }
  let released = false;
  client.on("end", () => {
    if (!released) lose("the connection ended");
  });
  let beating = false;
  const beat = clock.every(BEAT_MS, () => {
    if (beating || lost.signal.aborted) return;
    beating = true;
    client
      .query("SELECT 1")
      .catch((error: unknown) => lose(messageOf(error)))
      .finally(() => (beating = false));
  });
  lost.signal.addEventListener("abort", () => {
    beat.cancel();
    client.end().catch(() => undefined);
  });
  return {
    lost: lost.signal,
    async release() {
      released = true;
      beat.cancel();
      await endSoon(client, clock);
    },
  };
}
