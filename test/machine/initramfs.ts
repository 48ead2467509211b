import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A file of an archive. */
export interface ArchiveEntry {
  readonly path: string;
  /** With the file's type, as stat(2) has it. */
  readonly mode: number;
  readonly content: Buffer;
}

/** Packs files as the kernel takes them for its first file system. @see Linux, Documentation/driver-api/early-userspace/buffer-format.rst */
export function newcArchive(entries: readonly ArchiveEntry[]): Buffer {
  const parts: Buffer[] = [];
  const pad = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);
  [...entries, { path: "TRAILER!!!", mode: 0, content: Buffer.alloc(0) }].forEach((entry, index) => {
    const { path, mode, content } = entry;
    const numbers = [index + 1, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length + 1, 0];
    const head = Buffer.from(
      `070701${numbers.map((one) => one.toString(16).padStart(8, "0")).join("")}${path}\0`,
    );
    parts.push(head, pad(head.length), content, pad(content.length));
  });
  return Buffer.concat(parts);
}

const FILE = 0o100755;
const FOLDER = 0o040755;

/** What is needed until the root file system is there. */
const FIRST = ["virtio_pci", "virtio_mmio", "virtio_blk", "crc32c_generic", "ext4"];

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod "$module" || echo "initramfs: $module cannot be loaded"; done
until root=$(/bin/busybox findfs LABEL=tellyport-root 2>/dev/null); do /bin/busybox usleep 50000; done
/bin/busybox mount -t ext4 -o ro "$root" /new
for one in dev proc sys; do /bin/busybox mount --move /$one /new/$one; done
exec /bin/busybox switch_root /new /usr/lib/systemd/systemd
`;

/**
 * The first file system: a shell that loads modules and mounts the disk that is called tellyport-root. Kernels of
 * distributions have the drivers of disks as modules; their own tool takes minutes under emulation.
 * @param modules the folder of the kernel's modules, with modules.dep
 */
export function makeInitramfs(modules: string, busybox: string): Buffer {
  const files = inOrder(readFileSync(join(modules, "modules.dep"), "utf8"), FIRST).map((path, index) => {
    const name = `${String(index).padStart(2, "0")}-${basename(path).replace(/\.xz$/, "")}`;
    return { path: `modules/${name}`, mode: FILE, content: unpacked(join(modules, path)) };
  });
  const folders = ["bin", "dev", "proc", "sys", "new", "modules"];
  return newcArchive([
    ...folders.map((path) => ({ path, mode: FOLDER, content: Buffer.alloc(0) })),
    { path: "bin/busybox", mode: FILE, content: readFileSync(busybox) },
    { path: "init", mode: FILE, content: Buffer.from(INIT) },
    ...files,
  ]);
}

/** Paths of these modules and of all that they need, what is needed first. Those that are part of the kernel are in none. */
export function inOrder(dependencies: string, names: readonly string[]): string[] {
  const lines = dependencies.split("\n").map((line) => line.split(":"));
  const order = new Set<string>();
  for (const name of names) {
    const [path = "", needed = ""] =
      lines.find(([one = ""]) => basename(one).replace(/\.ko(\.xz)?$/, "") === name) ?? [];
    if (path === "") continue;
    // Each line names what is needed by what stands before it.
    for (const one of needed.trim().split(/\s+/).reverse()) if (one !== "") order.add(one);
    order.add(path);
  }
  return [...order];
}

function unpacked(file: string): Buffer {
  if (!file.endsWith(".xz")) return readFileSync(file);
  const { status, stdout, stderr } = spawnSync("xz", ["-dc", file], { maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`${file}: ${stderr.toString()}`);
  return stdout;
}
