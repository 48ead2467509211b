import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runProgram } from "../helpers/daemon.ts";
import { startBind } from "../helpers/name-servers.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder, type Teardown } from "../helpers/temporary.ts";
import { BENCH_ZONE, benchNames, benchQueries } from "./dns-names.ts";
import type { Serving } from "./dns-qps.child.ts";
import { median, note, rounded, withTeardown, type Figure } from "./figure.ts";
import { cpuSecondsOf } from "./memory.ts";

export const ids = ["dns-qps", "dns-bytes-per-name"] as const;

const NAMES = 20_000;
const MANY_NAMES = 1_000_000;
const QUERIES = 50_000;
const ROUNDS = 5;
const SECONDS = 3;
/** The servers have one core and their client the other. */
const SERVER_CORE = "0";
const CLIENT_CORE = "1";

/** `dns-qps`: answers that the embedded name server gives in a second of CPU on one core, in turn with BIND's, same zone and queries. */
export async function run(): Promise<Figure[]> {
  return withTeardown(async (t) => {
    const many = await startOurs(t, MANY_NAMES);
    many.end();
    const perName: Figure = {
      id: "dns-bytes-per-name",
      value: rounded(many.bytesPerName, 0),
      unit: "octets",
      goal: "<= 300",
    };
    const missing = skipWithoutProgram("named", "dnsperf", "dig", "taskset");
    if (missing !== false || availableParallelism() < 2) {
      note(`dns-qps is left out: ${missing === false ? "it takes two cores" : missing}`);
      return [perName];
    }
    const queries = join(await temporaryFolder(t), "queries");
    await writeFile(queries, benchQueries(NAMES, QUERIES));
    const ours = await startOurs(t, NAMES);
    const bind = await startBind(t, BENCH_ZONE, null, { threads: 1, records: zoneLines() });
    for (const { pid } of [ours, bind]) execFileSync("taskset", ["-a", "-c", "-p", SERVER_CORE, String(pid)]);
    const [own, theirs]: [number[], number[]] = [[], []];
    // The first round is for the compiler.
    for (let round = 0; round <= ROUNDS; round++) {
      const [mine, other] = [await perCpu(ours, queries), await perCpu(bind, queries)];
      note(`dns-qps: ${mine.text}; BIND ${other.text}`);
      if (round === 0) continue;
      own.push(mine.perCpu);
      theirs.push(other.perCpu);
    }
    const [value, peer] = [median(own), median(theirs)];
    return [
      {
        id: "dns-qps",
        value: rounded(value, 0),
        unit: "answers per CPU second",
        goal: ">= 10800",
        ratio: rounded(value / peer),
        peer: `BIND named -n 1 ${rounded(peer, 0)}`,
      },
      perName,
    ];
  });
}

interface Server {
  readonly pid: number;
  readonly port: number;
}

/** The embedded server in a process of its own. */
async function startOurs(t: Teardown, names: number): Promise<Server & Serving & { end(): void }> {
  const script = join(dirname(fileURLToPath(import.meta.url)), "dns-qps.child.js");
  const child = spawn(process.execPath, [script, String(names)], { stdio: ["ignore", "pipe", "inherit"] });
  const end = (): void => void child.kill("SIGKILL");
  t.teardown(end);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { ...(JSON.parse(line) as Serving), pid: child.pid ?? 0, end };
}

function zoneLines(): string {
  return benchNames(0, NAMES)
    .flatMap(({ name, sets }) =>
      sets.flatMap(({ type, ttl, values }) => values.map((value) => `${name}. ${ttl} ${type} ${value}\n`)),
    )
    .join("");
}

/** Answers for a second of the server's CPU, while dnsperf asks as fast as it gets answers. */
async function perCpu({ pid, port }: Server, queries: string): Promise<{ perCpu: number; text: string }> {
  const from = cpuSecondsOf(pid);
  const { stdout, code } = await runProgram("taskset", [
    ...["-c", CLIENT_CORE, "dnsperf", "-s", "127.0.0.1", "-p", String(port), "-d", queries],
    ...["-l", String(SECONDS), "-q", "200", "-c", "8", "-e"],
  ]);
  const used = cpuSecondsOf(pid) - from;
  const figure = (name: string): number => Number(new RegExp(`${name}: +([\\d.]+)`).exec(stdout)?.[1]);
  const answers = figure("Queries completed");
  const lost = figure("Queries lost");
  if (code !== 0 || !(answers > 0)) throw new Error(`dnsperf failed: ${stdout}`);
  const wall = figure("Queries per second");
  return {
    perCpu: answers / used,
    text: `${rounded(wall, 0)} a second, ${rounded(answers / used, 0)} a CPU second, ${lost} lost`,
  };
}
