import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import t from "tap";
import { EXIT } from "../../src/cli/exit-codes.ts";
import { PROJECT } from "../helpers/captures.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const UNITS = join(PROJECT, "systemd");
const SYSTEM = "/usr/lib/systemd/system";
const units = readdirSync(UNITS).filter((name) => /\.(service|socket)$/.test(name));
const services = units.filter((name) => name.endsWith(".service"));
/** Services that run until they are stopped. */
const daemons = services.filter((name) => valuesOf(name, "Type")[0] === "notify");
const skip = skipWithoutProgram("systemd-analyze");

/** Values of a key, in order. */
function valuesOf(unit: string, key: string): string[] {
  const lines = readFileSync(join(UNITS, unit), "utf8").split("\n");
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
}

t.test("systemd: every unit is understood to the last key", { skip }, async (t) => {
  // a machine on which they are installed
  const root = await temporaryFolder(t);
  mkdirSync(join(root, SYSTEM, ".."), { recursive: true });
  cpSync(SYSTEM, join(root, SYSTEM), { recursive: true });
  for (const unit of units) cpSync(join(UNITS, unit), join(root, SYSTEM, unit));
  mkdirSync(join(root, "usr/bin"));
  mkdirSync(join(root, "usr/share/doc/tellyport"), { recursive: true });
  writeFileSync(join(root, "usr/share/doc/tellyport/README.md"), "");
  for (const service of services) {
    const [command = ""] = valuesOf(service, "ExecStart")[0]?.split(" ") ?? [];
    mkdirSync(join(root, command, ".."), { recursive: true });
    writeFileSync(join(root, command), "#!/bin/sh\n", { mode: 0o755 });
  }
  const verify = () =>
    spawnSync("systemd-analyze", ["verify", `--root=${root}`, ...units], { encoding: "utf8" });
  const { status, stdout, stderr } = verify();
  t.equal(stdout + stderr, "");
  t.equal(status, 0);
  const spoilt = join(root, SYSTEM, "tellyport.service");
  writeFileSync(spoilt, readFileSync(spoilt, "utf8").replace("ProtectSystem=", "ProtectSytem="));
  t.match(verify().stderr, /ProtectSytem/, "a wrong one is seen");
});

t.test("systemd: no service is exposed to more than 2.0", { skip }, (t) => {
  for (const service of services) {
    const { status, stdout } = spawnSync(
      "systemd-analyze",
      ["security", "--offline=true", "--threshold=20", join(UNITS, service)],
      { encoding: "utf8" },
    );
    t.comment(`${service}: ${/exposure level for \S+: (.*)/.exec(stdout)?.[1] ?? stdout}`);
    t.equal(status, 0, service);
  }
  t.end();
});

t.test(
  "systemd: users are made as the units name them",
  { skip: skipWithoutProgram("systemd-sysusers") },
  async (t) => {
    const root = await temporaryFolder(t);
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/group"), "root:x:0:\nvideo:x:44:\n");
    writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    for (const file of readdirSync(join(UNITS, "sysusers.d"))) {
      const { status, stderr } = spawnSync(
        "systemd-sysusers",
        [`--root=${root}`, `--replace=/usr/lib/sysusers.d/${basename(file)}`, "-"],
        { encoding: "utf8", input: readFileSync(join(UNITS, "sysusers.d", file), "utf8") },
      );
      t.equal(status, 0, stderr);
    }
    const users = readFileSync(join(root, "etc/passwd"), "utf8");
    for (const service of daemons) t.match(users, new RegExp(`^${valuesOf(service, "User")[0]}:x:`, "m"));
    t.match(readFileSync(join(root, "etc/group"), "utf8"), /^video:x:44:tellyport$/m);
  },
);

t.test("systemd: units begin the daemon again when it says so, and not when that would be in vain", (t) => {
  for (const service of daemons) {
    t.same(valuesOf(service, "RestartForceExitStatus"), [String(EXIT.restart)]);
    t.same(valuesOf(service, "RestartPreventExitStatus"), [String(EXIT.configuration)]);
    t.same(valuesOf(service, "Type"), ["notify"]);
  }
  t.end();
});

t.test(
  "systemd: a daemon that does not start is left for the release before, though each start hangs",
  (t) => {
    const unit = "tellyport.service";
    const seconds = (key: string): number => Number(valuesOf(unit, key)[0]);
    const [way = ""] = valuesOf(unit, "OnFailure");
    t.ok(services.includes(way));
    t.same(valuesOf(way, "User"), [], "root: releases are root's");
    t.match(
      valuesOf(way, "ExecStart")[0],
      /^\/usr\/lib\/tellyport\/[a-z]+$/,
      "of the release that came with the box",
    );
    const hanging = seconds("TimeoutStartSec") + seconds("TimeoutStopSec") + seconds("RestartSec");
    t.ok(seconds("StartLimitBurst") * hanging < seconds("StartLimitIntervalSec"), `${hanging} s each`);
    t.match(valuesOf(unit, "StateDirectory")[0], /(^| )tellyport-releases\/marks( |$)/);
    t.same(valuesOf(way, "StateDirectory"), ["tellyport-releases"]);
    t.end();
  },
);
