import type pg from "pg";
import type { Clock } from "../../kernel/clock.ts";

/** A server that is gone says no goodbye, ms. */
const GOODBYE_MS = 1000;

/** Ends a connection, and waits no longer than for a server that answers. */
export async function endSoon(client: pg.Client, clock: Clock): Promise<void> {
  const ended = client.end().catch(() => undefined);
  await new Promise<void>((resolve) => {
    const timer = clock.after(GOODBYE_MS, resolve);
    void ended.then(() => {
      timer.cancel();
      resolve();
    });
  });
}
