import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Offer, Problem } from "../../src/protocol/api.ts";
import { PROJECT } from "./captures.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

/** The built command, as an installer has it. */
export const CLI = join(PROJECT, "dist/cli.js");

export interface Daemon {
  readonly child: ChildProcess;
  readonly state: string;
  readonly http: number;
  readonly https: number | null;
  readonly url: string;
  /** Every log line so far, parsed. */
  readonly log: Record<string, unknown>[];
  /** Everything it wrote, as text. */
  output(): string;
  /** A call over the command line's socket, as the local owner. */
  local<T = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  openOffer(role?: string): Promise<Offer>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface DaemonOptions {
  /** Null: those that the configuration names; default `mock`. */
  readonly tuner?: string | null;
  readonly state?: string;
  /** Further configuration, as YAML. */
  readonly config?: string;
  readonly address?: string;
  /** Command and leading arguments instead of `node`, e.g. a network namespace's. */
  readonly wrapper?: readonly string[];
  /** Another release's command; default {@link CLI}. */
  readonly program?: string;
}

/** Starts the real daemon on free ports of loopback and waits until it listens; it ends with the test. */
export async function startDaemon(t: Teardown, options: DaemonOptions = {}): Promise<Daemon> {
  const state = options.state ?? (await temporaryFolder(t));
  const config = join(await temporaryFolder(t), "tellyport.yaml");
  await writeFile(
    config,
    options.config ??
      `http: {address: "${options.address ?? "127.0.0.1"}", port: 0, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`,
  );
  const command = [
    ...(options.wrapper ?? []),
    process.execPath,
    options.program ?? CLI,
    "run",
    "--config",
    config,
    "--state",
    state,
    ...(options.tuner === null ? [] : ["--tuner", options.tuner ?? "mock"]),
  ];
  const child = spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await once(child, "exit");
    clearTimeout(timer);
  });

  const log: Record<string, unknown>[] = [];
  let text = "";
  const ports = await new Promise<{ http: number; https: number | null }>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      text += `${line}\n`;
      if (!line.startsWith("{")) return;
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry["msg"] === "listening")
        resolve({
          http: Number(entry["http"]),
          https: entry["https"] === null ? null : Number(entry["https"]),
        });
    });
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.once("exit", (code, signal) =>
      reject(new Error(`the daemon ended with ${code ?? signal}: ${text.slice(-2000)}`)),
    );
    child.once("error", reject);
  });

  const local = <T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> =>
    overSocket<T>(join(state, "control.sock"), method, path, body);
  return {
    child,
    state,
    ...ports,
    url: `http://127.0.0.1:${ports.http}`,
    log,
    output: () => text,
    local,
    async openOffer(role) {
      const answer = await local<Offer & Problem>(
        "POST",
        "/api/v1/offers",
        role === undefined ? {} : { role },
      );
      if (answer.status >= 300) throw new Error(`no offer: ${answer.body.code} ${answer.body.title}`);
      return answer.body;
    },
    async stop() {
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

function overSocket<T>(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const request = httpRequest(
      {
        socketPath,
        method,
        path,
        headers: { host: "localhost", ...(payload !== undefined && { "content-type": "application/json" }) },
      },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            body: (text === "" ? undefined : JSON.parse(text)) as T,
          }),
        );
      },
    );
    request.once("error", reject);
    request.end(payload);
  });
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. @param timeoutMs after which it is killed; default 30 s */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeoutMs?: number; input?: string } = {},
): Promise<Finished> {
  const child = spawn(command, args, { env: options.env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input);
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 30_000);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** Runs `tellyport ...`. */
export function tellyport(
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<Finished> {
  return runProgram(process.execPath, [CLI, ...args], options);
}

/** Waits until `probe` gives something; tries every `periodMs`. @throws when `timeoutMs` have passed */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 120_000,
  periodMs = 100,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const result = await probe();
    if (result !== null && result !== undefined && result !== false) return result;
    if (performance.now() > until) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, periodMs));
  }
}
