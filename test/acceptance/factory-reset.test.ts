import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import type { Box } from "../../src/protocol/api.ts";
import { FACTORY_RESET_FILE, MARKER_FILE, followFactoryReset } from "../../src/reset.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createLog } from "../../src/kernel/log.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import type { OnlineState } from "../../src/protocol/online.ts";
import { fakeCloud, registrationOf } from "../helpers/fake-cloud.ts";
import { eventually, runProgram, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

const boxOf = async (box: Daemon): Promise<Box> => (await box.local<Box>("GET", "/api/v1/box")).body;
const configOf = (more: string): string =>
  `http: {address: "127.0.0.1", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n${more}`;

t.test(
  "factory reset: a marker makes the box a new one at its next start, whatever its owner has set",
  async (t) => {
    const button = join(await temporaryFolder(t), "button");
    const config = configOf(`state: {factoryResetFile: ${button}}\n`);
    const box = await startDaemon(t, { config });
    const { id } = await boxOf(box);
    t.equal(await box.stop(), 0);

    // Settings that no daemon can read must not keep the button from working.
    await writeFile(join(box.state, "settings.yaml"), "box: {nmae: Den}\n");
    await writeFile(join(box.state, FACTORY_RESET_FILE), "");
    const again = await startDaemon(t, { config, state: box.state });
    const after = await boxOf(again);
    t.not(after.id, id, "another identity");
    t.equal(after.name, "Tellyport");
    for (const name of [FACTORY_RESET_FILE, MARKER_FILE, "settings.yaml"])
      t.notOk(existsSync(join(box.state, name)), name);
    t.ok(again.log.some(({ msg }) => msg === "factory-reset"));
    t.equal(await again.stop(), 0);

    await writeFile(join(box.state, FACTORY_RESET_FILE), "everythng\n");
    const wished = await tellyport(["doctor", "--state", box.state]);
    t.match(wished.stdout, /factory reset .*next\s+start/s);
    const unclear = await startDaemon(t, { config, state: box.state });
    t.match(
      unclear.log.find(({ msg }) => msg === "factory-reset-unclear"),
      { unknown: ["everythng"] },
    );
    t.equal(await unclear.stop(), 0);

    await writeFile(button, "everything\n");
    const third = await startDaemon(t, { config, state: box.state });
    t.not((await boxOf(third)).id, after.id);
    t.notOk(existsSync(button), "the marker elsewhere, too, is taken away");
    t.match(
      third.log.find(({ msg }) => msg === "factory-reset"),
      { everything: true },
    );
    t.equal(await third.stop(), 0);
    const fourth = await startDaemon(t, { config, state: box.state });
    t.notOk(
      fourth.log.some(({ msg }) => msg === "factory-reset"),
      "once",
    );
  },
);

t.test(
  "factory reset: the cloud hears of it first, by the box that was; one that does not answer keeps nobody from it",
  async (t) => {
    const cloud = await fakeCloud(t);
    const config = configOf(`online: {enabled: true, cloud: "${cloud.origin}", openPorts: false}\n`);
    const acts = (): unknown[] => cloud.heard.map(({ payload }) => payload["act"]);
    cloud.answer = ({ payload }) => {
      const box = String(payload["iss"]);
      const name = `${box}.tv.example`;
      return {
        status: 200,
        body: registrationOf({ box, name, lanName: `lan.${name}`, seq: Number(payload["seq"]) }),
      };
    };
    const registered = async (box: Daemon): Promise<unknown> => {
      // Without the wait that keeps boxes apart after a power cut.
      await box.local("POST", "/api/v1/online/test");
      return (await box.local<OnlineState>("GET", "/api/v1/online")).body.registration === "registered";
    };
    const box = await startDaemon(t, { config });
    await eventually("it is registered", () => registered(box));
    const { id } = await boxOf(box);
    await box.stop();
    const before = cloud.heard.length;

    await writeFile(join(box.state, FACTORY_RESET_FILE), "");
    const again = await startDaemon(t, { config, state: box.state });
    t.equal(acts()[before], "withdraw");
    t.match(cloud.heard[before], { signed: true, payload: { iss: id } });
    const next = await boxOf(again);
    t.not(next.id, id);
    await eventually("the new box is registered", () => registered(again));
    await again.stop();

    cloud.silent = () => true;
    const asked = cloud.heard.length;
    const file = join(await temporaryFolder(t), "tellyport.yaml");
    await writeFile(file, config);
    const reset = await tellyport(["reset", "--yes", "--state", box.state, "--config", file]);
    t.equal(reset.code, 0, reset.stderr);
    t.match(acts().slice(asked), ["withdraw"], "asked once, and not waited for");
    t.match(cloud.heard[asked], { signed: true, payload: { iss: next.id } });
    t.notOk(existsSync(join(box.state, "identity.key")));
  },
);

t.test(
  "factory reset: a marker that cannot be removed resets nothing",
  { skip: skipWithoutProgram("chattr") },
  async (t) => {
    const [state, elsewhere] = [await temporaryFolder(t), await temporaryFolder(t)];
    const marker = join(elsewhere, "button");
    await writeFile(marker, "");
    await writeFile(join(state, "identity.key"), "the key");
    const stuck = await runProgram("chattr", ["+i", marker]);
    if (stuck.code !== 0) {
      t.pass("a marker that stays", { skip: `no immutable files here: ${stuck.stderr.trim()}` });
      return;
    }
    t.teardown(() => runProgram("chattr", ["-i", marker]));
    const deps = { clock: systemClock, log: createLog({ level: "silent" }), leave: async () => undefined };
    await followFactoryReset(state, marker, deps);
    t.ok(existsSync(join(state, "identity.key")), "the box is what it was");
    t.notOk(existsSync(join(state, MARKER_FILE)), "and no later start resets it");
    await runProgram("chattr", ["-i", marker]);
    await followFactoryReset(state, marker, deps);
    t.notOk(existsSync(join(state, "identity.key")), "once it can be removed, it counts");
  },
);

t.test(
  "check-image: what would make two boxes one is found, each with its cure; an empty image is well",
  async (t) => {
    const root = await mkdtemp(join(await temporaryFolder(t), "image-"));
    const none = await tellyport(["check-image", root]);
    t.match(none, { code: 64, stderr: /no root file system/ });
    await mkdir(join(root, "etc"));
    await writeFile(join(root, "etc/hostname"), "box\n");
    const clean = await tellyport(["check-image", root]);
    t.equal(clean.code, 0, clean.stderr);
    const box = await startDaemon(t, { state: join(root, "var/lib/tellyport") });
    await box.stop();
    await mkdir(join(root, "etc/tellyport"), { recursive: true });
    await writeFile(join(root, "etc/machine-id"), "0123456789abcdef0123456789abcdef\n");
    await writeFile(join(root, "etc/tellyport/provision.yaml"), "bxo: {name: A}\n");
    await writeFile(join(root, "etc/tellyport/tellyport.yaml"), "state: {directory: /data/tv}\n");
    await mkdir(join(root, "data/tv"), { recursive: true });
    await writeFile(join(root, "data/tv/identity.key"), "the key");
    await writeFile(
      join(root, "etc/tellyport/release.pem"),
      generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
    );
    await mkdir(join(root, "root/.config/tellyport"), { recursive: true });
    await writeFile(join(root, "root/.config/tellyport/credentials.json"), "{}");
    const found = await tellyport(["check-image", root, "--json"]);
    t.equal(found.code, 1);
    const { findings } = JSON.parse(found.stdout) as { findings: { path: string; message: string }[] };
    const of = (path: string): string => findings.find((one) => one.path === path)?.message ?? "";
    t.match(of("/var/lib/tellyport/identity.key"), /Remove it/);
    t.match(of("/data/tv/identity.key"), /Remove it/, "where the image's own configuration has it");
    t.match(of("/etc/tellyport/release.pem"), /private key/i);
    t.match(of("/root/.config/tellyport/credentials.json"), /Remove it/);
    t.match(of("/var/lib/tellyport/tellyport.db"), /Empty the folder/);
    t.match(of("/etc/machine-id"), /truncate/);
    t.match(of("/etc/tellyport/provision.yaml"), /line 1: bxo .* did you mean box\?/);
    await writeFile(join(root, "etc/machine-id"), "uninitialized\n");
    const less = await tellyport(["check-image", root, "--json"]);
    t.notMatch(less.stdout, /machine-id/);
    t.equal((await tellyport(["check-image", join(root, "none")])).code, 64);
  },
);
