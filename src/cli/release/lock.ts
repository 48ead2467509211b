import { readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { bootId } from "../../kernel/clock-evidence.ts";
import { TellyportError, systemCode } from "../../kernel/errors.ts";

/**
 * Runs `work` while nobody else changes the releases. An install may take minutes, so the lock's age says nothing: it is one
 * process's of one run of the machine (a link is made whole or not at all), and void when that is gone.
 * @throws TellyportError `release-in-use` while another holds it, `releases-unusable`
 */
export async function withReleasesLocked<T>(root: string, work: () => Promise<T>): Promise<T> {
  const path = join(root, "lock");
  const own = `${process.pid}@${bootId() ?? "here"}`;
  try {
    await symlink(own, path);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") {
      throw new TellyportError(
        "releases-unusable",
        `The releases in ${root} cannot be changed (${systemCode(error) ?? "unknown"}): run this as root.`,
        { cause: error },
      );
    }
    const holder = await readlink(path).catch(() => "");
    if (isHeld(holder)) {
      throw new TellyportError(
        "release-in-use",
        `Another process (${holder.split("@")[0]}) changes the releases of this box. Try again when it has ended.`,
      );
    }
    await rm(path, { force: true });
    await symlink(own, path);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

function isHeld(holder: string): boolean {
  const [pid = "", boot] = holder.split("@");
  if (boot !== (bootId() ?? "here") || !/^\d{1,10}$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return systemCode(error) !== "ESRCH";
  }
}
