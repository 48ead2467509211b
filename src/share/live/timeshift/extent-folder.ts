import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, stat, unlink, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

/** Files of a cache on disk. A port, so that tests can have a slow, a full and a broken disk. */

export interface ExtentFile {
  /** Writes all of it. @throws the system's error */
  write(buffers: readonly Buffer[], position: number): Promise<void>;
  /** Fills the buffer. @throws the system's error, or an `EIO` of ours where the file is shorter */
  read(into: Buffer, position: number): Promise<void>;
  /** Gives the bytes back to the disk, and the descriptor. @throws the system's error; the descriptor is closed all the same */
  remove(): Promise<void>;
}

export interface ExtentFolder {
  /** Removes what an earlier run left behind. @returns how many files @throws the system's error */
  clear(): Promise<number>;
  /** @throws the system's error */
  create(): Promise<ExtentFile>;
}

const PREFIX = "tellyport-timeshift-";
const NAME = new RegExp(`^${PREFIX}[0-9a-f]{16}\\.extent$`);

/**
 * A folder of the installer's, who may have other things in it: only regular files of our user, with a name that only we
 * give, are touched, and nothing is opened that was there before. The folder itself is never made: where it should be and
 * is not, a disk is missing, and making it would fill another one. For the same reason it is not used on the system's disk
 * when it was on another one before: it is the empty folder on which a disk was mounted that is gone.
 */
export function extentFolder(directory: string): ExtentFolder {
  let device: number | null = null;
  return {
    async clear() {
      const { dev } = await stat(directory);
      if (device !== null && dev !== device && dev === (await stat("/")).dev) throw unmounted();
      device = dev;
      let removed = 0;
      for (const name of await readdir(directory)) {
        if (!NAME.test(name)) continue;
        const path = join(directory, name);
        const found = await lstat(path);
        if (!found.isFile() || found.uid !== process.getuid?.()) continue;
        await unlink(path);
        removed++;
      }
      return removed;
    },
    async create() {
      const path = join(directory, `${PREFIX}${randomBytes(8).toString("hex")}.extent`);
      const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        const stats = await handle.stat();
        if (stats.dev === (device ??= stats.dev)) return new DiskFile(path, handle, stats);
        await unlink(path);
        throw unmounted();
      } catch (error) {
        await handle.close();
        throw error;
      }
    },
  };
}

const unmounted = (): Error => Object.assign(new Error("the disk is not mounted"), { code: "ENODEV" });

/** Its descriptor stays open for its life, so that no name is ever resolved twice. */
class DiskFile implements ExtentFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #stats: Stats;

  constructor(path: string, handle: FileHandle, stats: Stats) {
    this.#path = path;
    this.#handle = handle;
    this.#stats = stats;
  }

  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    let left = [...buffers];
    for (let at = position; left.length > 0;) {
      const { bytesWritten } = await this.#handle.writev(left, at);
      at += bytesWritten;
      left = after(left, bytesWritten);
    }
  }

  async read(into: Buffer, position: number): Promise<void> {
    for (let filled = 0; filled < into.length;) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, position + filled);
      if (bytesRead === 0) throw Object.assign(new Error("the file is shorter than it was"), { code: "EIO" });
      filled += bytesRead;
    }
  }

  async remove(): Promise<void> {
    try {
      // Also where the name cannot be removed (a folder that became read-only), or has another link.
      await this.#handle.truncate(0);
      const there = await lstat(this.#path).catch(() => null);
      // Somebody else's by now, or moved away: not ours to remove.
      if (there?.ino === this.#stats.ino && there.dev === this.#stats.dev) await unlink(this.#path);
    } finally {
      await this.#handle.close();
    }
  }
}

/** What is left of some buffers after their first `count` bytes. */
function after(buffers: readonly Buffer[], count: number): Buffer[] {
  const left: Buffer[] = [];
  let skip = count;
  for (const buffer of buffers) {
    if (skip < buffer.length) left.push(buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return left;
}
