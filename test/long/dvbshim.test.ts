import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Delivery, Multiplex } from "../../src/tuner/ports.ts";
import { capture, PROJECT, skipWithout } from "../helpers/captures.ts";
import { dvbv5Scan, onAir, packetsOf, ShimChild, skipWithoutShim, type Air } from "../helpers/dvbshim.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { eventually, terrestrial, tunerOf, type Found } from "../tuner/drivers/linux-dvb/asked-tuner.ts";

const CHILD = new URL("../tuner/drivers/linux-dvb/dvb.child.js", import.meta.url);
const FAULTS = join(PROJECT, "test/tuner/drivers/linux-dvb/faults.c");

interface Broadcast {
  readonly name: string;
  readonly delivery: Delivery;
  /** Of the shim. */
  readonly keys?: string;
}

let hz = 474e6;
const dvbt = (): Delivery => ({
  system: "dvbt",
  frequencyHz: (hz += 8e6),
  bandwidthHz: 8e6,
  plp: null,
});
const dvbs = (system: "dvbs" | "dvbs2", frequencyKHz: number, polarisation: "H" | "V"): Delivery => ({
  system,
  frequencyKHz,
  symbolRate: 27_500_000,
  polarisation,
  orbital: null,
});

const BROADCASTS: readonly Broadcast[] = [
  { name: "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts", delivery: dvbt() },
  { name: "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts", delivery: dvbt() },
  { name: "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts", delivery: dvbt() },
  { name: "dvbt-tw-cts-si-epg-chinese.ts", delivery: dvbt(), keys: "bps=200000" },
  { name: "format-m2ts192-mpeg2-2s.m2ts", delivery: dvbt() },
  {
    name: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
    delivery: { system: "dvbt2", frequencyHz: 626e6, bandwidthHz: 8e6, plp: null },
  },
  { name: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts", delivery: dvbs("dvbs", 11_856_000, "V") },
  { name: "dvbs-fr-canalsat-scrambled-and-clear-2s.ts", delivery: dvbs("dvbs", 12_012_000, "V") },
  {
    name: "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
    delivery: dvbs("dvbs2", 11_554_000, "H"),
    keys: "bps=2000000",
  },
  { name: "broken-sat-animalplanet-tei-cc-pcr-1s.ts", delivery: dvbs("dvbs", 10_714_000, "H") },
];

const frequencyOf = (delivery: Delivery): number =>
  "frequencyKHz" in delivery ? delivery.frequencyKHz : "frequencyHz" in delivery ? delivery.frequencyHz : 0;

function channelLines(delivery: Delivery): string[] {
  const system = delivery.system.toUpperCase();
  const lines = ["[CHANNEL]", `\tDELIVERY_SYSTEM = ${system}`, `\tFREQUENCY = ${frequencyOf(delivery)}`];
  if ("bandwidthHz" in delivery) lines.push(`\tBANDWIDTH_HZ = ${delivery.bandwidthHz}`);
  if ("polarisation" in delivery)
    lines.push(
      `\tSYMBOL_RATE = ${delivery.symbolRate}`,
      `\tPOLARIZATION = ${delivery.polarisation === "H" ? "HORIZONTAL" : "VERTICAL"}`,
    );
  return lines;
}

/** Continuity errors and packets of a capture, and of what the driver delivers of it: a plain reading. */
function continuityErrors(packets: Buffer): number {
  const counters = new Map<number, number>();
  let errors = 0;
  for (let at = 0; at < packets.length; at += 188) {
    const pid = packets.readUInt16BE(at + 1) & 0x1fff;
    const control = packets.readUInt8(at + 3);
    if (pid === 0x1fff || (packets.readUInt8(at + 1) & 0x80) !== 0 || (control & 0x10) === 0) continue;
    const before = counters.get(pid);
    const counter = control & 0x0f;
    counters.set(pid, counter);
    if (before !== undefined && counter !== before && counter !== ((before + 1) & 0x0f)) errors++;
  }
  return errors;
}

/** The real dvbv5-zap: the whole multiplex into a file. */
async function zap(air: Air, channel: string, seconds: number, lnb: boolean): Promise<string> {
  const output = join(air.folder, "zapped.ts");
  const child = spawn(
    "dvbv5-zap",
    [
      ...(lnb ? ["-l", "UNIVERSAL"] : []),
      ...["-c", join(air.folder, "channels.conf"), "-P", "-r", "-o", output, "-t", String(seconds), channel],
    ],
    { env: { ...process.env, ...air.env, LC_ALL: "C.UTF-8" }, stdio: "ignore" },
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), (seconds + 20) * 1000);
  await new Promise((resolve) => child.on("exit", resolve));
  clearTimeout(timer);
  return output;
}

const onAirOnly = (found: Found): [number, string][] =>
  found.services
    .filter(({ onAir: is }) => is)
    .map(({ id, name }): [number, string] => [id, name])
    .sort(([a], [b]) => a - b);

for (const { name, delivery, keys = "" } of BROADCASTS) {
  const skip =
    skipWithoutShim() ||
    skipWithout(name) ||
    skipWithoutProgram("dvbv5-scan") ||
    skipWithoutProgram("dvbv5-zap");
  t.test(
    `dvbshim: ${name} is the same to our driver, to dvbv5-scan and to dvbv5-zap`,
    { skip, timeout: 240_000 },
    async (t) => {
      const file = packetsOf(capture(name)!);
      const air = await onAir(
        t,
        [
          {
            system: delivery.system.toUpperCase(),
            frequency: frequencyOf(delivery),
            file: name,
            keys: `loop=2 lockms=100 ${keys}${"polarisation" in delivery ? ` pol=${delivery.polarisation}` : ""}`,
          },
        ],
        { speed: 3 },
      );
      const child = new ShimChild(t, CHILD, air);
      await child.ask("source");
      const tuner = tunerOf(child, "dvb-0");
      const multiplex: Multiplex = { id: name, delivery };
      t.match(await tuner.tune(multiplex), { locked: true });
      // More than one turn of the capture.
      const judged = await tuner.received(Math.ceil((file.length / 188) * 1.3), 60_000);
      const ours = await tuner.services();
      t.match(judged, { misaligned: 0, overflows: 0, syncLosses: 0, failure: null });
      if (continuityErrors(file) === 0) t.equal(judged.continuityErrors, 0, "no continuity error");
      else t.ok(judged.continuityErrors > 0, `the capture's own errors: ${judged.continuityErrors}`);
      const head = await tuner.head();
      t.ok(file.includes(head.subarray(0, Math.min(head.length, file.length >> 2))), "byte for byte");
      await tuner.close();

      const lnb = "polarisation" in delivery;
      let scanned: Awaited<ReturnType<typeof dvbv5Scan>> = [];
      // It gives up on tables that come late, as they do on a busy machine: asked again, it finds them.
      for (let i = 0; i < 3 && scanned.length === 0; i++)
        scanned = await dvbv5Scan(air, channelLines(delivery), lnb ? { lnb: "UNIVERSAL" } : {});
      const theirs = scanned
        .map(({ id, name: text }): [number, string] => [id, text])
        .sort(([a], [b]) => a - b);
      t.same(onAirOnly(ours), theirs, "dvbv5-scan");

      const [first] = scanned;
      t.equal(
        first === undefined,
        name.startsWith("broken-"),
        "only what is broken has no service to zap to",
      );
      if (first === undefined) return;
      const zapped = await zap(air, first.name, 12, lnb);
      t.ok(existsSync(zapped), "dvbv5-zap has recorded");
      t.same(onAirOnly(await child.ask<Found>("servicesOf", { path: zapped })), onAirOnly(ours), "dvbv5-zap");
    },
  );
}

t.test(
  "dvbshim: a driver that hangs holds up nobody, and is used again when it is back",
  { skip: skipWithoutShim() || skipWithout(BROADCASTS[1]!.name), timeout: 240_000 },
  async (t) => {
    const air = await onAir(
      t,
      [{ system: "DVBT", frequency: 474_000_000, file: BROADCASTS[1]!.name, keys: "loop=2" }],
      { adapters: 2, before: [FAULTS] },
    );
    const faults = join(air.folder, "faults");
    mkdirSync(faults);
    const child = new ShimChild(t, CHILD, air, { FAULTS: faults });
    await child.ask("source");
    const [tuner, other] = [tunerOf(child, "dvb-0"), tunerOf(child, "dvb-1")];
    t.match(await tuner.tune(terrestrial(474_000_000)), { locked: true });
    t.match(await other.tune(terrestrial(474_000_000)), { locked: true });
    await tuner.received(100);
    writeFileSync(join(faults, "hang"), "0");
    // The main thread answers all the while.
    const from = performance.now();
    for (let i = 0; i < 20; i++) await child.ask("drivers");
    t.ok(performance.now() - from < 1000, "the main thread goes on");
    const failed = await eventually(tuner.judge, ({ failure }) => failure !== null, 30_000);
    t.match(failed.failure, { code: "device-gone", message: /does not answer/ });
    const waited = performance.now() - from;
    t.ok(waited > 10_000 && waited < 25_000, `${Math.round(waited)} ms`);
    t.ok((await tuner.close()) < 3000);
    rmSync(join(faults, "hang"));
    // The thread that was left has closed what it held.
    const again = await eventually(
      () => tuner.tune(terrestrial(474_000_000)),
      ({ locked }) => locked,
      15_000,
    );
    t.match(again, { locked: true });
    t.ok((await tuner.received(100)).packets >= 100);
  },
);
