import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLI } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { run } from "../run-command.ts";
import { PUBLIC_KEY, goesBackTo, makeRelease, markGood, startsWith } from "./fake-release.ts";

/** Changes of the disk that end the process before they are made, as a power cut would. */
const PRELOAD = `
const { promises } = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
const { appendFileSync } = require("node:fs");
let left = Number(process.env.CUT_AT);
const within = process.env.TELLYPORT_RELEASES;
for (const name of ["rename", "symlink", "rm", "mkdir", "chmod", "utimes"]) {
  const real = promises[name];
  promises[name] = (...args) => {
    if (args.some((one) => typeof one === "string" && one.startsWith(within))) {
      if (left-- === 0) process.kill(process.pid, "SIGKILL");
      appendFileSync(process.env.CUT_LOG, name + " " + args.slice(0, 2).join(" ") + "\\n");
    }
    return real(...args);
  };
}
syncBuiltinESMExports();
`;

/** What came of a command whose power was cut. */
interface Cut {
  /** It ended before its power was cut. */
  readonly whole: boolean;
  /** The last change that was made. */
  readonly last: string;
  readonly stderr: string;
}

/**
 * Runs `tellyport release ...`, and ends it before its change number `at` (from 0) of what lies below `root`.
 * @param folder where this may write
 */
function cutAt(at: number, args: readonly string[], root: string, folder: string): Cut {
  const preload = join(folder, "cut.cjs");
  const log = join(folder, "cut.log");
  writeFileSync(preload, PRELOAD);
  writeFileSync(log, "");
  const { signal, status, stderr } = spawnSync(
    process.execPath,
    ["--require", preload, CLI, "release", ...args],
    {
      encoding: "utf8",
      env: { ...process.env, TELLYPORT_RELEASES: root, CUT_AT: String(at), CUT_LOG: log },
    },
  );
  if (signal !== "SIGKILL" && status !== 0) throw new Error(`it failed by itself: ${stderr}`);
  const last = readFileSync(log, "utf8").trim().split("\n").at(-1) ?? "";
  return { whole: signal !== "SIGKILL", last: last.replaceAll(root, ""), stderr };
}

/** What is no release below `releases/`: parts of one. */
function brokenReleases(root: string): string[] {
  const folder = join(root, "releases");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((version) => {
    const said = join(folder, version, "VERSION");
    return (
      !existsSync(said) ||
      readFileSync(said, "utf8").trim() !== version ||
      !existsSync(join(folder, version, "chunks/a.js"))
    );
  });
}

/** What {@link cutEverywhere} needs of tap. */
interface Judge extends Teardown {
  ok(value: unknown, message: string): boolean;
  same(found: unknown, wanted: unknown, message: string): boolean;
}

/** A command whose power is cut; releases 0.1.1 to 0.1.3 are there, the last to be used, and never started yet. */
export interface Deed {
  /** Beginning with its name. @param maker what it installs, and the key */
  readonly args: (maker: { fourth: string; key: string }) => string[];
  /** What starts before and after it. */
  readonly from: string;
  readonly to: string;
}

/** More changes than one command makes. */
const MOST = 60;

/** Cuts the power before each change that a command makes: what starts then is the old release or the new one, and whole. */
export async function cutEverywhere(t: Judge, { args, from, to }: Deed): Promise<void> {
  const folder = await temporaryFolder(t);
  const key = join(folder, "key.pem");
  writeFileSync(key, PUBLIC_KEY);
  const before = join(folder, "before");
  const [fourth = "", ...made] = ["0.1.4", "0.1.1", "0.1.2", "0.1.3"].map((version) =>
    makeRelease(folder, version),
  );
  const command = (root: string, ...words: string[]): ReturnType<typeof run> =>
    run(["release", ...words], { env: { TELLYPORT_RELEASES: root } });
  for (const file of made) {
    for (const version of ["0.1.1", "0.1.2"]) markGood(before, version);
    const { code, stderr } = await command(before, "install", file, "--key", key);
    if (code !== 0) throw new Error(stderr);
  }
  for (const version of ["0.1.1", "0.1.2"]) markGood(before, version);
  const words = args({ fourth, key });
  const seen = new Set<string | null>();
  let at = 0;
  for (; at < MOST; at++) {
    const root = join(folder, `cut-${at}`);
    cpSync(before, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    const cut = cutAt(at, words, root, folder);
    const what = `${words[0]}, after ${cut.last || "nothing"}`;
    const starts = startsWith(root);
    seen.add(starts);
    t.ok(starts === from || starts === to, `${what}: ${starts}`);
    t.same(brokenReleases(root), [], what);
    const back = goesBackTo(root);
    t.ok(back === null || existsSync(join(root, "marks", back)), `${what}: back to ${back}, which has run`);
    if (cut.whole) break;
    // What comes next finds nothing in its way.
    const { code, stderr } = await command(root, "use", "base");
    t.same([code, stderr, startsWith(root)], [0, "", "base"], what);
  }
  t.ok(at > 5 && at < MOST, `${words[0]} was cut ${at} times`);
  t.same([...seen].sort(), [from, to].sort(), "before and after");
}
