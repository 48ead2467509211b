import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VERSION } from "../../version.ts";
import { isVersion } from "./release-name.ts";

/** What boxes start the daemon by: a link to the launcher of the release that came with the box. */
const LAUNCHER = "/usr/bin/tellyport";

/**
 * The version of the release that came with the box.
 * @param own path of the program that runs
 * @param releases folder of the releases beside it
 * @returns null where only one of those is seen
 */
export async function baseVersion(
  own: string,
  releases: string,
  launcher: string = LAUNCHER,
): Promise<string | null> {
  const [base, program, beside] = await Promise.all(
    [launcher, own, releases].map((path) => realpath(path).catch(() => path)),
  );
  const said = await readFile(join(dirname(base ?? ""), "VERSION"), "utf8").catch(() => "");
  if (isVersion(said.trim())) return said.trim();
  return dirname(dirname(program ?? "")) === beside ? null : VERSION;
}
