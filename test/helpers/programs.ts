import { spawnSync } from "node:child_process";

/** For tap's `skip` option: false when every program is installed, else the reason that the run prints. */
export function skipWithoutProgram(...programs: string[]): false | string {
  const missing = programs.filter((program) => spawnSync("which", [program]).status !== 0);
  return missing.length === 0 ? false : `not installed: ${missing.join(", ")}`;
}
