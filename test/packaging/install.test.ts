import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

/** A release as the tarball holds it, in small. */
async function unpacked(t: Teardown, version: string): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const part of ["chunks", "loops", "node_modules", "web"]) {
    mkdirSync(join(folder, part));
    writeFileSync(join(folder, part, `${part}-${version}`), version);
  }
  for (const file of [
    "cli.js",
    "cloud.js",
    "dvb-thread.js",
    "package.json",
    "VERSION",
    "README.md",
    "LICENSE",
    "NOTICE",
  ])
    writeFileSync(join(folder, file), version);
  for (const part of ["docs", "examples"]) {
    mkdirSync(join(folder, part));
    writeFileSync(join(folder, part, "one.md"), version);
  }
  cpSync(join(PROJECT, "systemd"), join(folder, "systemd"), { recursive: true });
  for (const updater of ["rauc", "swupdate"])
    cpSync(join(PROJECT, "packaging", updater), join(folder, updater), { recursive: true });
  for (const file of ["launch", "install.sh"]) cpSync(join(PROJECT, "packaging", file), join(folder, file));
  return folder;
}

function install(from: string, ...args: string[]) {
  return spawnSync("sh", [join(from, "install.sh"), ...args], { encoding: "utf8" });
}

t.test("install.sh: a release goes into an image, and the next one takes its place", async (t) => {
  const root = await temporaryFolder(t);
  const first = install(await unpacked(t, "1"), "--root", root);
  t.equal(first.status, 0, first.stderr);
  const lib = join(root, "usr/lib");
  for (const file of [
    "systemd/system/tellyport.service",
    "sysusers.d/tellyport.conf",
    "tmpfiles.d/tellyport.conf",
    "modules-load.d/tellyport.conf",
    "udev/rules.d/70-tellyport.rules",
    "systemd/system/tellyport-rollback.service",
    "tellyport/launch",
    "tellyport/rollback",
    "tellyport/rauc/mark-good",
    "tellyport/swupdate/post-install",
    "tellyport/chunks/chunks-1",
  ])
    t.ok(existsSync(join(lib, file)), file);
  for (const name of ["tellyport", "tellyport-cloud"])
    t.equal(
      readlinkSync(join(root, "usr/bin", name)),
      "/usr/lib/tellyport/launch",
      "as the image will see it",
    );

  const second = install(await unpacked(t, "2"), "--root", root, "--prefix", "/usr/lib/tellyport");
  t.equal(second.status, 0, second.stderr);
  t.equal(readFileSync(join(lib, "tellyport/VERSION"), "utf8"), "2");
  t.notOk(existsSync(join(lib, "tellyport/chunks/chunks-1")), "nothing of the first is left");
});

t.test("install.sh: what it does not know is refused before anything is written", async (t) => {
  const root = await temporaryFolder(t);
  const from = await unpacked(t, "1");
  for (const args of [
    ["--bogus"],
    ["--root"],
    ["--prefix", ""],
    ["--prefix", "opt/tp"],
    ["--root", join(root, "typo")],
  ]) {
    const { status, stderr } = install(from, "--root", root, ...args);
    t.not(status, 0, args.join(" "));
    t.match(stderr, /install\.sh takes|needs a folder|begins with \/|there is no folder/);
  }
  t.match(install(from, "--help"), { status: 0, stdout: /--root DIR/ });
  t.notOk(existsSync(join(root, "usr")));
});
