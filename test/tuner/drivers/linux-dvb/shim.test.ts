import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import t from "tap";
import type { AdapterDescription } from "../../../../src/tuner/drivers/linux-dvb/adapter-description.ts";
import { capture, PROJECT, skipWithout } from "../../../helpers/captures.ts";
import {
  dvbv5Scan,
  type ScannedService,
  onAir,
  packetsOf,
  ShimChild,
  skipWithoutShim,
  type OnAir,
} from "../../../helpers/dvbshim.ts";
import { eventually, satellite, terrestrial, tunerOf, type Judged, type Resources } from "./asked-tuner.ts";
import { skipWithoutProgram } from "../../../helpers/programs.ts";

const CHILD = new URL("./dvb.child.js", import.meta.url);
const FAULTS = join(PROJECT, "test/tuner/drivers/linux-dvb/faults.c");
const BBC = "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts";
const RAI = "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts";
const FRANCE = "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts";

const skip = skipWithoutShim() || skipWithout(BBC, RAI, FRANCE);
const LINES: readonly OnAir[] = [
  { system: "DVBT", frequency: 474_000_000, file: RAI, keys: "loop=2 lockms=40" },
  { system: "DVBT", frequency: 482_000_000, file: BBC, keys: "loop=2 lockms=40" },
  { system: "DVBT", frequency: 506_000_000, file: BBC, keys: "nolock=1" },
  { system: "DVBT", frequency: 514_000_000, file: BBC, keys: "loop=2 lockms=2500" },
  { system: "DVBS2", frequency: 11_554_000, file: FRANCE, keys: "pol=H bps=2000000 lockms=40" },
];

const skipScan = skip || skipWithoutProgram("dvbv5-scan");

// Most of their time they wait: two at a time.
t.test("dvb: over an emulated adapter", { skip, timeout: 120_000 }, async (t) => {
  t.jobs = 2;
  t.test(
    "dvb: packets of an emulated adapter come as they are on air, and no one else's",
    { timeout: 60_000 },
    async (t) => {
      const air = await onAir(t, LINES, { speed: 2 });
      const child = new ShimChild(t, CHILD, air);
      t.same(await child.ask("source"), [{ id: "dvb-0", name: "dvbshim file frontend" }]);
      const tuner = tunerOf(child, "dvb-0");
      t.ok(await child.ask("accepts", { id: "dvb-0", multiplex: satellite(11_554_000) }));
      t.notOk(
        await child.ask("accepts", {
          id: "dvb-0",
          multiplex: {
            id: "c",
            delivery: { system: "dvbc", frequencyHz: 1, symbolRate: 1, modulation: "QAM/64" },
          },
        }),
      );

      t.match(await tuner.tune(terrestrial(474_000_000)), { locked: true });
      let rai = await tuner.received(30_000);
      // A machine that gives the reader no time for a while overflows its buffer, and that is told: then once more.
      for (let again = 0; rai.overflows > 0 && again < 3; again++) {
        await tuner.close();
        await tuner.tune(terrestrial(474_000_000));
        rai = await tuner.received(30_000);
      }
      t.match(rai, { misaligned: 0, overflows: 0, syncLosses: 0, continuityErrors: 0, failure: null });
      t.ok(rai.packets >= 30_000, `${rai.packets} packets: more than a turn of the capture`);
      t.ok(packetsOf(capture(RAI)!).includes(await tuner.head()), "byte for byte");
      t.match(rai.signal, { locked: true, strength: -45, cnr: 25, quality: null, uncorrectedBlocks: 0 });

      t.match(await tuner.tune(terrestrial(482_000_000)), { locked: true }, "from one multiplex to the next");
      const bbc = await tuner.received(8_000);
      t.match(bbc, { misaligned: 0, continuityErrors: 0, failure: null });
      const onBbc = new Set<number>();
      const packets = packetsOf(capture(BBC)!);
      for (let at = 0; at < packets.length; at += 188) onBbc.add(packets.readUInt16BE(at + 1) & 0x1fff);
      t.same(
        Object.keys(bbc.pids).filter((pid) => !onBbc.has(Number(pid))),
        [],
        "nothing of the multiplex before",
      );

      t.match(await tuner.tune(satellite(11_554_000)), { locked: true }, "by way of the LNB");
      await tuner.received(1000);
      t.ok(packetsOf(capture(FRANCE)!).includes(await tuner.head()), "byte for byte");

      const ms = await tuner.close();
      t.ok(ms < 300, `closed after ${ms} ms`);
      // PIDs come and go; those that stay do not lose a packet.
      t.match(await tuner.tune(terrestrial(474_000_000), { pids: [0, 512] }), { locked: true });
      let count = 0;
      for (const pids of [[0, 512, 513], "all", [0, 512], [512]] as const) {
        await tuner.filter(pids);
        count = (await tuner.received(count + 2000)).packets;
      }
      t.match(await tuner.judge(), { misaligned: 0, continuityErrors: 0, failure: null });
      t.ok((await tuner.close()) < 300);

      const { descriptors } = await child.ask<Resources>("resources");
      for (let i = 0; i < 3; i++) {
        t.match(await tuner.tune(terrestrial(482_000_000)), { locked: true });
        await tuner.received(10);
        t.ok((await tuner.close()) < 300);
      }
      t.equal(
        (await child.ask<Resources>("resources")).descriptors,
        descriptors,
        "no descriptor is left open",
      );
      const { threads } = await child.ask<Resources>("resources");
      await child.ask("closeSource");
      const after = await eventually(
        () => child.ask<Resources>("resources"),
        (now) => now.threads < threads && now.descriptors < descriptors,
      );
      t.ok(after.threads < threads, "the thread ends with the source");
    },
  );

  t.test(
    "dvb: locks that come late or never, requests that are cancelled, an adapter that others use",
    { timeout: 60_000 },
    async (t) => {
      const air = await onAir(t, LINES, { adapters: 4 });
      const child = new ShimChild(t, CHILD, air);
      await child.ask("source");
      const [first, second, third, fourth] = [0, 1, 2, 3].map((n) => tunerOf(child, `dvb-${n}`));
      const weak = first!.tune(terrestrial(506_000_000));
      const late = second!.tune(terrestrial(514_000_000));
      const nothing = third!.tune(terrestrial(600_000_000));

      const cancelled = await fourth!.tune(terrestrial(506_000_000), { abortMs: 200 });
      t.match(cancelled, { locked: false, code: "request-cancelled" });
      t.ok(cancelled.ms < 1000, `${cancelled.ms} ms`);
      t.match(await fourth!.tune(terrestrial(482_000_000)), { locked: true }, "the next request is served");

      const other = new ShimChild(t, CHILD, air);
      t.same(
        (await other.ask<{ id: string }[]>("source", { adapters: [3] })).map(({ id }) => id),
        ["dvb-3"],
        "only the adapters that are named",
      );
      const busy = await tunerOf(other, "dvb-3").tune(terrestrial(482_000_000));
      t.match(busy, { locked: false, code: "device-busy", message: /another program/ });
      const adapters = await other.ask<AdapterDescription[]>("describe");
      t.match(adapters[3], {
        id: "dvb-3",
        adapter: 3,
        device: "/dev/dvb/adapter3/frontend0",
        name: "dvbshim file frontend",
        apiVersion: /^5\.\d+$/,
        systems: ["dvbt", "dvbs2"],
        frequencyHz: { from: 42_000_000, to: 1_002_000_000 },
        pidFilters: 64,
        problems: [{ code: "device-busy" }],
      });
      t.ok((await fourth!.received(500)).packets >= 500, "who uses it is not disturbed");
      await fourth!.close();
      t.match(
        await tunerOf(other, "dvb-3").tune(terrestrial(482_000_000)),
        { locked: true },
        "now it is free",
      );

      const locked = await late;
      t.match(locked, { locked: true });
      t.ok(locked.ms >= 2400, `${locked.ms} ms`);
      t.match(await nothing, { locked: false, code: "no-lock", message: /no signal/ });
      t.match(await weak, { locked: false, code: "no-lock", message: /too weak/ });
      t.match(await first!.tune(terrestrial(482_000_000)), { locked: true }, "after a failure");
    },
  );

  t.test(
    "dvb: overflows, skew, few filters, and an adapter that is pulled out and plugged in again",
    { timeout: 60_000 },
    async (t) => {
      const air = await onAir(t, LINES, { adapters: 2, speed: 60, before: [FAULTS] });
      const faults = join(air.folder, "faults");
      mkdirSync(faults);
      const fault = (name: string, text = ""): void => writeFileSync(join(faults, name), text);
      const mend = (name: string): void => rmSync(join(faults, name));
      const child = new ShimChild(t, CHILD, air, { FAULTS: faults });
      await child.ask("source");
      const tuner = tunerOf(child, "dvb-0");

      // Sixty times as fast as on air: 160 MB a second, which a main thread that sleeps does not take.
      t.match(await tuner.tune(terrestrial(474_000_000)), { locked: true });
      await child.ask("block", { ms: 500 });
      const flooded = await eventually(tuner.judge, ({ overflows }) => overflows > 0);
      t.ok(flooded.overflows > 0, `${flooded.overflows} overflows`);
      const on = await tuner.received(flooded.packets + 1000);
      t.ok(on.packets >= flooded.packets + 1000, "packets come again");
      t.match(on, { misaligned: 0, failure: null });

      const { syncLosses } = await tuner.judge();
      // An overflow right behind the lost byte puts what follows in step: another byte is lost then.
      const judgedOnceSkewed = async (): Promise<Judged> => {
        const judged = await tuner.judge();
        if (judged.syncLosses === syncLosses && !existsSync(join(faults, "skew"))) fault("skew");
        return judged;
      };
      const skewed = await eventually(judgedOnceSkewed, (judged) => judged.syncLosses > syncLosses);
      t.ok(skewed.syncLosses > syncLosses, "lost sync is told");
      t.match(await tuner.received(skewed.packets + 1000), { misaligned: 0, failure: null });

      // Filters.
      await tuner.close();
      t.match(await tuner.tune(terrestrial(482_000_000), { pids: [0, 17] }), { locked: true });
      t.same(Object.keys((await tuner.received(200)).pids), ["0", "17"]);
      fault("few", "2");
      await tuner.filter([0, 17, 18]);
      t.ok(
        Object.keys(
          (await eventually(tuner.judge, ({ pids }) => "256" in pids || Object.keys(pids).length > 5)).pids,
        ).length > 5,
        "the whole stream when filters run out",
      );
      await tuner.close();
      fault("nowhole");
      t.match(await tuner.tune(terrestrial(482_000_000)), { locked: true });
      t.match(await eventually(tuner.judge, ({ failure }) => failure !== null), {
        failure: { code: "unsupported", message: /neither single PIDs nor the whole multiplex/ },
      });
      t.ok(
        (
          await eventually(
            () => child.ask<AdapterDescription[]>("describe"),
            ([adapter]) => adapter?.problems.length === 0,
          )
        )[0]?.problems.length === 0,
        "the device is let go",
      );
      mend("few");
      mend("nowhole");

      // A driver without statistics.
      fault("nostats");
      t.match(await tuner.tune(terrestrial(482_000_000)), { locked: true });
      const measured = await eventually(tuner.judge, ({ signal }) => signal.locked);
      t.match(measured.signal, { locked: true, strength: null, cnr: null, uncorrectedBlocks: 0 });
      t.ok(Math.abs(measured.signal.quality! - 50_000 / 0xffff) < 1e-6, `${measured.signal.quality}`);
      mend("nostats");

      // Unplugged in mid-stream.
      await tuner.received(100);
      fault("gone");
      const folder = join(air.folder, "dvb/adapter0");
      renameSync(folder, `${folder}.away`);
      const from = performance.now();
      t.match(await eventually(tuner.judge, ({ failure }) => failure !== null), {
        failure: { code: "device-gone" },
      });
      const told = performance.now() - from;
      t.ok(told < 3000, `told after ${told} ms`);
      const ids = (): Promise<{ changes: number; ids: string[] }> => child.ask("drivers");
      t.same((await eventually(ids, (now) => !now.ids.includes("dvb-0"))).ids, ["dvb-1"]);
      mend("gone");
      renameSync(`${folder}.away`, folder);
      const back = await eventually(ids, (now) => now.ids.includes("dvb-0"));
      t.same(back.ids, ["dvb-0", "dvb-1"], "it has the id that it had");
      t.ok(back.changes >= 2, `${back.changes} changes told`);
    },
  );
});

const listed = (services: readonly { id: number; name: string }[]) =>
  services.map(({ id, name }) => [id, name]).sort();

t.test(
  "dvb: the services of a multiplex are those that dvbv5-scan lists",
  { skip: skipScan, timeout: 60_000 },
  async (t) => {
    const air = await onAir(t, LINES, { speed: 4 });
    const child = new ShimChild(t, CHILD, air);
    await child.ask("source");
    const tuner = tunerOf(child, "dvb-0");
    t.match(await tuner.tune(terrestrial(474_000_000)), { locked: true });
    const found = await eventually(tuner.services, ({ complete }) => complete);
    t.equal(found.services.length, 8);
    await tuner.close();
    // On a crowded machine the tool gives up before a table is whole, and makes names up: then it looks again.
    let scanned: ScannedService[] = [];
    for (let i = 0; i < 3 && !isDeepStrictEqual(listed(found.services), listed(scanned)); i++)
      scanned = await dvbv5Scan(air, [
        "[RAI]",
        "\tDELIVERY_SYSTEM = DVBT",
        "\tFREQUENCY = 474000000",
        "\tBANDWIDTH_HZ = 8000000",
      ]);
    t.same(listed(found.services), listed(scanned));
  },
);
