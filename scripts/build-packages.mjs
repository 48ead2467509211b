// Makes the packages of a release. usage: build-packages.mjs [--out DIR] [--arch LIST] [--without-node]; see scripts/build-packages.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildWeb } from "./build-web.mjs";
import { makeDeb, makeTarball } from "./lib/packages/archives.mjs";
import { ARCHITECTURES, pinnedNode } from "./lib/packages/architectures.mjs";
import { billOfMaterials, materials, notice } from "./lib/packages/bill.mjs";
import { fetched, unpack } from "./lib/packages/fetched.mjs";
import { filesIn } from "./lib/packages/folder.mjs";
import { makeRelease, outside } from "./lib/packages/release-folder.mjs";
import { buildServer } from "./lib/server-bundle.mjs";
import { printSizes } from "./lib/packages/sizes.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
// Rights of what is made must not depend on who makes it.
process.umask(0o022);
const { values } = parseArgs({
  options: {
    out: { type: "string", default: "build/packages" },
    "without-node": { type: "boolean", default: false },
    arch: { type: "string", default: Object.keys(ARCHITECTURES).join(",") },
  },
});
const out = values.out;
const architectures = values.arch.split(",");
for (const one of architectures)
  if (ARCHITECTURES[one] === undefined) fail(`no packages are made for ${one}`);
const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const epoch = sourceDate();
/** Of images with two slots, and what each of them runs. */
const UPDATERS = ["rauc", "swupdate"];
const TEMPLATES = ["tellyport.yaml", "cloud.yaml", "provision.yaml"];
const HANDBOOK = [
  "installing.md",
  "provisioning.md",
  "updates.md",
  "configuration.md",
  "errors.md",
  "online.md",
  "cloud.md",
  "cloud-configuration.md",
];
const HOOKS = ["post-install", "mark-good"];
const work = join(out, ".work");

function fail(message) {
  console.error(`build-packages: ${message}`);
  process.exit(64);
}

/** Seconds; every time that a package holds. */
function sourceDate() {
  const named = process.env.SOURCE_DATE_EPOCH;
  if (named !== undefined) return Number(named);
  try {
    return Number(execFileSync("git", ["log", "-1", "--format=%ct"], { encoding: "utf8" }));
  } catch {
    return fail("there is no commit here to take the date from: set SOURCE_DATE_EPOCH to the release's");
  }
}

/** Units and what the service manager reads beside them, as a distribution lays them. */
function installUnits(root) {
  const lib = join(root, "usr/lib");
  for (const [from, to] of [
    ["sysusers.d", "sysusers.d"],
    ["tmpfiles.d", "tmpfiles.d"],
    ["modules-load.d", "modules-load.d"],
    ["udev", "udev/rules.d"],
  ])
    cpSync(join("systemd", from), join(lib, to), { recursive: true });
  for (const file of readdirSync("systemd").filter((name) => /\.(service|socket)$/.test(name)))
    cpSync(join("systemd", file), join(lib, "systemd/system", file));
}

/** What people read: the unit names README.md. */
function installDocs(root, name, files) {
  const folder = join(root, "usr/share/doc", name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
}

/** What installers read, where README.md says, and what they begin with. */
function installHandbook(folder) {
  for (const name of HANDBOOK) cpSync(join("docs", name), join(folder, "docs", name));
  for (const template of TEMPLATES) cpSync(join("packaging", template), join(folder, "examples", template));
}

async function makeApplication(architecture) {
  const root = join(work, `tellyport_${architecture}`);
  await makeRelease(join(root, "usr/lib/tellyport"), join(work, "dist"), { version, architecture });
  // Of this project for its image: what else lies below systemd/ or packaging/ and is run there.
  cpSync("systemd/rollback.sh", join(root, "usr/lib/tellyport/rollback"));
  for (const updater of UPDATERS)
    for (const hook of HOOKS)
      cpSync(join("packaging", updater, hook), join(root, "usr/lib/tellyport", updater, hook));
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  for (const name of ["tellyport", "tellyport-cloud"])
    symlinkSync("../lib/tellyport/launch", join(root, "usr/bin", name));
  installUnits(root);
  const docs = {
    copyright: readFileSync("LICENSE"),
    NOTICE: noticeText,
    "README.md": readFileSync("README.md"),
  };
  installDocs(root, "tellyport", docs);
  installHandbook(join(root, "usr/share/doc/tellyport"));
  // As the service manager would make it, which cannot where the root file system is read-only.
  mkdirSync(join(root, "etc/tellyport"), { recursive: true });
  const own = ARCHITECTURES[architecture].node === null ? "" : "tellyport-node (>= 20.19) | ";
  const fields = { NODE: `${own}nodejs (>= 20.19)` };
  return makeDeb(root, out, { name: "tellyport", version, architecture, epoch, fields });
}

function makeNode(architecture) {
  const { node: name } = ARCHITECTURES[architecture];
  const { version: exact, integrity } = pinnedNode();
  const root = join(work, `tellyport-node_${architecture}`);
  const folder = join(root, "usr/lib/tellyport");
  unpack(fetched(name, exact, integrity[name]), folder, ["bin/node", "LICENSE"]);
  installDocs(root, "tellyport-node", { copyright: readFileSync(join(folder, "LICENSE")) });
  rmSync(join(folder, "LICENSE"));
  return makeDeb(root, out, { name: "tellyport-node", version: exact, architecture, epoch });
}

async function makeRelocatable(architecture) {
  const folder = join(work, "tarballs", `tellyport-${version}-linux-${architecture}`);
  await makeRelease(folder, join(work, "dist"), { version, architecture });
  cpSync("systemd", join(folder, "systemd"), { recursive: true });
  installHandbook(folder);
  for (const [from, to] of [
    ["packaging/install.sh", "install.sh"],
    ["LICENSE", "LICENSE"],
    ["README.md", "README.md"],
    ...UPDATERS.map((updater) => [`packaging/${updater}`, updater]),
  ])
    cpSync(from, join(folder, to), { recursive: true });
  writeFileSync(join(folder, "NOTICE"), noticeText);
  return makeTarball(folder, out, { epoch });
}

function makeMaps() {
  const folder = join(work, "maps", `tellyport-${version}-maps`);
  for (const file of filesIn(join(work, "dist")).filter((name) => name.endsWith(".map"))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(work, "dist", file), join(folder, file));
  }
  return makeTarball(folder, out, { epoch });
}

rmSync(out, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const { inputs, outputs } = await buildServer(join(work, "dist"));
const webInputs = await buildWeb(join(work, "dist/web"));
// Of every processor, whichever packages are made now: one of them is the same alone and among others.
const beside = [...new Set(Object.keys(ARCHITECTURES).flatMap((one) => outside(one).map(([name]) => name)))];
const ssdp = await makeRelease(join(work, "first"), join(work, "dist"), {
  version,
  architecture: architectures[0],
});
const list = materials([...Object.keys(inputs), ...webInputs, ...Object.keys(ssdp.inputs)], beside);
const noticeText = notice(list);

const made = [];
for (const architecture of architectures) {
  made.push(await makeApplication(architecture), await makeRelocatable(architecture));
  if (ARCHITECTURES[architecture].node !== null && !values["without-node"]) made.push(makeNode(architecture));
}
made.push(makeMaps());
writeFileSync(join(out, `tellyport-${version}.cdx.json`), billOfMaterials(list, { version, epoch }));
writeFileSync(join(out, "NOTICE"), noticeText);
made.push(`tellyport-${version}.cdx.json`, "NOTICE");

const sums = made.sort().map((file) => {
  const hash = createHash("sha256")
    .update(readFileSync(join(out, file)))
    .digest("hex");
  return `${hash}  ${file}\n`;
});
writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
for (const file of made)
  console.log(`${(statSync(join(out, file)).size / 1e6).toFixed(2).padStart(8)} MB  ${file}`);
printSizes(join(work, "dist"), outputs);
rmSync(work, { recursive: true, force: true });
