import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { PUBLIC_KEY, makeRelease, signRelease } from "../cli/release/fake-release.ts";
import { PROJECT } from "../helpers/captures.ts";
import { makeInitramfs } from "./initramfs.ts";

/** What the machine is turned on with. */
export interface Image {
  readonly folder: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** The system; never written. */
  readonly root: string;
  /** What is written. */
  readonly data: string;
  /** What an installer brings: releases and the key of their maker. */
  readonly gifts: string;
  /** What the kernel says. */
  readonly console: string;
  /** Of the release that does not start. */
  readonly broken: string;
}

const SCRIPT = join(PROJECT, "test/machine/image.sh");
const ROOTS = resolve(PROJECT, process.env["TELLYPORT_ROOTS"] ?? "build/debian-roots");
export const PACKAGES = resolve(PROJECT, process.env["TELLYPORT_PACKAGES"] ?? "build/packages");
export const BROKEN = "9.0.0";

/**
 * What an installer writes into the image, below its root; links begin with `->`. An emulated processor that shares its own with
 * others takes minutes for what a box does in seconds: disks and the service are waited for accordingly.
 */
const FILES: Readonly<Record<string, string>> = {
  "etc/hostname": "tellyport-box\n",
  // Empty: each box gets its own.
  "etc/machine-id": "",
  "etc/fstab": [
    "LABEL=tellyport-root / ext4 ro 0 0",
    "LABEL=tellyport-data /data ext4 noatime,x-systemd.device-timeout=20min 0 2",
    "LABEL=tellyport-gifts /gifts ext4 ro,nofail,x-systemd.device-timeout=20min 0 0",
    "/data/tellyport /var/lib/tellyport none bind,x-systemd.requires-mounts-for=/data 0 0",
    "/data/tellyport-releases /var/lib/tellyport-releases none bind,x-systemd.requires-mounts-for=/data 0 0",
    "",
  ].join("\n"),
  "etc/systemd/network/20-wired.network":
    "[Match]\nType=ether\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
  "etc/systemd/system/multi-user.target.wants/systemd-networkd.service":
    "->/usr/lib/systemd/system/systemd-networkd.service",
  "etc/systemd/journald.conf.d/box.conf":
    "[Journal]\nStorage=volatile\nForwardToConsole=yes\nTTYPath=/dev/ttyAMA0\nMaxLevelConsole=info\n",
  "etc/systemd/system/serial-getty@ttyAMA0.service": "->/dev/null",
  "etc/systemd/system/getty@tty1.service": "->/dev/null",
  "etc/tellyport/tellyport.yaml": "tuners: {mock: {}}\n",
  "etc/tellyport/provision.yaml":
    "box: {name: Emulated box}\nscan: {atFirstStart: true}\naccess: {policy: relaxed}\n",
  "etc/systemd/system/tellyport.service.d/emulated.conf":
    "[Service]\nTimeoutStartSec=1200\nWatchdogSec=120\n",
  // Of the test: a shell at a serial port, and the daemon's socket at a port of the network.
  "etc/systemd/system/test-shell.service":
    '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/sh -c \'set -- /dev/vport*p1; [ -c "$1" ] && exec /bin/sh 0<>"$1" >&0 2>&0\'\nRestart=always\nRestartSec=1\n',
  "etc/systemd/system/multi-user.target.wants/test-shell.service": "->/etc/systemd/system/test-shell.service",
  "etc/systemd/system/test-control.socket": "[Socket]\nListenStream=9000\n",
  "etc/systemd/system/test-control.service":
    "[Service]\nExecStart=/usr/lib/systemd/systemd-socket-proxyd /var/lib/tellyport/control.sock\n",
  "etc/systemd/system/sockets.target.wants/test-control.socket": "->/etc/systemd/system/test-control.socket",
};

function run(...args: string[]): void {
  const { status, stderr, stdout } = spawnSync("nice", ["-n", "19", "sh", SCRIPT, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0)
    throw new Error(`image.sh ${args.join(" ")}\n${stdout.slice(-3000)}${stderr.slice(-3000)}`);
}

/** Makes the image, or takes the one that was kept. @param fresh true: what is written begins anew */
export function makeImage(fresh: boolean): Image {
  const folder = join(PROJECT, "build/machine");
  const file = (name: string): string => join(folder, name);
  const [kernel, initramfs, root, data, gifts] = [
    "kernel/Image",
    "initramfs",
    "root.img",
    "data.img",
    "gifts.img",
  ].map(file) as [string, string, string, string, string];
  const newest = Math.max(
    ...readdirSync(PACKAGES)
      .filter((name) => name.endsWith("_arm64.deb"))
      .map((name) => statSync(join(PACKAGES, name)).mtimeMs),
  );
  const isOld = (path: string): boolean => !existsSync(path) || statSync(path).mtimeMs < newest;
  const made = file("root.made");
  if (isOld(made)) {
    run("root", join(ROOTS, "arm64"), folder, PACKAGES);
    writeFileSync(made, "");
    rmSync(root, { force: true });
  }
  if (isOld(root)) {
    for (const [path, text] of Object.entries(FILES)) install(join(folder, "root", path), text);
    for (const path of ["data", "gifts"]) mkdirSync(join(folder, "root", path), { recursive: true });
    writeFileSync(kernel, bareKernel(readFileSync(file("kernel/vmlinuz"))));
    const release = readFileSync(file("kernel/release"), "utf8").trim();
    writeFileSync(
      initramfs,
      makeInitramfs(join(folder, "root/usr/lib/modules", release), file("kernel/busybox/usr/bin/busybox")),
    );
    run("disk", "tellyport-root", "1200", root, join(folder, "root"));
  }
  if (fresh || !existsSync(data)) {
    const written = file("data");
    for (const name of ["tellyport", "tellyport-releases"])
      mkdirSync(join(written, name), { recursive: true });
    run("disk", "tellyport-data", "512", data, written);
  }
  const broken = wrapGifts(file("gifts"));
  run("disk", "tellyport-gifts", "128", gifts, file("gifts"));
  return { folder, kernel, initramfs, root, data, gifts, console: file("console.log"), broken };
}

function install(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  if (text.startsWith("->")) symlinkSync(text.slice(2), path);
  else writeFileSync(path, text);
}

/** The release that the packages are made of, one that does not start, and their maker's key. */
function wrapGifts(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, "key.pem"), PUBLIC_KEY);
  const good = readdirSync(PACKAGES).find((name) => name.endsWith("-linux-arm64.tar.xz"));
  if (good === undefined) throw new Error(`no release for arm64 in ${PACKAGES}`);
  cpSync(join(PACKAGES, good), join(folder, good));
  signRelease(join(folder, good));
  const says = `if (process.argv[2] === "--version") console.log("${BROKEN}"); else process.exit(1);\n`;
  const broken = makeRelease(folder, BROKEN, {
    machine: "arm64",
    files: { "cli.js": says },
  });
  return broken;
}

/** Kernels come as they are, packed, or as a program that unpacks itself: the first is what runs everywhere. @see Linux, drivers/firmware/efi/libstub/zboot-header.S */
function bareKernel(file: Buffer): Buffer {
  if (file.subarray(4, 8).toString("latin1") === "zimg") {
    const [at, length] = [file.readUInt32LE(8), file.readUInt32LE(12)];
    return bareKernel(file.subarray(at, at + length));
  }
  return file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file;
}
