import { chmodSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "./errors.ts";
import type { LineLog } from "./log-sparingly.ts";

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077;

/** Whether anybody but its owner may look into a folder. @throws a system error, where it is not there */
export function isOpenToOthers(path: string): boolean {
  return (statSync(path).mode & OTHERS) !== 0;
}

/**
 * Makes a folder 0700 that somebody else made for us, as a service manager does with 0755. It is one made for us when it is our
 * user's and nothing lies in it that others may read: then nobody loses anything. Else (somebody's home, another user's folder)
 * it stays as it is, and the log says what to do.
 */
export function keepPrivate(path: string, log: LineLog): void {
  if (!isOpenToOthers(path)) return;
  try {
    if (
      isOurs(path) &&
      readdirSync(path).every((name) => (lstatSync(join(path, name)).mode & OTHERS) === 0)
    ) {
      chmodSync(path, 0o700);
      return log.info({ path }, "state-directory-tightened");
    }
    log.warn({ path, cure: `others may look into it: chmod 700 ${path}` }, "state-directory-open");
  } catch (error) {
    log.warn({ path, error: messageOf(error) }, "state-directory-open");
  }
}

function isOurs(path: string): boolean {
  return statSync(path).uid === process.getuid?.();
}
