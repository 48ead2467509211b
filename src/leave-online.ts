import { existsSync } from "node:fs";
import { join } from "node:path";
import { IDENTITY_FILE, loadIdentity } from "./access-control/index.ts";
import { leaveCloud } from "./ddns-client/index.ts";
import type { Clock } from "./kernel/clock.ts";
import type { Config } from "./kernel/config/index.ts";
import { messageOf } from "./kernel/errors.ts";
import type { Log } from "./kernel/log.ts";
import { openDatabase } from "./kernel/store/database.ts";
import { DATABASE_FILE } from "./reset.ts";

/**
 * Tells the cloud of a box that is about to be another one that it is gone, so that its name leads nobody to whoever has the
 * address next. What cannot be told keeps nobody from the reset: the cloud forgets by itself whom it hears nothing of.
 * @param configure what the box was configured with, its owner's settings among it; it may throw
 */
export async function leaveOnline(
  configure: () => Promise<Config>,
  deps: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  try {
    const { online, state } = await configure();
    const files = [IDENTITY_FILE, DATABASE_FILE].map((name) => join(state.directory, name));
    // Nothing is to be made of a box that is to go.
    if (!files.every((path) => existsSync(path))) return;
    const signer = await loadIdentity(state.directory);
    const database = openDatabase(join(state.directory, DATABASE_FILE));
    try {
      await leaveCloud({ config: online, database, signer, ...deps });
    } finally {
      database.close();
    }
  } catch (error) {
    deps.log.warn({ error: messageOf(error) }, "online-not-withdrawn");
  }
}
