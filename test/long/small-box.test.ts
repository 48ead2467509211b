import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { CLI, eventually } from "../helpers/daemon.ts";
import { freePort } from "../helpers/free-port.ts";
import { skipWithoutProgram } from "../helpers/programs.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

/** Seconds of processor until the first answer. */
const START_CPU = 3;
/** Resident memory of an idle box, bytes. */
const IDLE = 70e6;
/** A first start makes keys; later ones do not. */
const STARTS = ["first", "later"] as const;
/** Ms until what only the start needed was given back. */
const QUIET = 60_000;

t.test(
  "small box: one core, and what a box of 512 MB can spare",
  { skip: skipWithoutProgram("taskset") },
  async (t) => {
    t.setTimeout(900_000);
    const state = await temporaryFolder(t);
    const port = await freePort();
    const config = join(await temporaryFolder(t), "tellyport.yaml");
    await writeFile(
      config,
      `http: {address: "127.0.0.1", port: ${port}, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\ntuners: {mock: {}}\n`,
    );
    for (const start of STARTS) {
      const began = performance.now();
      const args = ["-c", "0", process.execPath, CLI, "run", "--config", config, "--state", state];
      const child = spawn("taskset", args, { stdio: "ignore" });
      const over = once(child, "exit");
      t.teardown(() => child.kill("SIGKILL"));
      const { pid = 0 } = child;
      await eventually(
        "the first answer",
        async () => (await fetch(`http://127.0.0.1:${port}/api/v1/box`).catch(() => null))?.ok,
        120_000,
        20,
      );
      const wall = (performance.now() - began) / 1000;
      const cpu = processorSeconds(pid);
      t.comment(
        `${start} start: first answer after ${cpu.toFixed(2)} s of processor, ${wall.toFixed(2)} s of time`,
      );
      t.ok(cpu < START_CPU, `${cpu} s of ${START_CPU}`);
      if (start === "later") {
        await sleep(QUIET);
        // The mock's survey and guide collection come and go: the least is what an idle box has.
        const found: number[] = [];
        for (let i = 0; i < 20; i++) {
          found.push(resident(pid));
          await sleep(1000);
        }
        const least = Math.min(...found);
        t.comment(`resident: ${found.map((bytes) => Math.round(bytes / 1e6)).join(" ")} MB`);
        t.ok(least < IDLE, `idle ${(least / 1e6).toFixed(1)} MB of ${IDLE / 1e6}`);
      }
      child.kill("SIGTERM");
      await over;
    }
  },
);

/** User and system time. @see proc_pid_stat(5), fields 14 and 15 in hundredths of a second */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function resident(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
