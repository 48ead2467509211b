import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportJWK, type JWK } from "jose";
import { startDaemon } from "../helpers/daemon.ts";
import { KeyPhone } from "../helpers/key-phone.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { median, note, rounded, withTeardown, type Figure } from "./figure.ts";
import { cpuSecondsOf, pidOf } from "./memory.ts";
import { settled } from "./viewer.ts";

export const ids = ["api-rps"];

const ROUNDS = 5;
const CALLS = 2000;
const SERVER_CORE = "0";
const CLIENT_CORE = "1";

/** What the client in the other process needs to make good calls. */
export interface Caller {
  readonly port: number;
  readonly key: JWK;
  readonly token: string;
  readonly nonce: string;
  readonly calls: number;
}

/** What came of them. */
export interface Called {
  readonly seconds: number;
  /** Of one call on a connection of its own turn, ms. */
  readonly p50: number;
}

/**
 * `api-rps`: `GET /api/v1/channels` of a daemon that runs, each call with a fresh proof, for a second of its CPU. The proofs are
 * made before the clock runs, by a client on the other core.
 */
export async function run(): Promise<Figure[]> {
  const missing = skipWithoutProgram("taskset");
  if (missing !== false || availableParallelism() < 2) {
    note(`api-rps is left out: ${missing === false ? "it takes two cores" : missing}`);
    return [];
  }
  return withTeardown(async (t) => {
    const box = await startDaemon(t);
    await settled(box, 12);
    const phone = await KeyPhone.paired(box, "owner", box.url);
    const file = join(await temporaryFolder(t), "caller.json");
    const pid = pidOf(box);
    execFileSync("taskset", ["-a", "-c", "-p", SERVER_CORE, String(pid)]);
    const rounds: { rps: number; p50: number }[] = [];
    // The first is made by code that is not compiled yet.
    for (let round = 0; round <= ROUNDS; round++) {
      await phone.call("GET", "/api/v1/channels");
      const caller: Caller = {
        port: box.http,
        key: await exportJWK(phone.privateKey),
        token: phone.tokens?.accessToken ?? "",
        nonce: phone.nonce ?? "",
        calls: CALLS,
      };
      await writeFile(file, JSON.stringify(caller));
      const { cpu, called } = await callFrom(file, pid);
      if (round > 0) rounds.push({ rps: CALLS / cpu, p50: called.p50 });
    }
    const p50 = rounded(median(rounds.map((round) => round.p50)), 2);
    note(`api-rps: a call takes ${p50} ms (p50), one at a time`);
    const value = rounded(median(rounds.map(({ rps }) => rps)), 0);
    return [{ id: "api-rps", value, unit: `calls per CPU second (p50 ${p50} ms)`, goal: "print" }];
  });
}

/** Runs the client. @returns CPU seconds of the daemon while it called */
async function callFrom(file: string, pid: number): Promise<{ cpu: number; called: Called }> {
  const script = join(dirname(fileURLToPath(import.meta.url)), "api-calls.child.js");
  const child = spawn("taskset", ["-c", CLIENT_CORE, process.execPath, script, file], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  let from = NaN;
  const closed = once(child, "close");
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (text !== "ready\n") return;
    text = "";
    from = cpuSecondsOf(pid);
    child.stdin.end();
  });
  const [code] = (await closed) as [number | null];
  const cpu = cpuSecondsOf(pid) - from;
  if (code !== 0) throw new Error("the client failed");
  return { cpu, called: JSON.parse(text) as Called };
}
