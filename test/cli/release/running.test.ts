import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { baseVersion } from "../../../src/cli/release/base-version.ts";
import { runningFrom } from "../../../src/cli/release/running.ts";
import { VERSION } from "../../../src/version.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

t.test("running: daemons and other programs of releases, by their command lines", async (t) => {
  const folder = await temporaryFolder(t);
  const releases = join(folder, "data/releases");
  mkdirSync(releases, { recursive: true });
  symlinkSync("data", join(folder, "var"));
  const lines: Record<string, string[]> = {
    10: ["/usr/bin/node", `${releases}/0.3.0/cli.js`, "run"],
    11: [`${releases}/0.4.0/bin/node`, `${releases}/0.4.0/cli.js`, "guide"],
    12: ["node", `${releases}/0.5.0/cloud.js`, "run"],
    13: ["node", `${releases}/.hidden/cli.js`, "run"],
    14: ["node", `${folder}/cli.js`, "run"],
    15: [],
    self: ["node", `${releases}/0.6.0/cli.js`, "run"],
  };
  const proc = join(folder, "proc");
  for (const [pid, words] of Object.entries(lines)) {
    mkdirSync(join(proc, pid), { recursive: true });
    writeFileSync(join(proc, pid, "cmdline"), words.map((word) => `${word}\0`).join(""));
  }
  mkdirSync(join(proc, "16"));
  const { daemons, all } = await runningFrom(join(folder, "var/releases"), proc);
  t.same([...daemons], ["0.3.0"]);
  t.same([...all].sort(), ["0.3.0", "0.4.0", "0.5.0"]);
  const none = await runningFrom(join(folder, "none"), join(folder, "nowhere"));
  t.same([...none.daemons, ...none.all], []);
});

t.test(
  "base version: of the launcher's folder, else of the program itself, unless that was installed beside",
  async (t) => {
    const folder = await temporaryFolder(t);
    const releases = join(folder, "releases");
    for (const path of ["base", "releases/0.3.0", "bin"]) mkdirSync(join(folder, path), { recursive: true });
    for (const path of ["base/launch", "base/cli.js", "releases/0.3.0/cli.js"])
      writeFileSync(join(folder, path), "");
    const launcher = join(folder, "bin/tellyport");
    const installed = join(releases, "0.3.0/cli.js");
    t.equal(await baseVersion(join(folder, "base/cli.js"), releases, launcher), VERSION);
    t.equal(await baseVersion(installed, releases, launcher), null);
    symlinkSync("../base/launch", launcher);
    t.equal(await baseVersion(installed, releases, launcher), null, "it does not say");
    writeFileSync(join(folder, "base/VERSION"), "0.2.5\n");
    t.equal(await baseVersion(installed, releases, launcher), "0.2.5");
  },
);
