import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { Scan, ScannedService } from "../../src/protocol/api.ts";
import { skipWithout } from "../helpers/captures.ts";
import { CLI } from "../helpers/daemon.ts";
import { dvbv5Scan, onAir, skipWithoutShim, type Air } from "../helpers/dvbshim.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

interface Broadcast {
  readonly name: string;
  /** As the shim and dvb-tools name it. */
  readonly system: string;
  readonly frequency: number;
  readonly lines: readonly string[];
  /** Of the shim. */
  readonly keys?: string;
}

const terrestrial = ["BANDWIDTH_HZ = 8000000"];
const satellite = ["SYMBOL_RATE = 27500000", "POLARIZATION = HORIZONTAL"];
const BROADCASTS: readonly Broadcast[] = [
  {
    name: "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
    system: "DVBT",
    frequency: 474_000_000,
    lines: terrestrial,
  },
  {
    name: "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts",
    system: "DVBT",
    frequency: 498_000_000,
    lines: terrestrial,
  },
  {
    name: "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
    system: "DVBT",
    frequency: 522_000_000,
    lines: terrestrial,
  },
  {
    name: "dvbt-tw-cts-si-epg-chinese.ts",
    system: "DVBT",
    frequency: 546_000_000,
    lines: terrestrial,
    keys: "bps=200000",
  },
  {
    name: "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
    system: "DVBT2",
    frequency: 626_000_000,
    lines: terrestrial,
  },
  {
    name: "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
    system: "DVBS",
    frequency: 11_856_000,
    lines: satellite,
  },
  {
    name: "dvbs-fr-canalsat-scrambled-and-clear-2s.ts",
    system: "DVBS",
    frequency: 12_012_000,
    lines: satellite,
  },
  {
    name: "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
    system: "DVBS2",
    frequency: 11_554_000,
    lines: satellite,
    keys: "bps=2000000",
  },
];

const channelLines = ({ system, frequency, lines }: Broadcast): string[] => [
  "[CHANNEL]",
  `\tDELIVERY_SYSTEM = ${system}`,
  `\tFREQUENCY = ${frequency}`,
  ...lines.map((line) => `\t${line}`),
];

/** `tellyport scan --json` under the shim. @returns its last line, and the one before */
async function ownScan(
  air: Air,
  state: string,
  args: readonly string[],
): Promise<{ services: ScannedService[]; diff: Scan["diff"]; code: number | null }> {
  const child = spawn(
    process.execPath,
    [CLI, "scan", "--json", "--tuner", "dvb", "--state", state, ...args],
    {
      env: { ...process.env, ...air.env },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  const lines = text.trim().split("\n");
  const { services } = JSON.parse(lines.at(-1) ?? "{}") as { services: ScannedService[] };
  const { diff } = JSON.parse(lines.at(-2) ?? "{}") as { diff: Scan["diff"] };
  return { services, diff, code };
}

/** What dvb-tools call a service whose SDT they did not wait for: `498.00MHz#16657`. */
const UNNAMED = /^[\d.]+MHz#(\d+)$/;

/** Ids and names; of those that `unnamed` holds, ids alone. */
function sorted(services: readonly { id: number; name: string }[], unnamed: ReadonlySet<number>): string[] {
  const texts = services.map(({ id, name }) => (unnamed.has(id) ? `${id}` : `${id} ${name}`));
  return [...new Set(texts)].sort();
}

for (const broadcast of BROADCASTS) {
  const { name, system, frequency, keys = "" } = broadcast;
  const skip = skipWithoutShim() || skipWithout(name) || skipWithoutProgram("dvbv5-scan");
  t.test(
    `dvb scan: ${name} has the services that dvbv5-scan finds`,
    { skip, timeout: 240_000 },
    async (t) => {
      const air = await onAir(t, [{ system, frequency, file: name, keys: `loop=2 lockms=100 ${keys}` }]);
      const state = await temporaryFolder(t);
      const initial = join(state, "initial.conf");
      writeFileSync(initial, `${channelLines(broadcast).join("\n")}\n`);
      const args = ["--initial", initial, "--no-follow"];
      const first = await ownScan(air, state, args);
      t.equal(first.code, 0);
      const lnb = system.startsWith("DVBS");
      const theirs = await dvbv5Scan(air, channelLines(broadcast), lnb ? { lnb: "UNIVERSAL" } : {});
      t.ok(theirs.length > 0, "dvbv5-scan finds some");
      const unnamed = new Set(theirs.filter(({ name: text }) => UNNAMED.test(text)).map(({ id }) => id));
      const ours = first.services.filter((one) => one.onAir);
      t.same(
        sorted(
          ours.map((one) => ({ id: one.serviceId, name: one.name })),
          unnamed,
        ),
        sorted(theirs, unnamed),
      );
      const again = await ownScan(air, state, args);
      t.match(again.diff, { added: [], gone: [] }, "a rescan neither adds nor loses");
      t.same(
        again.diff?.changed.filter(({ what }) => what.includes("name")),
        [],
        "nor renames",
      );
    },
  );
}
