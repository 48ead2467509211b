// Packages as the registry has them, each checked against the integrity that the project names, and kept.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const CACHE = "build/package-cache";

function integrityOf(file) {
  return `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
}

/**
 * @param {string} name
 * @param {string} version
 * @param {string} integrity as in package-lock.json, `sha512-...`
 * @returns {string} the tarball's path; it holds one folder, `package`
 */
export function fetched(name, version, integrity) {
  mkdirSync(CACHE, { recursive: true });
  const file = join(CACHE, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  if (existsSync(file) && integrityOf(file) === integrity) return file;
  const scratch = mkdtempSync(join(CACHE, "fetching-"));
  try {
    const pack = ["pack", `${name}@${version}`, "--pack-destination", scratch, "--silent"];
    execFileSync("npm", pack, { stdio: ["ignore", "ignore", "inherit"] });
    const [packed] = readdirSync(scratch);
    const found = packed === undefined ? "nothing" : integrityOf(join(scratch, packed));
    if (found !== integrity) throw new Error(`${name}@${version} should be ${integrity}, and is ${found}`);
    renameSync(join(scratch, packed), file);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return file;
}

/** Unpacks such a tarball into a folder that is made, only the paths within it that are named, or all. */
export function unpack(tarball, folder, paths = []) {
  mkdirSync(folder, { recursive: true });
  const members = paths.map((path) => `package/${path}`);
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1", "--no-same-owner", ...members]);
}
