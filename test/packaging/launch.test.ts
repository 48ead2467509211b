import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const LAUNCH = join(PROJECT, "packaging/launch");
const PLAIN_PATH = "/usr/bin:/bin";

/** A Node that says who it is and what it was given. */
function fakeNode(file: string, version = "v24.0.0"): void {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(
    file,
    `#!/bin/sh\n[ "$1" = --version ] && { echo ${version}; exit; }\necho "${file}"; for a; do echo "$a"; done\nexit 7\n`,
  );
  chmodSync(file, 0o755);
}

function release(folder: string, version: string): void {
  for (const part of ["chunks", "node_modules"]) mkdirSync(join(folder, part), { recursive: true });
  for (const file of ["cli.js", "cloud.js", "VERSION"]) writeFileSync(join(folder, file), version);
}

async function tree(t: Teardown) {
  const root = await temporaryFolder(t);
  const base = join(root, "usr/lib/tellyport");
  const releases = join(root, "var/lib/releases");
  release(base, "1");
  cpSync(LAUNCH, join(base, "launch"));
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  for (const name of ["tellyport", "tellyport-cloud"])
    symlinkSync("../lib/tellyport/launch", join(root, "usr/bin", name));
  const run = (
    args: readonly string[] = [],
    { name = "tellyport", path = PLAIN_PATH, shell = [] as readonly string[] } = {},
  ) => {
    const [command = "", ...rest] = [...shell, join(root, "usr/bin", name), ...args];
    const env = { PATH: path, TELLYPORT_RELEASES: releases };
    const { status, stdout, stderr } = spawnSync(command, rest, { encoding: "utf8", env });
    return { status, lines: stdout.split("\n").slice(0, -1), stderr };
  };
  const choose = (version: string) => {
    release(join(releases, "releases", version), version);
    symlinkSync(`releases/${version}`, join(releases, "current"));
    return join(releases, "releases", version);
  };
  return { root, base, releases, run, choose };
}

t.test("launch: the base release runs with its own Node, and each name is a program", async (t) => {
  const { base, run } = await tree(t);
  fakeNode(join(base, "bin/node"));
  const { status, lines } = run(["run", "--state", "a b", ""]);
  t.same(lines, [join(base, "bin/node"), join(base, "cli.js"), "run", "--state", "a b", ""]);
  t.equal(status, 7, "its exit code is the program's");
  t.same(run(["run"], { name: "tellyport-cloud" }).lines.slice(1), [join(base, "cloud.js"), "run"]);
});

t.test(
  "launch: a release that was chosen goes before the base, and brings its own Node or none",
  async (t) => {
    const { base, run, choose } = await tree(t);
    fakeNode(join(base, "bin/node"));
    const chosen = choose("2.0.0");
    t.same(run().lines, [join(base, "bin/node"), join(chosen, "cli.js")]);
    fakeNode(join(chosen, "bin/node"));
    t.same(run().lines, [join(chosen, "bin/node"), join(chosen, "cli.js")]);
  },
);

t.test("launch: a release that is not whole is none", async (t) => {
  const { base, releases, run, choose } = await tree(t);
  fakeNode(join(base, "bin/node"));
  const chosen = choose("2.0.0");
  for (const part of ["chunks", "node_modules", "cli.js", "VERSION"]) {
    release(chosen, "2.0.0");
    t.same(run().lines[1], join(chosen, "cli.js"), "it is whole");
    rmSync(join(chosen, part), { recursive: true });
    t.same(run().lines[1], join(base, "cli.js"), `${part} is missing`);
  }
  release(chosen, "2.0.0");
  writeFileSync(join(chosen, "cli.js"), "");
  t.same(run().lines[1], join(base, "cli.js"), "an empty file");
  rmSync(chosen, { recursive: true });
  t.same(run().lines[1], join(base, "cli.js"), "the link leads nowhere");
  rmSync(releases, { recursive: true });
  t.same(run().lines[1], join(base, "cli.js"), "there is nothing at all");
});

t.test(
  "launch: without a Node of its own it takes one that is new enough, else says what to install",
  async (t) => {
    const { root, base, run } = await tree(t);
    const bin = join(root, "bin");
    const path = `${bin}:${PLAIN_PATH}`;
    for (const version of ["v20.19.0", "v20.20.2", "v22.1.0", "v100.0.0"]) {
      fakeNode(join(bin, "node"), version);
      t.same(run([], { path }).lines, [join(bin, "node"), join(base, "cli.js")], version);
    }
    for (const version of ["v18.20.4", "v20.18.9", "nonsense", "''"]) {
      fakeNode(join(bin, "node"), version);
      const { status, stderr, lines } = run([], { path });
      t.same([status, lines], [69, []], version);
      t.match(stderr, /install the package tellyport-node, or nodejs 20\.19 or later/);
    }
  },
);

t.test("launch: it is plain sh", { skip: skipWithoutProgram("dash") }, async (t) => {
  const { base, run } = await tree(t);
  for (const file of ["launch", "install.sh"]) {
    const { status, stderr } = spawnSync("sh", ["-n", join(PROJECT, "packaging", file)], {
      encoding: "utf8",
    });
    t.equal(status, 0, stderr);
  }
  fakeNode(join(base, "bin/node"));
  t.equal(run([], { shell: ["dash"] }).lines[1], join(base, "cli.js"));
});
