import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import t from "tap";
import { architectureOf } from "../../src/cli/release/release-name.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import { VERSION } from "../../src/version.ts";
import { PUBLIC_KEY, makeRelease, signRelease } from "../cli/release/fake-release.ts";
import { PROJECT } from "../helpers/captures.ts";
import { CLI, eventually, runProgram, startDaemon, type Daemon } from "../helpers/daemon.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

/** The release under test as an archive, its native packages excepted. */
function packOwn(folder: string): string {
  const name = `tellyport-${VERSION}-linux-${architectureOf(process.arch) ?? ""}`;
  cpSync(join(PROJECT, "dist"), join(folder, name), { recursive: true });
  mkdirSync(join(folder, name, "node_modules"));
  writeFileSync(join(folder, name, "VERSION"), `${VERSION}\n`);
  writeFileSync(join(folder, name, "launch"), "#!/bin/sh\n", { mode: 0o755 });
  const archive = join(folder, `${name}.tar.xz`);
  const packed = spawnSync("tar", ["-C", folder, "-cJf", archive, name], { encoding: "utf8" });
  if (packed.status !== 0) throw new Error(packed.stderr);
  signRelease(archive);
  return archive;
}

t.test(
  "release: a box is updated, the update runs well; the next does not start, and the box is back and says so",
  { skip: skipWithoutProgram("tar", "xz") },
  async (t) => {
    const folder = await temporaryFolder(t);
    const [root, state, tools] = ["var", "state", "tools"].map((name) => join(folder, name));
    if (root === undefined || state === undefined || tools === undefined) throw new Error("three were made");
    const key = join(folder, "key.pem");
    writeFileSync(key, PUBLIC_KEY);
    const env = { ...process.env, TELLYPORT_RELEASES: root };
    const command = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await runProgram(process.execPath, [CLI, ...args], {
        env,
        timeoutMs: 240_000,
      });
      if (code !== 0) throw new Error(stdout + stderr);
      return stdout;
    };
    await command("release", "install", makeRelease(folder, "0.0.1"), "--key", key);
    // Above where a release is tried, and above where it lies.
    symlinkSync(join(PROJECT, "node_modules"), join(root, "node_modules"));
    await command("release", "install", packOwn(folder), "--key", key, "--json");
    t.equal(readlinkSync(join(root, "current")), `releases/${VERSION}`);
    /** As the launcher does. */
    const box = (): Promise<Daemon> =>
      startDaemon(t, {
        state,
        program: join(realpathSync(join(root, "current")), "cli.js"),
        wrapper: ["env", `TELLYPORT_RELEASES=${root}`],
      });
    const first = await box();
    t.match(await command("healthcheck", "--state", state), /All is well/);
    for (const version of ["0.0.2", "0.0.3"])
      await command("release", "install", makeRelease(folder, version), "--key", key);
    t.equal(readlinkSync(join(root, "previous")), `releases/${VERSION}`, "it runs: that is gone back to");
    t.match(await command("healthcheck", "--state", state), /gives its page/, "and all of it is there");
    await command("release", "use", VERSION);
    await eventually("it is marked good", () => existsSync(join(root, "marks", VERSION)), 240_000);
    t.equal(await first.stop(), 0);

    const broken = makeRelease(folder, "9.0.0", {
      files: {
        "cli.js": 'if (process.argv[2] === "--version") console.log("9.0.0"); else process.exit(1);\n',
      },
    });
    t.match(await command("release", "install", broken, "--key", key), /^Release 9\.0\.0 is installed/);
    const failed = await runProgram(process.execPath, [join(root, "current/cli.js"), "run"]);
    t.equal(failed.code, 1);
    const manager =
      '#!/bin/sh\n[ "$1" != show ] || printf "ActiveState=failed\\nResult=exit-code\\nExecMainStatus=1\\n"\n';
    mkdirSync(tools);
    writeFileSync(join(tools, "systemctl"), manager, { mode: 0o755 });
    const back = await runProgram("sh", [join(PROJECT, "systemd/rollback.sh")], {
      env: { ...env, PATH: `${tools}:${process.env["PATH"]}` },
    });
    t.match(back, {
      code: 0,
      stdout: new RegExp(`release 9\\.0\\.0 does not start \\(exit-code\\): back to ${VERSION}`),
    });

    for (const told of ["told", "and not again"]) {
      const again = await box();
      t.match(await command("healthcheck", "--state", state), /All is well/);
      const alarms = await eventually("the owner is told", async () => {
        const { body } = await again.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit?alarms=true");
        const found = body.entries.filter(({ event }) => event === "release-rolled-back");
        return found.length > 0 && found;
      });
      t.match(alarms, [{ count: 1, detail: { from: "9.0.0", to: VERSION, failure: "exit-code" } }], told);
      t.equal(alarms.length, 1, told);
      t.equal(await again.stop(), 0);
    }
    t.match(
      await command("release", "list"),
      new RegExp(`9\\.0\\.0 .*failed\\n[^]*${VERSION.replaceAll(".", "\\.")} .*in use, has run well`),
    );
  },
);
