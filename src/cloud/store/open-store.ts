import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import type { Log } from "../../kernel/log.ts";
import { openDatabase } from "../../kernel/store/database.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Store } from "./ports.ts";
import { sqliteStore } from "./sqlite-store.ts";

/** In the state directory. */
export const CLOUD_DATABASE = "cloud.db";

/**
 * The store of the configuration, its tables up to date.
 * @param database `sqlite`, or `postgresql://...`
 * @throws TellyportError `state-unusable`, `store-too-new`, `store-unavailable`
 */
export async function openStore(
  database: string,
  options: { stateDir: string; clock: Clock; log: Log },
): Promise<Store> {
  const store =
    database === "sqlite"
      ? sqliteStore(openDatabase(join(options.stateDir, CLOUD_DATABASE)))
      : // Loaded only where it is used.
        (await import("./postgres-store.ts")).postgresStore({ url: database, ...options });
  try {
    await store.migrate(MIGRATIONS);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
