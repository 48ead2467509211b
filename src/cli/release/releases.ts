import { chmod, lstat, mkdir, readdir, readlink, rename, rm, symlink, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder } from "../../kernel/atomic-file.ts";
import { TellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import { isVersion } from "./release-name.ts";
import { retired, type Lying } from "./retired.ts";
import { runningFrom, type Running } from "./running.ts";

/** Where releases lie beside the one that came with the box: `$TELLYPORT_RELEASES`, else this. */
const RELEASES = "/var/lib/tellyport-releases";

/** The folder of this box's releases. */
export function releasesRoot(env: Readonly<Record<string, string | undefined>>): string {
  return env["TELLYPORT_RELEASES"] || RELEASES;
}

/** A release that was installed. */
export interface Release extends Lying {
  readonly current: boolean;
  readonly previous: boolean;
  /** It has run well for a minute. */
  readonly good: boolean;
}

/**
 * Releases side by side:
 *
 *     releases/<version>/    each whole, or not there
 *     current, previous      links to releases/<version>: what starts next, and what ran last before it; absent, or both the
 *                            same: the one that came with the box
 *     bad/<version>          it failed, and is not gone back to; systemd/rollback.sh makes these
 *     marks/<version>        it has run well; the daemon makes these, and nothing else here is its to write
 *     incoming/              what is being unpacked or removed; nothing of it counts
 *
 * Every change is one rename, and on disk before the next: a power cut leaves what was, or what is to be.
 */
export class Releases {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Makes the folder of all. @throws TellyportError `releases-unusable` */
  async prepareRoot(): Promise<void> {
    await this.#guarded(() => openFolder(this.root));
  }

  /** Makes those in it, and takes away what a power cut left. @throws TellyportError `releases-unusable` */
  async prepare(): Promise<void> {
    await this.#guarded(async () => {
      await openFolder(this.folder);
      await rm(this.incoming, { recursive: true, force: true });
      await mkdir(this.incoming, { mode: 0o700 });
    });
  }

  get incoming(): string {
    return join(this.root, "incoming");
  }

  /** Where they lie, each in a folder named like its version. */
  get folder(): string {
    return join(this.root, "releases");
  }

  folderOf(version: string): string {
    return join(this.folder, version);
  }

  /** The version that `current` or `previous` leads to; null: the one that came with the box. */
  async at(link: "current" | "previous"): Promise<string | null> {
    const target = await readlink(join(this.root, link)).catch(() => null);
    if (target === null || !/^releases\/[^/]+$/.test(target)) return null;
    const version = basename(target);
    return isVersion(version) && (await isFolder(this.folderOf(version))) ? version : null;
  }

  /** Newest first. */
  async list(): Promise<Release[]> {
    const [current, previous] = [await this.at("current"), await this.at("previous")];
    const names = await readdir(this.folder).catch(() => []);
    const found: Release[] = [];
    for (const version of names.filter(isVersion)) {
      const stat = await lstat(this.folderOf(version));
      if (!stat.isDirectory()) continue;
      const isThere = (folder: string): Promise<boolean> =>
        lstat(join(this.root, folder, version)).then(
          () => true,
          () => false,
        );
      found.push({
        version,
        installedAt: Math.round(stat.mtimeMs),
        current: version === current,
        previous: version === previous && version !== current,
        bad: await isThere("bad"),
        good: await isThere("marks"),
      });
    }
    return found.sort((a, b) => b.installedAt - a.installedAt);
  }

  /** @throws TellyportError `release-not-found` */
  async find(version: string): Promise<Release> {
    const all = await this.list();
    const found = all.find((one) => one.version === version);
    if (found !== undefined) return found;
    const known = all.length === 0 ? "None is" : `${all.map((one) => one.version).join(", ")} are`;
    throw new TellyportError(
      "release-not-found",
      `There is no release ${version} on this box. ${known} installed; \`tellyport release install FILE\` adds one.`,
    );
  }

  /**
   * Takes over a folder of {@link incoming} that is on disk.
   * @param now epoch ms
   */
  async adopt(folder: string, version: string, now: number): Promise<void> {
    await this.#guarded(async () => {
      await utimes(folder, now / 1000, now / 1000);
      // What was said of an earlier one of that version is not said of this one.
      for (const said of ["bad", "marks"]) await rm(join(this.root, said, version), { force: true });
      await rename(folder, this.folderOf(version));
      await syncFolder(this.folder);
    });
  }

  /**
   * Runs `version` from the next start on; null: the one that came with the box. What ran last is the one before, then: one that
   * was never started is none to go back to.
   */
  async use(version: string | null): Promise<void> {
    const current = await this.at("current");
    if (current === version) return;
    const before = await this.#ranLast(current);
    await this.#guarded(async () => {
      if (version !== null) await rm(join(this.root, "bad", version), { force: true });
      if (before !== version) await this.#lead("previous", before);
      await this.#lead("current", version);
      // Nothing is before itself. Last, since there is a way back until then.
      if (before === version) await this.#lead("previous", null);
    });
  }

  /**
   * Goes back to the release before. Nothing is before it then but the one that came with the box.
   * @returns its version; null: the one that came with the box
   * @throws TellyportError `release-not-found` when that runs already
   */
  async goBack(): Promise<string | null> {
    const current = await this.at("current");
    if (current === null) {
      throw new TellyportError(
        "release-not-found",
        "The release that came with the box is in use: nothing was before it. `tellyport release list` shows what else there is.",
      );
    }
    const previous = await this.at("previous");
    const all = await this.list();
    const isFit = all.some((one) => one.version === previous && !one.bad && !one.current);
    const to = isFit ? previous : null;
    await this.#guarded(async () => {
      await this.#lead("current", to);
      await this.#lead("previous", null);
    });
    return to;
  }

  /** Versions that a program runs from at this moment: in their first minute they have no mark. */
  running(): Promise<Running> {
    return runningFrom(this.folder);
  }

  /** @throws TellyportError `release-in-use` while a program runs from it */
  async refuseRunning(version: string): Promise<void> {
    const { all, daemons } = await this.running();
    if (!all.has(version)) return;
    throw new TellyportError(
      "release-in-use",
      daemons.has(version)
        ? `Release ${version} runs still, though another is to be used: \`systemctl restart tellyport.service\` starts that one. Try again then.`
        : `A command of release ${version} runs still. Try again when it has ended.`,
    );
  }

  /** @throws TellyportError `release-not-found`, `release-in-use` */
  async remove(version: string): Promise<void> {
    const found = await this.find(version);
    if (found.current || found.previous) {
      throw new TellyportError(
        "release-in-use",
        found.current
          ? `Release ${version} is in use: \`tellyport release rollback\` goes back to the one before, or \`tellyport release use\` to another.`
          : `Release ${version} is what the box goes back to when the present one fails. It goes by itself when newer ones are installed.`,
      );
    }
    await this.refuseRunning(version);
    await this.discard(version);
  }

  /** Removes what is beyond those that are kept. @returns their versions */
  async retire(): Promise<string[]> {
    const all = await this.list();
    const running = await this.running();
    const needed = all.filter((one) => one.current || one.previous || running.all.has(one.version));
    const gone = retired(
      all,
      needed.map(({ version }) => version),
    );
    for (const version of gone) await this.discard(version);
    return gone;
  }

  /** Takes a release away, needed or not. Moved first: what is half removed is no release. */
  async discard(version: string): Promise<void> {
    await this.#guarded(async () => {
      const away = join(this.incoming, `gone-${version}`);
      await rename(this.folderOf(version), away);
      await syncFolder(this.folder);
      await rm(away, { recursive: true, force: true });
      for (const said of ["bad", "marks"]) await rm(join(this.root, said, version), { force: true });
    });
  }

  /** What the box goes back to when `current` is replaced: what runs, else what ran well, else what it was until now. */
  async #ranLast(current: string | null): Promise<string | null> {
    const { daemons } = await this.running();
    const [running] = daemons;
    if (running !== undefined) return current !== null && daemons.has(current) ? current : running;
    if (current === null) return null;
    const { good } = await this.find(current);
    return good ? current : this.at("previous");
  }

  async #lead(link: "current" | "previous", version: string | null): Promise<void> {
    const path = join(this.root, link);
    if (version === null) await rm(path, { force: true });
    else {
      await rm(`${path}.new`, { force: true });
      await symlink(`releases/${version}`, `${path}.new`);
      await rename(`${path}.new`, path);
    }
    await syncFolder(this.root);
  }

  /** @throws TellyportError `releases-unusable` in place of a system error */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      const cure =
        code === "EACCES" || code === "EPERM"
          ? "run this as root"
          : code === "ENOSPC"
            ? "make room there; `tellyport release remove VERSION` takes one away"
            : "see to its file system";
      throw new TellyportError(
        "releases-unusable",
        `The releases in ${this.root} cannot be changed (${code}): ${cure}. (${messageOf(error)})`,
        { cause: error },
      );
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => null);
  return stat?.isDirectory() === true;
}

/** The daemon's user looks into it. */
async function openFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o755 });
  await chmod(path, 0o755);
}
