import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";
import { PROJECT } from "./captures.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** The built command, as an operator has it. */
export const CLOUD_CLI = join(PROJECT, "dist/cloud.js");

/** The real cloud, running. */
export interface RunningCloudProcess {
  readonly child: ChildProcess;
  readonly state: string;
  readonly http: number;
  output(): string;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, with the same configuration and state. */
  again(): Promise<RunningCloudProcess>;
}

export interface CloudOptions {
  /** As in the configuration file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Command before it, e.g. a network namespace's. */
  readonly wrapper?: readonly string[];
  readonly state?: string;
}

/** Starts `tellyport-cloud run` and waits until it listens; it ends with the test. */
export async function startCloudProcess(t: Teardown, options: CloudOptions): Promise<RunningCloudProcess> {
  const state = options.state ?? (await temporaryFolder(t));
  const file = join(await temporaryFolder(t), "cloud.yaml");
  await writeFile(file, stringify(options.config));
  const command = [
    ...(options.wrapper ?? []),
    process.execPath,
    CLOUD_CLI,
    "run",
    "--config",
    file,
    "--state",
    state,
  ];
  const child = spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "ignore", "pipe"] });
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const [code] = (await once(child, "exit")) as [number | null];
    clearTimeout(timer);
    return code;
  };
  t.teardown(() => stop("SIGTERM"));
  let text = "";
  const http = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      text += `${line}\n`;
      if (!line.startsWith("{")) return;
      const entry = JSON.parse(line) as Record<string, unknown>;
      if (entry["msg"] === "listening") resolve(Number(entry["http"]));
    });
    child.once("exit", (code, signal) =>
      reject(new Error(`the cloud ended with ${code ?? signal}: ${text.slice(-2000)}`)),
    );
    child.once("error", reject);
  });
  return {
    child,
    state,
    http,
    output: () => text,
    stop: () => stop("SIGTERM"),
    kill: async () => void (await stop("SIGKILL")),
    again: () => startCloudProcess(t, { ...options, state }),
  };
}
