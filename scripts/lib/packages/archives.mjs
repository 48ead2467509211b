// .deb and .tar.xz, the same bytes for the same content: fixed order, owner, times and compression.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { filesIn, level, pathsBelow } from "./folder.mjs";
import { PROGRAMS } from "./release-folder.mjs";

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];
/** One thread: the bytes would depend on how many there are. */
const ONE = 1;

/** Who answers for the package: whoever builds it, named as Debian's tools are told it. */
function maintainer() {
  const { DEBFULLNAME = "Tellyport", DEBEMAIL = "packages@tellyport.invalid" } = process.env;
  return `${DEBFULLNAME} <${DEBEMAIL}>`;
}

/**
 * Makes a .deb of a folder, with `packaging/debian/NAME.control` and the scripts beside it.
 * @param root what is installed; gets a folder DEBIAN
 * @param out folder for the package
 * @param fields for the holes of the control file
 * @returns the file's name
 */
export function makeDeb(root, out, { name, version, architecture, epoch, fields = {} }) {
  writeChangelog(root, { name, version, epoch });
  const files = filesIn(root);
  const kilobytes = pathsBelow(root).reduce((sum, path) => sum + kilobytesOf(join(root, path)), 0);
  const all = {
    VERSION: version,
    ARCH: architecture,
    MAINTAINER: maintainer(),
    SIZE: String(kilobytes),
    ...fields,
  };
  const folder = join(root, "DEBIAN");
  mkdirSync(folder);
  const control = readFileSync(`packaging/debian/${name}.control`, "utf8");
  writeFileSync(
    join(folder, "control"),
    control.replace(/%([A-Z]+)%/g, (_, hole) => all[hole]),
  );
  writeFileSync(join(folder, "md5sums"), files.map((file) => `${md5(join(root, file))}  ${file}\n`).join(""));
  for (const script of SCRIPTS) {
    const source = `packaging/debian/${name}.${script}`;
    if (existsSync(source)) cpSync(source, join(folder, script));
  }
  level(root, (path) => PROGRAMS.test(path) || SCRIPTS.includes(basename(path)), epoch);
  const file = `${name}_${version}_${architecture}.deb`;
  execFileSync(
    "dpkg-deb",
    ["--root-owner-group", "-Zxz", `--threads-max=${ONE}`, "--build", root, join(out, file)],
    {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  return file;
}

/** Debian's tools look for one; what changed is told in CHANGELOG.md. */
function writeChangelog(root, { name, version, epoch }) {
  const date = new Date(epoch * 1000).toUTCString().replace("GMT", "+0000");
  const entry = `${name} (${version}) stable; urgency=medium\n\n  * Release ${version}.\n\n -- ${maintainer()}  ${date}\n`;
  writeFileSync(join(root, "usr/share/doc", name, "changelog.gz"), gzipSync(entry, { level: 9 }));
}

/** As dpkg counts: files in whole kilobytes, all else as one. */
function kilobytesOf(path) {
  const found = lstatSync(path);
  return found.isFile() ? Math.ceil(found.size / 1024) : 1;
}

function md5(file) {
  return createHash("md5").update(readFileSync(file)).digest("hex");
}

/** Makes FOLDER.tar.xz in `out`, with the folder in it. @returns the file's name */
export function makeTarball(folder, out, { epoch }) {
  level(folder, (path) => PROGRAMS.test(path), epoch);
  const file = `${basename(folder)}.tar.xz`;
  const order = [
    "--sort=name",
    "--format=gnu",
    `--mtime=@${epoch}`,
    "--owner=0",
    "--group=0",
    "--numeric-owner",
  ];
  execFileSync(
    "tar",
    [
      ...order,
      "-C",
      dirname(folder),
      `--use-compress-program=xz -6 -T${ONE}`,
      "-cf",
      join(out, file),
      basename(folder),
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  return file;
}
