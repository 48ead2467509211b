import { access, constants, lstat, readFile, readdir, rm, stat, statfs, writeFile } from "node:fs/promises";
import { totalmem, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { randomBytes } from "node:crypto";
import { messageOf, systemCode } from "../../kernel/errors.ts";
import { isOpenToOthers } from "../../kernel/private-folder.ts";
import type { Box } from "../../protocol/api.ts";
import { note, ok, problem, warning, type Finding } from "./finding.ts";

/** First release of Node that runs Tellyport. */
const OLDEST_NODE = [20, 19] as const;
const MIB = 1024 * 1024;
/** Guide, clients and their journal stay below this; bytes. */
const SPACE = { needed: 64 * MIB, comfortable: 256 * MIB } as const;
/** Beside the media budget, bytes: what the daemon needs by itself. */
const OWN_MEMORY = 128 * MIB;

/** @param version as `process.version` has it */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
    ? ok("node", version)
    : problem("node", `${version} is too old: install ${OLDEST_NODE.join(".")} or later.`);
}

/** Why the clock is not to be trusted, as `GET /api/v1/box` has it. */
type Doubt = NonNullable<Box["clockDoubt"]>;

const CURE =
  "Connect the box to the network and let a time service run (`timedatectl set-ntp true`), or set it. Until then clients can pair and watch, and the guide is wrong.";
const DOUBTS: Record<Doubt, string> = {
  behind: "which is before a time that has been already.",
  implausible: "which is years ahead, and nothing vouches for it.",
  unconfirmed:
    "which may be when the box was switched off last: it has no battery, and nobody told it the time.",
  "broadcast-differs": "and the time by broadcast differs by more than an hour.",
};

/**
 * @param doubt null: it is believed
 * @param now what the system clock says, epoch milliseconds
 */
export function checkClock(doubt: Doubt | null, now: number): Finding {
  const shown = new Date(now).toISOString();
  return doubt === null ? ok("clock", shown) : warning("clock", `It says ${shown}, ${DOUBTS[doubt]} ${CURE}`);
}

/** Whether the directory can be written, and how much room it has. Nothing stays behind; one that is not there is not made. */
export async function checkState(directory: string): Promise<Finding[]> {
  const path = resolve(directory);
  const there = await nearestThere(path);
  const user = userName();
  try {
    if (!(await stat(there)).isDirectory())
      return [problem("state directory", `${there} is no directory: choose another with --state.`)];
    if (there === path) {
      const probe = join(path, `.doctor-${randomBytes(6).toString("hex")}`);
      await writeFile(probe, "x", { mode: 0o600 });
      await rm(probe);
    } else await access(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = systemCode(error);
    const why =
      code === "ENOSPC"
        ? "is full: make room"
        : code === "EROFS"
          ? "is on a read-only file system: choose another with --state"
          : code === "EACCES" || code === "EPERM"
            ? `cannot be written by user ${user}: give it to that user, run this as the daemon's user, or choose another with --state`
            : `cannot be written (${code ?? messageOf(error)}): choose another with --state`;
    return [problem("state directory", `${path} ${why}.`)];
  }
  const written = there === path ? "can be written" : "is not there yet and can be made";
  const foreign = there === path ? await foreignFile(path) : null;
  if (foreign !== null)
    return [
      problem(
        "state directory",
        `${join(path, foreign.name)} belongs to another user than the directory, and the daemon may not touch it: chown -R ${foreign.owner} ${path}.`,
      ),
    ];
  const state =
    there === path && isOpenToOthers(path)
      ? warning("state directory", `${path} can be written, and others may look into it: chmod 700 ${path}`)
      : ok("state directory", `${path} ${written}`);
  return [state, await checkSpace(there)];
}

/** A file of the state that somebody else made, such as root by hand. */
async function foreignFile(directory: string): Promise<{ name: string; owner: string } | null> {
  const { uid, gid } = await stat(directory);
  for (const name of await readdir(directory)) {
    const file = await lstat(join(directory, name)).catch(() => null);
    if (file !== null && file.uid !== uid) return { name, owner: `${uid}:${gid}` };
  }
  return null;
}

async function checkSpace(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free < SPACE.needed)
    return problem(
      "free space",
      `${mebibytes(free)} are too little: make room for ${mebibytes(SPACE.needed)}.`,
    );
  if (free < SPACE.comfortable)
    return warning("free space", `${mebibytes(free)} are little: the guide alone may take 40 MiB.`);
  return ok("free space", mebibytes(free));
}

/**
 * @param available bytes that programs may still take; null where the system does not tell
 * @param media bytes that the configuration gives to media
 */
export function checkMemory(total: number, available: number | null, media: number): Finding {
  const needed = media + OWN_MEMORY;
  const shown = `${mebibytes(total)}${available === null ? "" : `, ${mebibytes(available)} of it free`}`;
  if (total < needed)
    return problem("memory", `${shown}: ${mebibytes(needed)} are needed. Lower live.mediaBudgetMiB.`);
  if (available !== null && available < needed)
    return warning(
      "memory",
      `${shown}: ${mebibytes(needed)} are wanted. End other programs, or lower live.mediaBudgetMiB.`,
    );
  return available === null ? note("memory", shown) : ok("memory", shown);
}

/** @see proc(5), MemAvailable */
export async function readMemory(): Promise<{ total: number; available: number | null }> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return { total: totalmem(), available: available === undefined ? null : Number(available) * 1024 };
}

async function nearestThere(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch((error: unknown) =>
      systemCode(error) === "ENOENT" ? null : undefined,
    );
    if (found !== null || dirname(at) === at) return at;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

function mebibytes(bytes: number): string {
  return bytes >= 10 * 1024 * MIB
    ? `${Math.round(bytes / MIB / 1024)} GiB`
    : `${Math.round(bytes / MIB)} MiB`;
}
