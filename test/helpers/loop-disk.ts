import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { skipWithoutProgram } from "./programs.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** A file system of its own on a block device of its own: what is written to it is counted by the kernel. */
export interface LoopDisk {
  /** Its root. */
  readonly path: string;
  /** `remount,ro`, `remount,rw`, or `remount,abort`, which is what a failing device does. */
  mount(options: string): void;
  /** Bytes that reached the device since it was mounted. */
  written(): number;
}

/** For tap's `skip`. */
export function skipWithoutLoopDisk(): false | string {
  const missing = skipWithoutProgram("losetup", "mkfs.ext4", "mount", "umount");
  if (missing !== false) return missing;
  if (process.getuid?.() !== 0) return "only root may mount";
  const device = spawnSync("losetup", ["--find"], { encoding: "utf8" });
  return device.status === 0 ? false : `no loop device: ${device.stderr.trim()}`;
}

/** @param mebibytes its size */
export async function loopDisk(t: Teardown, mebibytes: number): Promise<LoopDisk> {
  const folder = await temporaryFolder(t);
  const [image, path] = [join(folder, "disk.img"), join(folder, "disk")];
  mkdirSync(path);
  must("truncate", "-s", `${mebibytes}M`, image);
  must("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image);
  const device = must("losetup", "--find", "--show", image);
  t.teardown(() => spawnSync("losetup", ["--detach", device]));
  must("mount", "-o", "noatime", device, path);
  t.teardown(() => spawnSync("umount", ["--lazy", path]));
  // What making it has left in caches is not counted.
  must("sync", "-f", path);
  const sectors = (): number => {
    const fields = readFileSync(`/sys/block/${basename(device)}/stat`, "utf8")
      .trim()
      .split(/\s+/);
    return Number(fields[6]);
  };
  const begin = sectors();
  return {
    path,
    mount: (options) => void must("mount", "-o", options, path),
    written: () => {
      must("sync", "-f", path);
      return (sectors() - begin) * 512;
    },
  };
}

function must(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}
