import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { GOOD_AFTER } from "../../src/system/release-trial.ts";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import type { Box, Channels } from "../../src/protocol/api.ts";
import { VERSION } from "../../src/version.ts";
import { eventually, startDaemon } from "../helpers/daemon.ts";
import { freePort } from "../helpers/free-port.ts";
import { KeyPhone } from "../helpers/key-phone.ts";
import { pairPhone } from "../helpers/phone.ts";
import { ffprobeFrames } from "../helpers/players.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { figure } from "./figure.ts";
import { BROKEN, PACKAGES, makeImage, type Image } from "./image.ts";
import { Machine } from "./machine.ts";
import { cutPowerOf } from "./power.ts";
import type { Answer } from "./shell.ts";

// A Debian 13 arm64 of our own making, with the packages installed, boots under qemu: real systemd, read-only root, one
// partition that is written. scripts/test-machine makes what is missing and runs this; TELLYPORT_STEP is one of the steps.

const MINUTES = 60_000;
/** As `systemd-analyze security` may say of the service at most. */
const EXPOSURE = 2.0;
/** Bytes of memory that it may hold when nobody watches. */
const RESIDENT = 100e6;
const only = process.env["TELLYPORT_STEP"] ?? "";

function skip(): false | string {
  if (process.getuid?.() !== 0) return "only root makes another system in a folder";
  if (!existsSync(join(PACKAGES, "SHA256SUMS")))
    return `no packages in ${PACKAGES}: scripts/build-packages --arch arm64 makes them`;
  return skipWithoutProgram("qemu-system-aarch64", "mke2fs", "xz", "dpkg-deb", "ffprobe");
}

t.test("machine: an image boots, and lives through what comes to a box", { skip: skip() }, async (t) => {
  t.setTimeout(75 * MINUTES);
  const image = makeImage(only === "");
  // Phones know the box by its address: it stays.
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  let machine: Machine | null = null;
  t.teardown(() => machine?.cut());
  const on = async (): Promise<Machine> => {
    if (machine !== null) return machine;
    machine = await Machine.on(t, image, ports);
    await machine.ready();
    return machine;
  };
  const off = async (): Promise<void> => {
    await machine?.cut();
    machine = null;
  };
  const step = (name: string, what: string, run: Step): Promise<unknown> =>
    only === "" || only.split(",").includes(name)
      ? t.test(`${name}: ${what}`, { timeout: 60 * MINUTES }, async (t) =>
          run(t, await on(), { image, on, off }),
        )
      : Promise.resolve();

  await step("boot", "the service is ready, small and shut in", boots);
  await step("play", "a phone pairs and plays from outside", plays);
  await step("watchdog", "one that hangs is begun again", hangs);
  await step("rest", "it is small when nobody watches", rests);
  await step("release", "a good release stays, one that does not start is left", updates);
  await step("read-only", "a disk that cannot be written keeps nobody from watching", endures);
  await step("reset", "a held button makes it a new box", resets);
  await step("power", "whatever was acknowledged outlives a power cut", cuts);
});

interface House {
  readonly image: Image;
  readonly on: () => Promise<Machine>;
  readonly off: () => Promise<void>;
}
type Step = (t: Test, machine: Machine, house: House) => Promise<void>;

async function boots(t: Test, machine: Machine): Promise<void> {
  const after = await machine.ready();
  const inside = Number(await machine.property("ActiveEnterTimestampMonotonic")) / 1e6;
  const began = Number(await machine.property("ExecMainStartTimestampMonotonic")) / 1e6;
  figure(
    t,
    `READY ${after.toFixed(0)} s after the power was turned on; in the machine's own time ${inside.toFixed(1)} s after the kernel began, ${(inside - began).toFixed(1)} s after the service did`,
  );
  figure(
    t,
    await machine.said("uname -rm; . /etc/os-release; echo $PRETTY_NAME; systemctl --version | head -1"),
  );
  t.equal((await machine.ask("touch /usr/x")).code, 1, "the root file system is read-only");

  const exposure = /exposure level for \S+: ([\d.]+)/.exec(
    await machine.said("systemd-analyze security tellyport.service --no-pager"),
  )?.[1];
  figure(t, `exposure in the machine: ${exposure}`);
  t.ok(Number(exposure) <= EXPOSURE, `exposure ${exposure} of ${EXPOSURE}`);
  const confined = await machine.said(
    'p=$(systemctl show tellyport -p MainPID --value); grep -E "^(CapEff|NoNewPrivs|Seccomp|Threads|VmRSS)" /proc/$p/status; id -un $(stat -c %u /proc/$p)',
  );
  t.match(confined, /CapEff:\s+0000000000000000/, "it may do nothing beyond its user's rights");
  t.match(confined, /NoNewPrivs:\s+1/);
  t.match(confined, /Seccomp:\s+2/);
  t.match(confined, /^tellyport$/m);
  t.equal((await machine.said("stat -c %a:%U /var/lib/tellyport")).trim(), "700:tellyport");

  const well = await machine.ask("tellyport healthcheck --timeout 300");
  t.equal(well.code, 0, well.text);
  const findings = await machine.ask("tellyport doctor");
  figure(t, findings.text);
  t.equal((await machine.ask("systemctl --failed --no-legend")).text, "", "no unit has failed");
  await tuners(t, machine);
}

/** What it holds when nobody watches, with a line-up of before: the least of some readings, since guide and survey come and go. */
async function rests(t: Test, machine: Machine): Promise<void> {
  const began = performance.now();
  await machine.said("systemctl restart tellyport");
  await machine.ready();
  const emulated = (performance.now() - began) / 1000;
  const nativeBegan = performance.now();
  const native = await startDaemon(t);
  figure(
    t,
    `start to first answer with a state of before: ${emulated.toFixed(1)} s; natively, and without one, ${((performance.now() - nativeBegan) / 1000).toFixed(1)} s`,
  );
  // What only the start needs is given back.
  await sleep(90_000);
  const readings: { resident: number; text: string }[] = [];
  const natives: number[] = [];
  for (let i = 0; i < 12; i++) {
    const text = await machine.said(
      "grep -E '^(VmRSS|RssAnon|RssFile)' /proc/$(systemctl show tellyport -p MainPID --value)/status; systemctl show tellyport -p MemoryCurrent; grep MemAvailable /proc/meminfo",
    );
    readings.push({ resident: residentOf(text), text });
    natives.push(residentOf(readFileSync(`/proc/${native.child.pid}/status`, "utf8")));
    await sleep(5000);
  }
  const least = readings.reduce((one, other) => (other.resident < one.resident ? other : one));
  figure(t, `resident: ${readings.map(({ resident }) => Math.round(resident / 1e6)).join(" ")} MB`);
  figure(t, `at rest: ${least.text.replaceAll(/\s+/g, " ")}`);
  figure(t, `resident natively: ${natives.map((bytes) => Math.round(bytes / 1e6)).join(" ")} MB`);
  t.equal(await native.stop(), 0);
  t.ok(least.resident < RESIDENT, `resident ${(least.resident / 1e6).toFixed(1)} MB of ${RESIDENT / 1e6}`);
}

/** Bytes. @param status text of `/proc/PID/status` */
function residentOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

/** The rule for tuners holds for a driver that comes when the service runs: the kernel knew the class before it. */
async function tuners(t: Test, machine: Machine): Promise<void> {
  const known = await machine.ask("grep -w DVB /proc/devices; lsmod | grep dvb_core");
  t.match(known.text, /212 DVB/, "modules-load.d has the kernel know the class before the service starts");
  const rules = await machine.ask("systemctl show tellyport -p DevicePolicy -p DeviceAllow");
  figure(t, rules.text.replaceAll("\n", "; "));
  // A node without hardware behind it: ENXIO or ENODEV is the driver's answer, EPERM the service manager's.
  const open = (numbers: string, name: string): Promise<Answer> =>
    machine.ask(
      `mknod -m 666 /dev/${name} c ${numbers}; sh -c 'echo $$ >/sys/fs/cgroup/system.slice/tellyport.service/cgroup.procs; exec head -c 1 /dev/${name}'`,
    );
  const tuner = await open("212 63", "test-dvb");
  t.notMatch(tuner.text, /Operation not permitted/, `a tuner may be opened: ${tuner.text}`);
  const disk = await open("4 64", "test-serial");
  t.match(disk.text, /Operation not permitted/, "what is no tuner may not");
}

async function plays(t: Test, machine: Machine): Promise<void> {
  const channels = await eventually(
    "the first scan, as provisioned, has found channels",
    async () => {
      const { body } = await machine.local<Channels>("GET", "/api/v1/channels");
      return body.channels.length > 0 && body.channels;
    },
    20 * MINUTES,
    2000,
  );
  figure(t, `${channels.length} channels by the scan of provision.yaml`);
  t.equal(
    (await machine.local<Box>("GET", "/api/v1/box")).body.name,
    "Emulated box",
    "it has the installer's name",
  );
  const phone = await pairPhone(t, {
    openOffer: (role) => machine.openOffer(role),
    url: `https://127.0.0.1:${machine.https}`,
  });
  t.equal((await phone.channels()).length, channels.length, "the phone lists them");
  const from = performance.now();
  const playback = await phone.play("1");
  const probed = await ffprobeFrames(playback.hls, 4);
  t.same(probed.streams.map(({ codec }) => codec).sort(), ["aac", "h264"], probed.complaints.join("\n"));
  t.ok(probed.pictures > 0 && probed.sounds > 0, "picture and sound");
  figure(
    t,
    `${probed.pictures} pictures, ${probed.sounds} frames of sound, ${((performance.now() - from) / 1000).toFixed(1)} s from the wish to the end of 4 s of it`,
  );
  figure(t, await machine.said("systemctl show tellyport -p MemoryCurrent -p MemoryPeak"));
  await playback.stop();
}

async function hangs(t: Test, machine: Machine): Promise<void> {
  const pid = await machine.property("MainPID");
  const restarts = Number(await machine.property("NRestarts"));
  const from = performance.now();
  await machine.said(`kill -STOP ${pid}`);
  await eventually(
    "another process",
    async () => Number(await machine.property("NRestarts")) === restarts + 1,
    20 * MINUTES,
    1000,
  );
  const ended = (performance.now() - from) / 1000;
  await machine.ready();
  t.not(await machine.property("MainPID"), pid);
  t.match(await machine.journal(), /Watchdog timeout/, "the service manager says why");
  figure(
    t,
    `ended after ${ended.toFixed(0)} s, ready again after ${((performance.now() - from) / 1000).toFixed(0)} s`,
  );
  t.equal((await machine.ask("tellyport healthcheck --timeout 300")).code, 0, "it is well");
}

async function updates(t: Test, machine: Machine, { image }: House): Promise<void> {
  const install = (file: string): Promise<string> =>
    machine.said(`tellyport release install /gifts/${file} --key /gifts/key.pem --restart`);
  const unsigned = await machine.ask(
    `cp /gifts/${basename(image.broken)} /tmp && tellyport release install /tmp/${basename(image.broken)} --key /gifts/key.pem`,
  );
  t.not(unsigned.code, 0, "a release without a signature is refused");
  figure(t, await install(`tellyport-${VERSION}-linux-arm64.tar.xz`));
  await machine.ready();
  t.match(
    await machine.said("tr '\\0' ' ' </proc/$(systemctl show tellyport -p MainPID --value)/cmdline"),
    `/var/lib/tellyport-releases/releases/${VERSION}/cli.js`,
    "the service runs the release that was installed",
  );
  await eventually(
    "it gets its mark",
    async () => (await machine.ask(`test -e /var/lib/tellyport-releases/marks/${VERSION}`)).code === 0,
    GOOD_AFTER + 10 * MINUTES,
    2000,
  );

  const from = performance.now();
  // The service fails: what restarts it says so.
  const failing = await machine.ask(
    `tellyport release install /gifts/${basename(image.broken)} --key /gifts/key.pem --restart`,
  );
  figure(t, failing.text);
  await eventually(
    "the rollback",
    async () =>
      (await machine.ask("readlink /var/lib/tellyport-releases/current")).text === `releases/${VERSION}`,
    20 * MINUTES,
    1000,
  );
  const left = (performance.now() - from) / 1000;
  await machine.ready();
  figure(
    t,
    `left after ${left.toFixed(0)} s, the release before is ready after ${((performance.now() - from) / 1000).toFixed(0)} s`,
  );
  const said = await machine.journal("tellyport-rollback");
  t.match(said, new RegExp(`release ${BROKEN} does not start \\(.*\\): back to ${VERSION}`), said);
  t.match(
    await machine.journal(),
    /Scheduled restart job, restart counter is at 3/,
    "it was tried four times",
  );
  const alarms = await eventually("the owner is told", async () => {
    const { body } = await machine.local<{ entries: AuditEntry[] }>("GET", "/api/v1/audit?alarms=true");
    const found = body.entries.filter(({ event }) => event === "release-rolled-back");
    return found.length > 0 && found;
  });
  t.match(alarms, [{ detail: { from: BROKEN, to: VERSION } }]);
  figure(t, await machine.said("tellyport release list"));
  t.equal((await machine.ask("tellyport healthcheck --timeout 300")).code, 0, "it is well");
  t.equal((await machine.ask("systemctl is-failed tellyport-rollback.service")).text, "inactive");
}

/** The service manager begins it all the same, and it runs on a copy, where the command line finds it. */
async function endures(t: Test, machine: Machine): Promise<void> {
  const box = async (): Promise<Box | null> => {
    const answer = await fetch(`${machine.url}/api/v1/box`).catch(() => null);
    return answer?.ok === true ? ((await answer.json()) as Box) : null;
  };
  const phone = await KeyPhone.paired(machine);
  const id = (await box())?.id;
  await machine.said("systemctl stop tellyport && mount -o remount,ro /data && systemctl start tellyport");
  await machine.ready();
  t.match(await box(), { id, stateDoubt: "read-only" });
  t.equal((await phone.call("GET", "/api/v1/clients/self")).status, 200, "who is known gets in");
  const playback = await phone.call("POST", "/api/v1/playback", { channel: await firstChannel(phone) });
  t.equal(playback.status, 200, "and watches");
  const clients = await machine.ask("tellyport clients list");
  t.equal(clients.code, 0, `the command line finds it: ${clients.text}`);
  figure(t, (await machine.ask("tellyport healthcheck --timeout 300")).text);

  await machine.said("mount -o remount,rw /data");
  await eventually(
    "it takes its state up again",
    async () => {
      const now = await box();
      return now !== null && now.stateDoubt === undefined;
    },
    10 * MINUTES,
    1000,
  );
  await machine.ready();
  t.equal((await box())?.id, id);
  t.equal((await phone.call("GET", "/api/v1/clients/self")).status, 200);
  t.equal((await machine.ask("tellyport clients list")).code, 0);
  t.equal((await machine.ask("ls /run/tellyport")).text, "", "nothing is left of the copy");
}

async function firstChannel(phone: KeyPhone): Promise<string | undefined> {
  const { body } = await phone.call("GET", "/api/v1/channels");
  return (body as Channels).channels[0]?.id;
}

async function resets(t: Test, machine: Machine): Promise<void> {
  const id = async (): Promise<string> => (await machine.local<Box>("GET", "/api/v1/box")).body.id;
  const before = await id();
  const phone = await KeyPhone.paired(machine);
  t.equal((await phone.call("GET", "/api/v1/clients/self")).status, 200);
  await machine.said("touch /var/lib/tellyport/factory-reset && systemctl restart tellyport");
  await machine.ready();
  t.not(await id(), before, "another identity");
  t.equal((await phone.call("GET", "/api/v1/clients/self")).status, 401, "the old token is refused");
  t.equal((await phone.refresh()).status, 401, "nor is it renewed");
  t.notOk((await machine.local<Box>("GET", "/api/v1/box")).body.claimed, "nobody owns it");
  t.equal((await machine.ask("test -e /var/lib/tellyport/factory-reset")).code, 1, "the marker is gone");
  await KeyPhone.paired(machine);
}

async function cuts(t: Test, _machine: Machine, house: House): Promise<void> {
  await cutPowerOf(t, house, Number(process.env["TELLYPORT_CUTS"] ?? 10));
}
