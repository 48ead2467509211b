import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { architectureOf } from "../../../src/cli/release/release-name.ts";

/** A maker of releases, with the key that they are signed with. */
export const MAKER = generateKeyPairSync("ed25519");
export const PUBLIC_KEY = MAKER.publicKey.export({ type: "spki", format: "pem" }) as string;

export interface FakeRelease {
  /** What `VERSION` says, and the program; default: the version. */
  readonly says?: string;
  readonly machine?: string;
  /** Further files, by their path below the folder. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Done in the folder before it is packed. */
  readonly change?: (folder: string) => void;
}

/** Writes a release of a few files, and its signature. @returns the archive's path */
export function makeRelease(folder: string, version: string, fake: FakeRelease = {}): string {
  const { says = version, machine = architectureOf(process.arch) ?? "", files = {}, change } = fake;
  const name = `tellyport-${version}-linux-${machine}`;
  const top = join(folder, name);
  mkdirSync(join(top, "chunks"), { recursive: true });
  const all = {
    "cli.js": `console.log(${JSON.stringify(says)});\n`,
    launch: `#!/bin/sh\necho ${says}\n`,
    VERSION: `${says}\n`,
    "chunks/a.js": `// ${version}\n`.repeat(100),
    "node_modules/.keep": "",
    ...files,
  };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(join(top, path, ".."), { recursive: true });
    writeFileSync(join(top, path), content);
  }
  chmodSync(join(top, "launch"), 0o755);
  change?.(top);
  const archive = join(folder, `${name}.tar.xz`);
  const packed = spawnSync("tar", ["-C", folder, "-cJf", archive, name], { encoding: "utf8" });
  if (packed.status !== 0) throw new Error(packed.stderr);
  signRelease(archive);
  return archive;
}

export function signRelease(archive: string): void {
  writeFileSync(`${archive}.sig`, sign(null, readFileSync(archive), MAKER.privateKey));
}

/** A release that stays when it is started as the daemon. */
export const STAYS: FakeRelease = {
  files: {
    "cli.js": `import { readFileSync } from "node:fs";
const version = readFileSync(new URL("VERSION", import.meta.url), "utf8").trim();
console.log(version);
if (process.argv[2] === "run") setInterval(() => undefined, 1000);\n`,
    "package.json": '{"type":"module"}\n',
  },
};

/** As the daemon does once a release has run well. */
export function markGood(root: string, version: string): void {
  mkdirSync(join(root, "marks"), { recursive: true });
  writeFileSync(join(root, "marks", version), "");
}

/** The version that is gone back to; null: the one that came with the box. */
export function goesBackTo(root: string): string | null {
  try {
    return basename(readlinkSync(join(root, "previous")));
  } catch {
    return null;
  }
}

/** What would be started: the version of the release that `current` leads to, `base` for none; null: neither. */
export function startsWith(root: string): string | null {
  let target: string;
  try {
    target = readlinkSync(join(root, "current"));
  } catch {
    return "base";
  }
  const run = spawnSync("sh", [join(root, target, "launch")], { encoding: "utf8" });
  return run.status === 0 ? run.stdout.trim() : null;
}
