import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DoorsLine, DoorsWish } from "../ddns-client/doors/doors.child.ts";
import type { MappingState } from "../../src/ddns-client/doors/mapping-state.ts";
import { eventually, runProgram } from "./daemon.ts";
import type { LabPlace } from "./router-lab.ts";
import type { Teardown } from "./temporary.ts";

/** `doors.child.ts` in a lab. */
export interface LabBox {
  readonly child: ChildProcess;
  /** Every state so far. */
  readonly states: MappingState[];
  readonly log: string[];
  /** Waits for the newest state to be such a one. */
  until(what: string, is: (state: MappingState) => boolean, timeoutMs?: number): Promise<MappingState>;
  tell(line: "open" | "shut" | "stop"): void;
  /** Takes its doors away and ends. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** @param built folder of the test's own built file, where the child lies beside it */
export function labBox(t: Teardown, built: string, place: LabPlace, wish: DoorsWish): LabBox {
  const command = [...place.wrapper, process.execPath, join(built, "doors.child.js"), JSON.stringify(wish)];
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
  const [states, log]: [MappingState[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = JSON.parse(text) as DoorsLine;
    if ("state" in line) states.push(line.state);
    else log.push(`${line.log} ${JSON.stringify(line.fields)}`);
  });
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const kill = async (): Promise<void> => {
    if (isOver()) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  t.teardown(kill);
  return {
    child,
    states,
    log,
    until: async (what, is, timeoutMs) => {
      try {
        return await eventually(
          what,
          () => {
            const last = states.at(-1);
            return last !== undefined && is(last) && last;
          },
          timeoutMs,
          20,
        );
      } catch (error) {
        throw new Error(`${what}: ${JSON.stringify(states.at(-1))} ${log.slice(-8).join("; ")}`, {
          cause: error,
        });
      }
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    async stop() {
      child.stdin.write("stop\n");
      await once(child, "exit");
    },
    kill,
  };
}

/** What a machine hears that connects there, or why it does not. */
export async function connectFrom(place: LabPlace, host: string, port: number): Promise<string> {
  const script = `require("node:net").connect({host:process.argv[1],port:+process.argv[2]})
    .setTimeout(1500, function () { this.destroy(new Error("timeout")) })
    .on("data", (data) => process.stdout.write(data)).on("error", (error) => console.log(error.code ?? error.message))`;
  const [program = "", ...args] = [...place.wrapper, process.execPath, "-e", script, host, String(port)];
  return (await runProgram(program, args)).stdout.trim();
}
