import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Box, Channels } from "../../src/protocol/api.ts";
import { systemCode } from "../../src/kernel/errors.ts";
import { eventually, startDaemon, tellyport, type Daemon } from "../helpers/daemon.ts";
import { KeyPhone, onTheWire } from "../helpers/key-phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { loopDisk, skipWithoutLoopDisk } from "../helpers/loop-disk.ts";

const boxOf = async (box: Daemon): Promise<Box> => (await onTheWire(box.url, "/api/v1/box")).body as Box;
const doubtIs = (box: Daemon, doubt: Box["stateDoubt"]): Promise<true> =>
  eventually(`the box says ${String(doubt)}`, async () => (await boxOf(box)).stateDoubt === doubt, 60_000);
const loudLines = (box: Daemon): unknown[] =>
  box.log.filter(({ level }) => Number(level) >= 40).map(({ msg }) => msg);
/** The next process at the same address, so that a phone of before finds it. */
const sameAddress = (box: Daemon): string =>
  `http: {address: "127.0.0.1", port: ${box.http}, https: {port: ${box.https}}}\nannounce: {mdns: false, ssdp: off}\n`;

interface Checks {
  equal(found: unknown, wanted: unknown, message: string): unknown;
}

async function plays(t: Checks, phone: KeyPhone): Promise<void> {
  const channels = await eventually("channels are there", async () => {
    const { body } = await phone.call("GET", "/api/v1/channels");
    const listed = (body as Channels).channels;
    return listed.length > 0 && listed;
  });
  const started = await phone.call("POST", "/api/v1/playback", { channel: channels[0]?.id });
  t.equal(started.status, 200, JSON.stringify(started.body));
  const { id } = started.body as { id: string };
  await phone.call("DELETE", `/api/v1/playback/${id}`);
}

t.test(
  "state: read-only from the start, those whom the box knows watch on; it takes up its state when it can be written",
  { skip: skipWithoutLoopDisk() },
  async (t) => {
    const disk = await loopDisk(t, 64);
    const before = await startDaemon(t, { state: disk.path });
    const phone = await KeyPhone.paired(before);
    const { id } = await boxOf(before);
    t.equal(await before.stop(), 0);

    disk.mount("remount,ro");
    const RUNTIME_DIRECTORY = await temporaryFolder(t);
    const box = await startDaemon(t, {
      state: disk.path,
      config: sameAddress(before),
      wrapper: ["env", `RUNTIME_DIRECTORY=${RUNTIME_DIRECTORY}`],
    });
    t.match(await boxOf(box), { id, stateDoubt: "read-only" });
    await plays(t, phone);
    const listed = await tellyport(["clients", "list", "--json", "--state", disk.path], {
      env: { ...process.env, RUNTIME_DIRECTORY },
    });
    t.equal(listed.code, 0, `the command line finds the box on its copy: ${listed.stderr}`);
    t.equal(loudLines(box).filter((line) => line === "state-degraded").length, 1, "said once");

    disk.mount("remount,rw");
    await eventually("the state is taken up", async () => {
      const now = await boxOf(box).catch(() => null);
      return now !== null && now.stateDoubt === undefined;
    });
    t.ok(loudLines(box).includes("state-shadow-kept"));
    t.equal((await boxOf(box)).id, id);
    await plays(t, phone);
    t.equal((await box.local("GET", "/api/v1/clients")).status, 200, "the command line finds it again");
    t.equal(await box.stop(), 0);
  },
);

t.test(
  "state: a disk that fills is said once, television goes on, and room makes it well",
  { skip: skipWithoutLoopDisk() },
  async (t) => {
    const disk = await loopDisk(t, 32);
    const box = await startDaemon(t, { state: disk.path });
    const phone = await KeyPhone.paired(box);
    const ballast = join(disk.path, "ballast");
    fill(ballast);
    await doubtIs(box, "full");
    await plays(t, phone);
    rmSync(ballast);
    await doubtIs(box, undefined);
    await plays(t, phone);
    const lines = loudLines(box);
    t.equal(lines.filter((line) => line === "state-degraded").length, 1);
    t.ok(lines.length < 20, lines.join());
    t.equal(await box.stop(), 0);
  },
);

t.test(
  "state: a device that fails while the box runs leaves it on air",
  { skip: skipWithoutLoopDisk() },
  async (t) => {
    const disk = await loopDisk(t, 64);
    const box = await startDaemon(t, { state: disk.path });
    const phone = await KeyPhone.paired(box);
    disk.mount("remount,abort");
    await plays(t, phone);
    await eventually("the box says so", async () => (await boxOf(box)).stateDoubt !== undefined, 60_000);
    await plays(t, phone);
    t.equal(box.child.exitCode, null, "it runs");
    t.ok(loudLines(box).length < 20, loudLines(box).join());
  },
);

/** Until nothing more goes in. */
function fill(path: string): void {
  const file = openSync(path, "w");
  const zeros = Buffer.alloc(64 * 1024);
  try {
    for (;;) writeSync(file, zeros);
  } catch (error) {
    if (systemCode(error) !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}
