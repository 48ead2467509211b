import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { loadLoops, type Loops } from "../../../../src/tuner/drivers/mock/loops.ts";
import { PROJECT } from "../../../helpers/captures.ts";

export const LOOPS_FOLDER = join(PROJECT, "src/tuner/drivers/mock/loops");

let loaded: Loops | null = null;
/** The committed loops, read once. */
export function mockLoops(): Loops {
  return (loaded ??= loadLoops(LOOPS_FOLDER));
}

/** For tap's `skip`: false when the program is here. */
export function skipWithoutProgram(program: string, ...args: string[]): false | string {
  return spawnSync(program, args, { stdio: "ignore" }).error === undefined ? false : `${program} is not here`;
}

/** Runs a program to its end. */
export function run(
  program: string,
  args: readonly string[],
  options: { input?: Buffer; env?: Record<string, string> } = {},
): Promise<{ code: number | null; stdout: Buffer; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...options.env } });
    const chunks: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout: Buffer.concat(chunks), stderr }));
    // A program that has seen enough closes its input.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}
