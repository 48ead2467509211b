import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../helpers/captures.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";

const HOOKS = join(PROJECT, "packaging");
const SCRIPTS = ["rauc/post-install", "rauc/mark-good", "swupdate/post-install", "swupdate/mark-good"];

/** Runs a hook among programs that write down how they were called. @param tools name, and what it does */
async function hook(
  t: Teardown,
  script: string,
  tools: Readonly<Record<string, string>>,
  { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<{ status: number | null; calls: string[] }> {
  const folder = await temporaryFolder(t);
  const calls = join(folder, "calls");
  for (const [name, does] of Object.entries(tools))
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>"${calls}"\n${does}\n`, {
      mode: 0o755,
    });
  const { status } = spawnSync("sh", [join(HOOKS, script), ...args], {
    env: { PATH: `${folder}:${process.env["PATH"]}`, ...env },
  });
  return { status, calls: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [] };
}

t.test("update hooks: shell that every box has, and may run", (t) => {
  for (const script of SCRIPTS) {
    t.equal(spawnSync("sh", ["-n", join(HOOKS, script)]).status, 0, script);
    t.equal(statSync(join(HOOKS, script)).mode & 0o111, 0o111, script);
  }
  t.end();
});

t.test("update hooks: RAUC's slot is confirmed when the box is well, and only then", async (t) => {
  const well = await hook(t, "rauc/mark-good", { tellyport: "", rauc: "" });
  t.same(well, { status: 0, calls: ["tellyport healthcheck --timeout 300", "rauc status mark-good booted"] });
  const env = { TELLYPORT_HEALTH_SECONDS: "20" };
  const ill = await hook(t, "rauc/mark-good", { tellyport: "exit 69", rauc: "" }, { env });
  t.same(ill, { status: 1, calls: ["tellyport healthcheck --timeout 20"] });
});

t.test("update hooks: an image's own release is used once an image is there", async (t) => {
  const rauc = (env: Record<string, string>): ReturnType<typeof hook> =>
    hook(t, "rauc/post-install", { tellyport: "" }, { env });
  const both = {
    RAUC_SLOTS: "1 2 3",
    RAUC_SLOT_CLASS_1: "rootfs",
    RAUC_SLOT_CLASS_2: "rootfs",
    RAUC_SLOT_CLASS_3: "boot",
  };
  t.same(await rauc({ ...both, RAUC_TARGET_SLOTS: "3 2" }), {
    status: 0,
    calls: ["tellyport release use base"],
  });
  t.same(await rauc({ ...both, RAUC_TARGET_SLOTS: "3" }), { status: 0, calls: [] });
  t.same(await rauc({}), { status: 0, calls: [] });
  const swupdate = (...args: string[]): ReturnType<typeof hook> =>
    hook(t, "swupdate/post-install", { tellyport: "" }, { args });
  t.same(await swupdate("postinst"), { status: 0, calls: ["tellyport release use base"] });
  t.same(await swupdate("preinst"), { status: 0, calls: [] });
});

t.test("update hooks: SWUpdate's trial ends when the box is well, and only then", async (t) => {
  const tools = { fw_printenv: "echo $TRIAL", fw_setenv: "", tellyport: "exit $HEALTH" };
  const run = (TRIAL: string, HEALTH: string): ReturnType<typeof hook> =>
    hook(t, "swupdate/mark-good", tools, { env: { TRIAL, HEALTH } });
  const asked = ["fw_printenv -n upgrade_available", "tellyport healthcheck --timeout 300"];
  t.same(await run("1", "0"), {
    status: 0,
    calls: [...asked, "fw_setenv ustate 0", "fw_setenv bootcount 0", "fw_setenv upgrade_available 0"],
  });
  t.same(await run("1", "69"), { status: 1, calls: asked });
  t.same(await run("0", "69"), { status: 0, calls: asked.slice(0, 1) });
});

t.test(
  "update hooks: RAUC understands the example of its configuration",
  { skip: skipWithoutProgram("rauc") },
  async (t) => {
    const folder = await temporaryFolder(t);
    // It reads the configuration, and then finds no bus to serve.
    const read = (change: (text: string) => string): string => {
      const path = join(folder, "system.conf");
      writeFileSync(path, change(readFileSync(join(HOOKS, "rauc/system.conf"), "utf8")));
      const { stdout, stderr } = spawnSync("rauc", [`--conf=${path}`, "service"], {
        encoding: "utf8",
        timeout: 60_000,
        env: {
          PATH: process.env["PATH"],
          DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nowhere",
          DBUS_STARTER_BUS_TYPE: "none",
        },
      });
      return stdout + stderr;
    };
    t.notMatch(
      read((text) => text),
      /failed to|invalid|unsupported|not found/i,
    );
    t.match(
      read((text) => text.replace("bootloader=uboot", "bootloader=ubot")),
      /ubot|bootloader/i,
      "a wrong one is seen",
    );
  },
);

t.test(
  "update hooks: systemd understands their units",
  { skip: skipWithoutProgram("systemd-analyze") },
  async (t) => {
    for (const kind of ["rauc", "swupdate"]) {
      const text = readFileSync(join(HOOKS, kind, "tellyport-mark-good.service"), "utf8");
      const folder = await temporaryFolder(t);
      const unit = join(folder, "tellyport-mark-good.service");
      const script = /^ExecStart=\/usr\/lib\/tellyport\/(\S+)$/m.exec(text)?.[1];
      t.ok(SCRIPTS.includes(script ?? ""), script ?? "none");
      writeFileSync(unit, text.replace(/^ExecStart=.*$/m, `ExecStart=${join(HOOKS, script ?? "")}`));
      writeFileSync(join(folder, "tellyport.service"), "[Service]\nExecStart=/bin/true\n");
      const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", unit], {
        encoding: "utf8",
        env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` },
      });
      t.equal(stdout + stderr, "", kind);
      t.equal(status, 0);
    }
  },
);
