import { execFile } from "node:child_process";
import { messageOf } from "../../../kernel/errors.ts";
import type { Log } from "../../../kernel/log.ts";

/** How long ffmpeg may take to say its version, ms. */
const ANSWER = 5000;
/** The last that is looked for: an optional package, which brings a binary along where its download worked. */
const PACKAGE: string = "ffmpeg-static";

/** An ffmpeg that runs. */
export interface FoundFfmpeg {
  readonly path: string;
  /** Who named it. */
  readonly from: "environment" | "path" | "vendor" | "package";
  /** Such as `5.1.9-0+deb12u1` or `n7.1`. */
  readonly version: string;
  /** Names of the encoders that it says it has; whether they work is another matter. */
  readonly encoders: ReadonlySet<string>;
}

export interface FindFfmpegOptions {
  /** `TELLYPORT_FFMPEG` in it comes before everything else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of the box vendor's build; null when there is none. */
  readonly vendor: string | null;
  readonly log: Log;
}

/**
 * The first ffmpeg that runs, of `TELLYPORT_FFMPEG`, the search path, the vendor's and the optional package's.
 * @returns null when there is none
 */
export async function findFfmpeg({
  environment,
  vendor,
  log,
}: FindFfmpegOptions): Promise<FoundFfmpeg | null> {
  const named = environment.TELLYPORT_FFMPEG ?? "";
  const candidates: readonly [FoundFfmpeg["from"], string | null][] = [
    ["environment", named === "" ? null : named],
    ["path", "ffmpeg"],
    ["vendor", vendor],
    ["package", await packagedPath()],
  ];
  for (const [from, path] of candidates) {
    if (path === null) continue;
    try {
      const version = /^ffmpeg version (\S+)/.exec(await answer(path, "-version", environment))?.[1];
      if (version === undefined) throw new Error("it is not ffmpeg");
      const encoders = encodersIn(await answer(path, "-encoders", environment));
      log.info({ from, version }, "ffmpeg-found");
      return { path, from, version, encoders };
    } catch (error) {
      // What a person has named and does not run is worth a word.
      if (from !== "path" && from !== "package")
        log.warn({ from, error: messageOf(error) }, "ffmpeg-unusable");
    }
  }
  return null;
}

/** ` V....D libx264              libx264 H.264 ...`: six flags, the name. The same from ffmpeg 4 to 9. */
export function encodersIn(list: string): Set<string> {
  return new Set([...list.matchAll(/^ [VAS][A-Z.]{5} ([A-Za-z0-9_-]+) /gm)].map((match) => match[1] ?? ""));
}

/** What the package says; it says so even where there is nothing. */
async function packagedPath(): Promise<string | null> {
  try {
    const module: unknown = await import(PACKAGE);
    const path = typeof module === "object" && module !== null && "default" in module ? module.default : null;
    return typeof path === "string" ? path : null;
  } catch {
    return null;
  }
}

function answer(path: string, question: string, env: FindFfmpegOptions["environment"]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: ANSWER, killSignal: "SIGKILL", maxBuffer: 1024 * 1024 } as const;
    execFile(path, ["-hide_banner", question], options, (error, output) => {
      if (error === null) resolve(output);
      else reject(new Error(messageOf(error)));
    });
  });
}
