import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import t from "tap";
import { CLI, eventually, startDaemon } from "../helpers/daemon.ts";
import { PROJECT } from "../helpers/captures.ts";
import { skipWithoutLoopDisk } from "../helpers/loop-disk.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { PUBLIC_KEY, makeRelease, startsWith } from "../cli/release/fake-release.ts";

/** RAUC and SWUpdate themselves, with the examples and scripts of packaging/, on files in place of partitions. */
const PACKAGING = join(PROJECT, "packaging");
const COMMON = ["openssl", "fw_setenv", "fw_printenv", "mkfs.ext4"] as const;

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** A box with two slots, and a release that lies beside the image of the slot that runs. */
interface TwoSlots {
  readonly folder: string;
  readonly releases: string;
  /** Root file systems, as partitions would hold them. */
  readonly slots: readonly [string, string];
  /** What is installed. */
  readonly image: string;
  /** Makers of updates; the box trusts the first. */
  readonly makers: readonly Maker[];
  readonly state: string;
  /** Writes a program of the box's own. */
  script(name: string, text: string): void;
  /** Runs a program with the box's own ones, `tellyport`, `fw_setenv` and `fw_printenv` among them, first in the path. */
  run(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Ran;
  readonly env: NodeJS.ProcessEnv;
  /** A variable of the boot loader. */
  bootVariable(name: string): string;
}

interface Maker {
  readonly key: string;
  readonly certificate: string;
}

async function twoSlots(t: Teardown, bootVariables: Readonly<Record<string, string>>): Promise<TwoSlots> {
  const folder = await temporaryFolder(t);
  const at = (...path: string[]): string => join(folder, ...path);
  for (const one of ["bin", "state", "update", "etc"]) mkdirSync(at(one));
  const releases = at("releases");
  const script: TwoSlots["script"] = (name, text) =>
    writeFileSync(at("bin", name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  script(
    "tellyport",
    `if [ "$1" = healthcheck ]; then set -- "$@" --state "${at("state")}"; fi\nTELLYPORT_RELEASES="${releases}" exec "${process.execPath}" "${CLI}" "$@"`,
  );
  writeFileSync(at("fw_env.config"), `${at("boot.env")} 0x0000 0x4000\n`);
  writeFileSync(
    at("boot.defaults"),
    Object.entries(bootVariables)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  writeFileSync(at("boot.env"), Buffer.alloc(0x4000));
  for (const program of ["fw_setenv", "fw_printenv"])
    script(program, `exec /usr/bin/${program} -c "${at("fw_env.config")}" -f "${at("boot.defaults")}" "$@"`);
  const env = { ...process.env, PATH: `${at("bin")}:${process.env["PATH"]}`, TMPDIR: folder };
  const run: TwoSlots["run"] = (program, args, more) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: folder,
      encoding: "utf8",
      env: { ...env, ...more },
      timeout: 120_000,
    });
    return { code: status, output: stdout + stderr };
  };
  const must = (program: string, ...args: string[]): string => {
    const { code, output } = run(program, args);
    if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${output}`);
    return output.trim();
  };
  const makers = ["ours", "theirs"].map((name) => {
    const [key, certificate] = [at(`${name}.key`), at(`${name}.pem`)];
    const subject = [
      "-subj",
      `/O=Example/CN=${name}`,
      "-addext",
      "extendedKeyUsage=emailProtection,codeSigning",
    ];
    const files = ["-keyout", key, "-out", certificate];
    must("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...subject, ...files);
    return { key, certificate };
  });
  const image = at("update/rootfs.ext4");
  const slots = [at("slot-a"), at("slot-b")] as const;
  for (const one of [image, ...slots]) {
    must("truncate", "-s", "4M", one);
    must("mkfs.ext4", "-q", one);
  }
  writeFileSync(at("release-key.pem"), PUBLIC_KEY);
  must("tellyport", "release", "install", makeRelease(folder, "0.2.0"), "--key", at("release-key.pem"));
  if (startsWith(releases) !== "0.2.0") throw new Error("the release beside the image is not there");
  return {
    folder,
    releases,
    slots,
    image,
    makers,
    state: at("state"),
    script,
    run,
    env,
    bootVariable: (name) => must("fw_printenv", "-n", name),
  };
}

/** Where a program may be waited for: a bus of its own, as the system's is not ours. */
async function sessionBus(t: Teardown): Promise<NodeJS.ProcessEnv> {
  const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.teardown(() => void bus.kill());
  const [address] = (await once(createInterface(bus.stdout), "line")) as [string];
  return {
    DBUS_SESSION_BUS_ADDRESS: address,
    DBUS_STARTER_ADDRESS: address,
    DBUS_STARTER_BUS_TYPE: "session",
  };
}

const skipRauc = skipWithoutProgram("rauc", "mksquashfs", "dbus-daemon", ...COMMON) || skipWithoutLoopDisk();

t.test(
  "RAUC installs a bundle, the release beside the image gives way, and the new slot is confirmed once the box is well",
  { skip: skipRauc, timeout: 300_000 },
  async (t) => {
    const box = await twoSlots(t, { BOOT_ORDER: "A B", BOOT_A_LEFT: "3", BOOT_B_LEFT: "3" });
    const [ours, theirs] = box.makers as [Maker, Maker];
    const conf = join(box.folder, "system.conf");
    // Files in place of partitions; a kernel of a sandbox has no dm-verity.
    const example = readFileSync(join(PACKAGING, "rauc/system.conf"), "utf8");
    const replaced = [
      ["/dev/mmcblk0p2", box.slots[0]],
      ["/dev/mmcblk0p3", box.slots[1]],
      ["/etc/rauc/keyring.pem", ours.certificate],
      ["/usr/lib/tellyport/rauc/post-install", join(PACKAGING, "rauc/post-install")],
      ["bundle-formats=verity", "bundle-formats=plain"],
      ["[system]\n", `[system]\nmountprefix=${box.folder}/mnt\nstatusfile=${box.folder}/slots.status\n`],
    ] as const;
    for (const [from] of replaced) t.ok(example.includes(from), from);
    writeFileSync(
      conf,
      replaced.reduce((text, [from, to]) => text.replace(from, to), example),
    );
    writeFileSync(
      join(box.folder, "update/manifest.raucm"),
      "[update]\ncompatible=example-settop-box\nversion=2\n[image.rootfs]\nfilename=rootfs.ext4\n",
    );
    const bus = await sessionBus(t);
    box.script("rauc", `exec /usr/bin/rauc --conf="${conf}" "$@"`);
    const rauc = (...args: string[]): Ran => box.run("rauc", args, bus);
    const service = async (slot: "A" | "B"): Promise<() => Promise<unknown>> => {
      const child = spawn("rauc", [`--override-boot-slot=${slot}`, "service"], {
        cwd: box.folder,
        env: { ...box.env, ...bus },
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      const stop = (): Promise<unknown> => (child.kill(), ended);
      t.teardown(stop);
      await eventually("RAUC's service answers", () => rauc("status").code === 0, 30_000);
      return stop;
    };
    const bundle = (maker: Maker, name: string): string => {
      const file = join(box.folder, name);
      const made = box.run("/usr/bin/rauc", [
        "--cert",
        maker.certificate,
        "--key",
        maker.key,
        "bundle",
        join(box.folder, "update"),
        file,
      ]);
      t.equal(made.code, 0, made.output);
      return file;
    };

    const stop = await service("A");
    const before = readFileSync(box.slots[1]);
    const foreign = rauc("install", bundle(theirs, "theirs.raucb"));
    t.not(foreign.code, 0);
    t.match(foreign.output, /signature/i, "a stranger's bundle is refused");
    t.ok(readFileSync(box.slots[1]).equals(before));
    t.equal(startsWith(box.releases), "0.2.0", "and nothing else has changed");

    const installed = rauc("install", bundle(ours, "ours.raucb"));
    t.equal(installed.code, 0, installed.output);
    t.ok(
      readFileSync(box.slots[1]).equals(readFileSync(box.image)),
      "the image is in the slot that does not run",
    );
    t.equal(box.bootVariable("BOOT_ORDER"), "B A", "which boots next");
    t.equal(startsWith(box.releases), "base", "with the release of the image");
    await stop();

    // The boot loader counted its try, and booted the new slot.
    t.equal(box.run("fw_setenv", ["BOOT_B_LEFT", "2"]).code, 0);
    const stopNew = await service("B");
    const confirm = (seconds: string): Ran =>
      box.run(join(PACKAGING, "rauc/mark-good"), [], {
        ...bus,
        TELLYPORT_HEALTH_SECONDS: seconds,
      });
    t.equal(confirm("1").code, 1, "no daemon runs");
    t.equal(box.bootVariable("BOOT_B_LEFT"), "2", "not confirmed");
    const daemon = await startDaemon(t, { state: box.state });
    const confirmed = confirm("60");
    t.equal(confirmed.code, 0, confirmed.output);
    t.equal(box.bootVariable("BOOT_B_LEFT"), "3", "confirmed");
    t.equal(await daemon.stop(), 0);
    await stopNew();
  },
);

const skipSwupdate =
  skipWithoutProgram("swupdate", "cpio", "zstd", "unshare", ...COMMON) ||
  (process.getuid?.() === 0 ? false : "only root may mount");

t.test(
  "SWUpdate installs an image, the release beside it gives way, and the trial ends once the box is well",
  { skip: skipSwupdate, timeout: 300_000 },
  async (t) => {
    const box = await twoSlots(t, { ustate: "0", upgrade_available: "0", bootcount: "0", rootpart: "2" });
    const [ours, theirs] = box.makers as [Maker, Maker];
    const update = join(box.folder, "update");
    const packed = join(update, "rootfs.ext4.zst");
    t.equal(box.run("zstd", ["-q", box.image, "-o", packed]).code, 0);
    copyFileSync(join(PACKAGING, "swupdate/post-install"), join(update, "post-install"));
    chmodSync(join(update, "post-install"), 0o755);
    const sha256 = (name: string): string =>
      createHash("sha256")
        .update(readFileSync(join(update, name)))
        .digest("hex");
    const example = readFileSync(join(PACKAGING, "swupdate/sw-description"), "utf8");
    writeFileSync(
      join(update, "sw-description"),
      example
        .replaceAll("/dev/mmcblk0p2", box.slots[0])
        .replaceAll("/dev/mmcblk0p3", box.slots[1])
        .replaceAll(/@(rootfs\.ext4\.zst|post-install)/g, (_all, name: string) => sha256(name)),
    );
    /** As SWUpdate's own documentation makes them: a cpio archive whose first file is signed. */
    const made = ({ key, certificate }: Maker, name: string): string => {
      const file = join(box.folder, name);
      const sign = `openssl cms -sign -in sw-description -out sw-description.sig -signer "${certificate}" -inkey "${key}" -outform DER -nosmimecap -binary`;
      const files = "sw-description\\nsw-description.sig\\npost-install\\nrootfs.ext4.zst\\n";
      const pack = `cd update && ${sign} && printf '${files}' | cpio -o -H crc --quiet >"${file}"`;
      const { code, output } = box.run("sh", ["-c", pack]);
      t.equal(code, 0, output);
      return file;
    };
    /** It reads the boot loader's place from /etc: another one, for it alone. */
    const install = (file: string): Ran =>
      box.run("unshare", [
        "--mount",
        "sh",
        "-euc",
        `mount --make-rprivate / && cp -a /etc/. etc/ && cp fw_env.config etc/ && mount --bind etc /etc
        exec swupdate -i "${file}" -e stable,copy-2 -k "${ours.certificate}" -H example:1.0 -B uboot`,
      ]);
    t.equal(box.run("fw_setenv", ["rootpart", "2"]).code, 0);

    const before = readFileSync(box.slots[1]);
    const foreign = install(made(theirs, "theirs.swu"));
    t.not(foreign.code, 0, foreign.output);
    t.ok(readFileSync(box.slots[1]).equals(before), "a stranger's update is refused");
    t.equal(startsWith(box.releases), "0.2.0", "and nothing else has changed");
    t.equal(box.bootVariable("rootpart"), "2");

    const installed = install(made(ours, "ours.swu"));
    t.equal(installed.code, 0, installed.output);
    t.ok(
      readFileSync(box.slots[1]).equals(readFileSync(box.image)),
      "the image is in the slot that does not run",
    );
    t.equal(box.bootVariable("rootpart"), "3", "which boots next");
    t.equal(box.bootVariable("upgrade_available"), "1", "on trial");
    t.equal(startsWith(box.releases), "base", "with the release of the image");

    t.equal(box.run("fw_setenv", ["bootcount", "1"]).code, 0, "the boot loader counts");
    const confirm = (seconds: string): Ran =>
      box.run(join(PACKAGING, "swupdate/mark-good"), [], { TELLYPORT_HEALTH_SECONDS: seconds });
    const trial = (): string[] => ["ustate", "bootcount", "upgrade_available"].map(box.bootVariable);
    t.equal(confirm("1").code, 1, "no daemon runs");
    t.same(trial(), ["1", "1", "1"], "not confirmed");
    const daemon = await startDaemon(t, { state: box.state });
    const confirmed = confirm("60");
    t.equal(confirmed.code, 0, confirmed.output);
    t.same(trial(), ["0", "0", "0"], "confirmed");
    t.equal(await daemon.stop(), 0);
  },
);
