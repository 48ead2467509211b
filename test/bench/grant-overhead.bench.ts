import { execFileSync, fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { median, note, rounded, type Figure } from "./figure.ts";
import { cpuSecondsOf } from "./memory.ts";

export const ids = ["grant-overhead"];

const ROUNDS = 9;
const SECONDS = 3;
const SERVER_CORE = "0";
const CLIENT_CORE = "1";
const here = dirname(fileURLToPath(import.meta.url));

/**
 * `grant-overhead`: CPU of a media request whose grant is checked, against the same request to the same server where a port that
 * answers at once stands in place of the check. The smallest media there is (an init segment) is asked for: of it the check is
 * the largest part.
 */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("taskset");
  if (missing !== false || availableParallelism() < 2) {
    note(`grant-overhead is left out: ${missing === false ? "it takes two cores" : missing}`);
    return [];
  }
  const server = fork(join(here, "grant-overhead.child.js"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const failed = once(server, "exit").then(() => Promise.reject(new Error("the server ended")));
    failed.catch(() => undefined);
    const [{ port, path }] = (await Promise.race([once(server, "message"), failed])) as [
      { port: number; path: string },
    ];
    execFileSync("taskset", ["-a", "-c", "-p", SERVER_CORE, String(server.pid)]);
    for (const mode of ["checked", "open"] as const) await cpuPerRequest(server, mode, port, path);
    const rounds: { checked: number; open: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Each goes first as often as the other.
      const order = round % 2 === 0 ? (["checked", "open"] as const) : (["open", "checked"] as const);
      const measured = { checked: 0, open: 0 };
      for (const mode of order) measured[mode] = await cpuPerRequest(server, mode, port, path);
      rounds.push(measured);
    }
    const micro = (values: readonly number[]): number => rounded(median(values) * 1e6, 1);
    note(
      `grant-overhead: ${micro(rounds.map((one) => one.checked))} µs with the check, ${micro(rounds.map((one) => one.open))} µs without`,
    );
    const more = median(rounds.map((one) => one.checked / one.open)) - 1;
    return [{ id: "grant-overhead", value: rounded(more * 100, 1), unit: "% more CPU", goal: "<= 5" }];
  } finally {
    server.kill("SIGKILL");
  }
}

/** CPU seconds of the server for one request. */
async function cpuPerRequest(
  server: ChildProcess,
  mode: "checked" | "open",
  port: number,
  path: string,
): Promise<number> {
  const done = once(server, "message");
  server.send(mode);
  await done;
  const pid = server.pid ?? 0;
  const command = [process.execPath, join(here, "serve.child.js"), String(port), String(SECONDS), path];
  const from = cpuSecondsOf(pid);
  const child = spawn("taskset", ["-c", CLIENT_CORE, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error("the client failed");
  return (cpuSecondsOf(pid) - from) / (JSON.parse(text) as { requests: number }).requests;
}
