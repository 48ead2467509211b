import { readFile, readdir, realpath } from "node:fs/promises";
import { basename, dirname, sep } from "node:path";
import { isVersion } from "./release-name.ts";

/** Versions of which something runs at this moment. */
export interface Running {
  /** Of the daemon. */
  readonly daemons: ReadonlySet<string>;
  /** Of any program, this command itself among them. */
  readonly all: ReadonlySet<string>;
}

/**
 * What runs from the releases in a folder: the launcher names the folder in the command line of what it starts, links resolved.
 * Where the processes cannot be seen, nothing does.
 * @param proc where the kernel shows the processes
 */
export async function runningFrom(folder: string, proc = "/proc"): Promise<Running> {
  const daemons = new Set<string>();
  const all = new Set<string>();
  const below = `${await realpath(folder).catch(() => folder)}${sep}`;
  for (const pid of await readdir(proc).catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    // One that has ended meanwhile has none.
    const words = (await readFile(`${proc}/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    for (const [at, word] of words.entries()) {
      const version = word.startsWith(below) ? (word.slice(below.length).split(sep)[0] ?? "") : "";
      if (!isVersion(version)) continue;
      all.add(version);
      if (basename(word) === "cli.js" && dirname(word) === below + version && words[at + 1] === "run")
        daemons.add(version);
    }
  }
  return { daemons, all };
}
