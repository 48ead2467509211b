import { execFileSync, fork, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { capture, PROJECT } from "./captures.ts";
import { skipWithoutProgram } from "./programs.ts";
import { temporaryFolder, type Teardown } from "./temporary.ts";

const FOLDER = process.env.TELLYPORT_DVBSHIM ?? join(dirname(PROJECT), "shared", "dvbshim");

/** For tap's `skip` option: the emulated DVB adapter is a C program beside the project. */
export const skipWithoutShim = (): false | string =>
  skipWithoutProgram("gcc") ||
  (existsSync(join(FOLDER, "dvbshim.c")) ? false : "dvbshim is not here: ../shared/dvbshim/dvbshim.c");

/** One line of the shim's configuration: what is on air. */
export interface OnAir {
  /** As the shim names it: `DVBT`, `DVBS2`. */
  readonly system: string;
  /** Hz; of satellites kHz. */
  readonly frequency: number;
  /** Name of a capture, or a path. */
  readonly file: string;
  /** Such as `loop=2 lockms=300`. */
  readonly keys?: string;
}

export interface Air {
  /** Where the shim keeps its state; `dvb` in it is what it shows as `/dev/dvb`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Builds a library beside the built tests, once for all that want it. */
function compiled(source: string): string {
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 12);
  const into = join(PROJECT, process.env.TELLYPORT_BUILD ?? "build", "libraries");
  const library = join(into, `${basename(source, ".c")}-${hash}.so`);
  if (existsSync(library)) return library;
  mkdirSync(into, { recursive: true });
  const making = `${library}.${process.pid}`;
  execFileSync("gcc", ["-O2", "-w", "-shared", "-fPIC", "-o", making, source, "-ldl", "-lpthread"]);
  renameSync(making, library);
  return library;
}

/** Compiles the shim and puts captures on air. Other libraries are compiled from C and preloaded in front of it. */
export async function onAir(
  t: Teardown,
  lines: readonly OnAir[],
  options: { adapters?: number; speed?: number; before?: readonly string[] } = {},
): Promise<Air> {
  const folder = await temporaryFolder(t);
  const state = join(folder, "state");
  mkdirSync(state);
  const configuration = join(folder, "air.conf");
  writeFileSync(
    configuration,
    lines
      .map(({ system, frequency, file, keys = "loop=2" }) => {
        const path = file.startsWith("/") ? file : capture(file);
        return `${system} ${frequency} ${path} ${keys}\n`;
      })
      .join(""),
  );
  const libraries = [...(options.before ?? []), join(FOLDER, "dvbshim.c")].map(compiled);
  return {
    folder: state,
    env: {
      LD_PRELOAD: libraries.join(":"),
      DVBSHIM_CONF: configuration,
      DVBSHIM_DIR: state,
      DVBSHIM_ADAPTERS: String(options.adapters ?? 1),
      DVBSHIM_SPEED: String(options.speed ?? 1),
    },
  };
}

/** Packets of 188 bytes of a capture, whatever stands between them there. */
export function packetsOf(path: string): Buffer {
  const bytes = readFileSync(path);
  const stride = path.endsWith(".m2ts") ? 192 : 188;
  if (stride === 188) return bytes;
  const packets: Buffer[] = [];
  for (let at = stride - 188; at + 188 <= bytes.length; at += stride)
    packets.push(bytes.subarray(at, at + 188));
  return Buffer.concat(packets);
}

/** A process of our own under the shim, asked over its channel. */
export class ShimChild {
  readonly process: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #next = 0;

  /** @param script the built child's file */
  constructor(t: Teardown, script: URL, air: Air, env: Readonly<Record<string, string>> = {}) {
    this.process = fork(script, {
      env: { ...process.env, ...air.env, ...env },
      execArgv: ["--enable-source-maps"],
    });
    this.process.on("message", (answer: { id: number; value?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new Error(answer.error));
    });
    const ended = new Promise<void>((resolve) => {
      this.process.on("exit", (code, signal) => {
        for (const { reject } of this.#waiting.values())
          reject(new Error(`the child ended with ${code ?? signal}`));
        this.#waiting.clear();
        resolve();
      });
    });
    t.teardown(async () => {
      this.process.kill("SIGKILL");
      await ended;
    });
  }

  ask<Answer>(op: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const id = this.#next++;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.process.send({ id, op, args });
    });
  }
}

/** A service as dvb-tools' channel file has it. */
export interface ScannedService {
  readonly name: string;
  readonly id: number;
}

/** Runs the real dvbv5-scan over the shim. */
export async function dvbv5Scan(
  air: Air,
  lines: readonly string[],
  options: { lnb?: string; seconds?: number } = {},
): Promise<ScannedService[]> {
  const initial = join(air.folder, "initial.conf");
  const output = join(air.folder, "channels.conf");
  writeFileSync(initial, lines.join("\n"));
  const child = spawn(
    "dvbv5-scan",
    [...(options.lnb === undefined ? [] : ["-l", options.lnb]), "-N", "-o", output, initial],
    { env: { ...process.env, ...air.env, LC_ALL: "C.UTF-8" }, stdio: ["ignore", "ignore", "ignore"] },
  );
  const timer = setTimeout(() => child.kill("SIGKILL"), (options.seconds ?? 60) * 1000);
  await new Promise((resolve) => child.on("exit", resolve));
  clearTimeout(timer);
  if (!existsSync(output)) return [];
  return readFileSync(output, "utf8")
    .split(/^\[/m)
    .slice(1)
    .map((block) => ({
      name: block.split("]\n")[0] ?? "",
      id: Number(/SERVICE_ID = (\d+)/.exec(block)?.[1] ?? "0"),
    }));
}
