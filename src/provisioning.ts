import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { IDENTITY_FILE, type AuditNote } from "./access-control/index.ts";
import { writeFileAtomic } from "./kernel/atomic-file.ts";
import {
  DEFAULT_PROVISION_PATH,
  PROVISIONED,
  faulty,
  keepProvision,
  leaves,
  readProvision,
  type Config,
  type Provision,
} from "./kernel/config/index.ts";
import { isTellyportError, messageOf, type TellyportError } from "./kernel/errors.ts";
import { makeFolder } from "./kernel/folder.ts";
import { isRecord } from "./kernel/is-record.ts";
import type { Log } from "./kernel/log.ts";
import { checkTarget } from "./tuner/index.ts";

/** There from a first start whose provisioning file was refused: the next start tries again what is in it then. */
const REFUSED_FILE = "provision.refused";
/** There from the application until the audit log has it. */
const UNNOTED_FILE = "provision.unnoted";

/** Files of the state directory that provisioning makes: a reset takes them, and the box is provisioned anew. */
export const PROVISION_FILES = [PROVISIONED, REFUSED_FILE, UNNOTED_FILE] as const;

/** How the box stands to its provisioning file. */
export type Provisioning =
  /** There is no file, or the box was set up before it came. */
  | { readonly state: "none" }
  /** It is in force. `noted` is for whoever has put that into the audit log. */
  | { readonly state: "applied"; readonly note: AuditNote | null; readonly noted: () => Promise<void> }
  /** Nothing of it is in force. */
  | { readonly state: "refused"; readonly error: TellyportError; readonly note: AuditNote };

/**
 * Puts the installer's first values in force, if this box is new; before anything else is made of the state. What was broken off
 * by a power cut is done by the next start: until the values are on disk there is no identity, and without one the box is new.
 * It never fails: a box that cannot be provisioned starts with its defaults.
 */
export async function provisionState(config: Config, { log }: { readonly log: Log }): Promise<Provisioning> {
  const directory = config.state.directory;
  const at = (name: string): string => join(directory, name);
  // Where it cannot be removed it is noted again at the next start.
  const noted = (): Promise<void> => rm(at(UNNOTED_FILE), { force: true }).catch(() => undefined);
  if (existsSync(at(PROVISIONED))) return { state: "applied", note: await noteOf(at(UNNOTED_FILE)), noted };
  if (existsSync(at(IDENTITY_FILE)) && !existsSync(at(REFUSED_FILE))) return { state: "none" };
  const path = config.provision.file;
  try {
    const provision = await checkProvision(path);
    if (provision === null) return { state: "none" };
    makeFolder(directory, 0o700);
    const note: AuditNote = { event: "provisioned", detail: { keys: keysOf(provision.values).join(" ") } };
    await writeFileAtomic(at(UNNOTED_FILE), JSON.stringify(note.detail));
    await keepProvision(directory, provision.values);
    await rm(at(REFUSED_FILE), { force: true });
    log.info({ path, keys: keysOf(provision.values) }, "provisioned");
    return { state: "applied", note, noted };
  } catch (error) {
    if (!isTellyportError(error)) {
      // The state cannot be written: whoever opens the database says so.
      log.error({ path, error: messageOf(error) }, "provisioning-not-kept");
      return { state: "none" };
    }
    log.error(
      {
        path,
        error: error.message,
        cure: "nothing of it is in force: mend it, try `tellyport provision --check` as the daemon's user, and start the box again",
      },
      "provisioning-refused",
    );
    await rememberRefusal(at(REFUSED_FILE), log);
    return {
      state: "refused",
      error,
      note: { event: "provision-refused", detail: { error: error.message } },
    };
  }
}

/**
 * Reads a provisioning file as the first start of a box does.
 * @returns null: there is none, where there need not be one
 * @throws TellyportError `config-unreadable`, `config-invalid`
 */
export async function checkProvision(path: string): Promise<Provision | null> {
  const provision = await readProvision(path, path === DEFAULT_PROVISION_PATH);
  if (provision === null) return null;
  const { scan } = provision.values;
  if (!isRecord(scan)) return provision;
  const fault = checkTarget({ country: textOf(scan["country"]), system: textOf(scan["system"]) });
  if (fault === null) return provision;
  const line = provision.lineOf(["scan", "country"]);
  throw faulty(`${path}: `, [{ key: "scan.country", message: `scan.country: ${fault}`, line }]);
}

/** How a box of this state stands to its file, for who looks on. */
export function provisioningOf(directory: string): "applied" | "refused" | "new" | "older" {
  const has = (name: string): boolean => existsSync(join(directory, name));
  if (has(PROVISIONED)) return "applied";
  if (has(REFUSED_FILE)) return "refused";
  return has(IDENTITY_FILE) ? "older" : "new";
}

/** What a provisioning file says, key by key; a section without keys says nothing. */
export const leavesOf = (values: Provision["values"]): { key: string; value: unknown }[] =>
  leaves(values).filter(({ value }) => !isRecord(value));

const keysOf = (values: Provision["values"]): string[] => leavesOf(values).map(({ key }) => key);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

async function noteOf(path: string): Promise<AuditNote | null> {
  try {
    const detail: unknown = JSON.parse(await readFile(path, "utf8"));
    const keys = isRecord(detail) ? textOf(detail["keys"]) : "";
    return { event: "provisioned", detail: { keys } };
  } catch {
    // Not there: it was noted.
    return null;
  }
}

async function rememberRefusal(path: string, log: Log): Promise<void> {
  try {
    makeFolder(join(path, ".."), 0o700);
    if (!existsSync(path)) await writeFileAtomic(path, "");
  } catch (error) {
    log.error({ error: messageOf(error) }, "provisioning-not-kept");
  }
}
