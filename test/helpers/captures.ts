import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The folder that holds the project, wherever the built test runs from. */
export const PROJECT = resolve(process.env.TELLYPORT_PROJECT ?? process.cwd());

/** Real broadcasts lie beside the project; a fresh clone has none, and the tests that need them skip loudly. */
const FOLDER = process.env.TELLYPORT_CAPTURES ?? join(dirname(PROJECT), "shared", "captures");

/** @returns the capture's path, or null when it is not here */
export function capture(name: string): string | null {
  const path = join(FOLDER, name);
  return existsSync(path) ? path : null;
}

/** For tap's `skip` option: false when the captures are here, else the reason that the run prints. */
export function skipWithout(...names: string[]): false | string {
  const missing = names.filter((name) => capture(name) === null);
  return missing.length === 0 ? false : `captures are not here: ${missing.join(", ")}`;
}
