// Folders whose content, rights and times are the same wherever and whenever they are made.
import { chmodSync, lstatSync, lutimesSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Every path below a folder, sorted by bytes; folders before what is in them. */
export function pathsBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Files alone. */
export function filesIn(folder) {
  return pathsBelow(folder).filter((path) => lstatSync(join(folder, path)).isFile());
}

/** Removes files that the rule does not name, and the folders that are empty then. */
export function keepOnly(folder, rule) {
  for (const path of filesIn(folder)) if (!rule.test(path)) rmSync(join(folder, path));
  for (const path of pathsBelow(folder).reverse()) {
    const whole = join(folder, path);
    if (lstatSync(whole).isDirectory() && readdirSync(whole).length === 0) rmSync(whole, { recursive: true });
  }
}

/**
 * Rights by what a file is, and one time for all.
 * @param isProgram tells, by path, what may be run
 * @param epoch seconds
 */
export function level(folder, isProgram, epoch) {
  for (const path of ["", ...pathsBelow(folder)].reverse()) {
    const whole = join(folder, path);
    const kind = lstatSync(whole);
    if (!kind.isSymbolicLink()) chmodSync(whole, kind.isDirectory() || isProgram(path) ? 0o755 : 0o644);
    lutimesSync(whole, epoch, epoch);
  }
}
