import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Where a service keeps what lives as long as it runs, in memory. @see systemd.exec(5), RuntimeDirectory= */
const RUNTIME_DIRECTORY = "/run/tellyport";

/** A copy of a state directory that cannot be written to. */
export interface ShadowPlace {
  /** Folder of the copy. */
  readonly copy: string;
  /** File that holds the path of what it is a copy of. */
  readonly of: string;
}

/** Where a service's copy is. @param runtime its `RUNTIME_DIRECTORY`; default: as the unit has it */
export function shadowPlace(runtime = RUNTIME_DIRECTORY): ShadowPlace {
  return { copy: join(runtime, "state"), of: join(runtime, "state-of") };
}

/** The copy on which a service runs in place of a state directory; null: there is none, or none that this user may see. */
export async function shadowOf(directory: string, runtime?: string): Promise<string | null> {
  const { copy, of } = shadowPlace(runtime);
  const original = await readFile(of, "utf8").catch(() => null);
  return original !== null && original === resolve(directory) ? copy : null;
}
