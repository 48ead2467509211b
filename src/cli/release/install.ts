import { execFile } from "node:child_process";
import { lstat, open, readFile, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "../../kernel/clock.ts";
import { syncFolder } from "../../kernel/atomic-file.ts";
import { TellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import { machineOf } from "./elf.ts";
import { architectureOf, parseReleaseName, type Architecture } from "./release-name.ts";
import type { Releases } from "./releases.ts";
import { RELEASE_KEY, checkSignature, readReleaseKey } from "./signature.ts";
import { contentsOf, invalid, unpack } from "./unpack.ts";

/** A release's archive is held in memory: that of one with a Node of its own is a fifth of it, bytes. */
const LARGEST = 192 * 1024 * 1024;
/** What stays free on the disk, bytes: the daemon's state may lie there too. */
const LEFT_FREE = 32 * 1024 * 1024;
/** Ms that a release may take to say its version, on a slow box. */
const TRIAL = 60_000;

export interface InstallOptions {
  readonly file: string;
  /** Of whoever made it; absent: {@link RELEASE_KEY}. */
  readonly key?: string | undefined;
  readonly unsigned: boolean;
  readonly clock: Clock;
  /** Default: this machine's, as Node calls it. */
  readonly machine?: string;
}

/**
 * Puts a release beside the others and has it run from the next start on. Nothing is changed before it was verified, unpacked,
 * tried and written to the disk.
 * @returns its version, and those that were removed to make room
 * @throws TellyportError `release-invalid`, `release-unverified`, `release-in-use`, `release-no-room`, `release-tool-missing`,
 * `releases-unusable`
 */
export async function install(
  releases: Releases,
  options: InstallOptions,
): Promise<{ version: string; gone: string[] }> {
  const archive = await readArchive(options.file);
  if (!options.unsigned) {
    const key = await readReleaseKey(options.key ?? RELEASE_KEY, options.key !== undefined);
    await checkSignature(options.file, archive, key);
  }
  const contents = await contentsOf(archive);
  const name = parseReleaseName(contents.folder);
  if (name === null)
    throw invalid(`its folder is ${JSON.stringify(contents.folder)}, not tellyport-VERSION-linux-ARCH`);
  const here = architectureOf(options.machine ?? process.arch);
  if (name.architecture !== here)
    throw invalid(`it is for ${name.architecture}, and this is ${here ?? process.arch}`);
  const { version } = name;
  if (((await releases.at("current")) ?? "") === version)
    throw new TellyportError(
      "release-in-use",
      `Release ${version} is in use already. To put it there anew, use another first: \`tellyport release rollback\`.`,
    );
  await releases.refuseRunning(version);
  await checkRoom(releases.incoming, contents.bytes);
  await unpack(archive, releases.incoming);
  const folder = join(releases.incoming, contents.folder);
  await checkWhole(folder, version, here);
  await tryOut(folder, version);
  await syncTree(folder);
  // One of that name that is there and not in use: put back, perhaps, after it failed.
  if ((await releases.list()).some((one) => one.version === version)) await releases.discard(version);
  await releases.adopt(folder, version, options.clock.now());
  await releases.use(version);
  return { version, gone: await releases.retire() };
}

/** Why an archive cannot be read, and the cure. */
function unreadable(path: string, code: string): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return `There is no file ${path}: give the path of the release as it lies on this box (tellyport-VERSION-linux-ARCH.tar.xz).`;
    case "EISDIR":
      return `${path} is a folder: give the release as it was fetched, not unpacked (tellyport-VERSION-linux-ARCH.tar.xz).`;
    case "EACCES":
    case "EPERM":
      return `${path} may not be read (${code}): run this as root.`;
    default:
      return `${path} cannot be read (${code}): fetch it again, or see to the disk that it lies on.`;
  }
}

/** @throws TellyportError `release-invalid` */
async function readArchive(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST) throw invalid(`${path} is larger than any`);
    return await readFile(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new TellyportError("release-invalid", unreadable(path, code), {
      cause: error,
    });
  }
}

/** @param bytes that will be written. @throws TellyportError `release-no-room` */
async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + LEFT_FREE) return;
  const mebibytes = (size: number): string => `${Math.ceil(size / 1024 / 1024)} MiB`;
  throw new TellyportError(
    "release-no-room",
    `There is no room for it: ${mebibytes(bytes + LEFT_FREE)} are needed where ${folder} lies, and ${mebibytes(free)} are free. \`tellyport release list\` shows what lies there, \`tellyport release remove VERSION\` takes one away.`,
  );
}

/** @throws TellyportError `release-invalid` when something is missing, or is for another machine */
async function checkWhole(folder: string, version: string, here: Architecture): Promise<void> {
  for (const name of ["cli.js", "launch"]) {
    const found = await lstat(join(folder, name)).catch(() => null);
    if (found?.isFile() !== true) throw invalid(`${name} is missing in it`);
  }
  // Without these the launcher takes it for one that a power cut left.
  for (const name of ["chunks", "node_modules"]) {
    const found = await lstat(join(folder, name)).catch(() => null);
    if (found?.isDirectory() !== true) throw invalid(`the folder ${name} is missing in it`);
  }
  const said = await readFile(join(folder, "VERSION"), "utf8").catch(() => "");
  if (said.trim() !== version) throw invalid(`it calls itself ${JSON.stringify(said.trim().slice(0, 64))}`);
  for (const path of await filesBelow(folder)) {
    if (!/\.node$|\/bin\/node$/.test(path)) continue;
    const machine = machineOf(await headOf(path));
    if (machine !== here)
      throw invalid(
        `${path.slice(folder.length + 1)} is for ${machine ?? "another machine"}, and this is ${here}`,
      );
  }
}

/** Has it say its version: what cannot start here is seen before it is needed. @throws TellyportError `release-invalid` */
async function tryOut(folder: string, version: string): Promise<void> {
  const own = join(folder, "bin/node");
  const node = (await lstat(own).catch(() => null)) === null ? process.execPath : own;
  try {
    const { stdout } = await promisify(execFile)(node, [join(folder, "cli.js"), "--version"], {
      timeout: TRIAL,
    });
    if (stdout.trim() === version) return;
  } catch (error) {
    throw invalid(`it does not start on this box (${messageOf(error).trim().split("\n").at(-1) ?? ""})`);
  }
  throw invalid("the program in it is of another version");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(20), 0, 20, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Puts all of a folder on the disk, its own entry excepted. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      const file = await open(path, "r");
      await file.sync().finally(() => file.close());
    }
  }
  await syncFolder(folder);
}
