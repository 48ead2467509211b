import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readDocument, writeFileAtomic } from "../../kernel/atomic-file.ts";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { isTellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { Scan, ScanRequest } from "../../protocol/api.ts";

/** In the state directory: how often the first scan was begun. A reset takes it. */
export const FIRST_SCAN_FILE = "first-scan.json";
/** Where initial tuning tables are, by region. */
const TABLES = "/usr/share/dvb";
/** Ms between looks at what it waits for. */
export const LOOK_EVERY = 2000;
/** A scan needs no clock but for the time that owners are told: it waits for one so long, ms. */
const CLOCK_PATIENCE = 120_000;
/** A scan that ends the machine must not do so for ever. */
export const MOST_ATTEMPTS = 3;

/** The section `scan` of the configuration. */
export interface FirstScanWish {
  readonly atFirstStart: boolean;
  readonly country: string;
  readonly region: string;
  readonly system: "any" | NonNullable<ScanRequest["system"]>;
}

/** For the owner. */
export interface FirstScanFailure {
  readonly error: string;
  /** Of the error that ended it, where one did. */
  readonly code?: string;
}

export interface FirstScanDeps {
  readonly wish: FirstScanWish;
  readonly scan: {
    state(): Scan;
    begin(request: ScanRequest): Scan;
    ended(): Promise<Scan>;
  };
  /** Tuners that could receive now. */
  readonly tuners: () => number;
  readonly clock: Clock;
  readonly clockTrusted: () => boolean;
  readonly log: LineLog;
  /** It is not tried again before the next start. */
  readonly failed: (why: FirstScanFailure) => void;
  /** Folder of {@link FIRST_SCAN_FILE}. */
  readonly stateDir: string;
  /** Default {@link TABLES}. */
  readonly tablesFolder?: string;
}

/**
 * The scan of a box that was never scanned. It is begun when there is a tuner; one that a power cut or a failure ended is begun
 * again, {@link MOST_ATTEMPTS} times in all, and one that has finished never.
 */
export class FirstScan implements Component {
  readonly name = "first-scan";
  readonly #deps: FirstScanDeps;
  #timer: Timer | null = null;
  #waitingSince = 0;
  #busy = false;
  /** Code of the error that ended the last attempt since the start. */
  #endedBy: string | null = null;

  constructor(deps: FirstScanDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { wish, clock } = this.#deps;
    if (!wish.atFirstStart || this.#isDone()) return;
    this.#waitingSince = clock.monotonic();
    this.#timer = clock.every(LOOK_EVERY, () => void this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Somebody may have scanned meanwhile, by hand. */
  #isDone(): boolean {
    return typeof this.#deps.scan.state().scannedAt === "string";
  }

  async #look(): Promise<void> {
    const { scan, tuners, clock, clockTrusted } = this.#deps;
    if (this.#busy) return;
    if (this.#isDone()) return this.stop();
    const waited = clock.monotonic() - this.#waitingSince;
    if (scan.state().state === "running" || tuners() === 0) return;
    if (!clockTrusted() && waited < CLOCK_PATIENCE) return;
    this.#busy = true;
    try {
      await this.#attempt();
    } catch (error) {
      // Nobody can cure it by waiting: an unknown country, a state directory that cannot be written.
      this.#giveUp({ error: messageOf(error), ...(isTellyportError(error) && { code: error.code }) });
    } finally {
      this.#busy = false;
    }
  }

  async #attempt(): Promise<void> {
    const { scan, stateDir, log } = this.#deps;
    const path = join(stateDir, FIRST_SCAN_FILE);
    const before = (await readDocument(path, attemptsOf).catch(() => null)) ?? 0;
    if (before >= MOST_ATTEMPTS)
      return this.#giveUp({
        error: `It was begun ${before} times, and never came to its end.`,
        ...(this.#endedBy !== null && { code: this.#endedBy }),
      });
    const request = await this.#request();
    // Before it begins: a scan that ends the machine is counted.
    await writeFileAtomic(path, JSON.stringify({ attempts: before + 1 }));
    if (this.#timer === null) return;
    log.info({ attempt: before + 1 }, "first-scan-begins");
    try {
      scan.begin(request);
    } catch (error) {
      if (!isTellyportError(error, "scan-running")) throw error;
      return;
    }
    this.#endedBy = (await scan.ended()).error;
  }

  #giveUp(why: FirstScanFailure): void {
    const { log, failed } = this.#deps;
    this.stop();
    log.error({ ...why, cure: "`tellyport scan` finds channels" }, "first-scan-failed");
    failed(why);
  }

  async #request(): Promise<ScanRequest> {
    const { country, region, system } = this.#deps.wish;
    const table = region === "" ? null : await this.#table(region);
    return {
      ...(table !== null ? { initial: table } : country !== "" && { country }),
      ...(system !== "any" && { system }),
    };
  }

  async #table(region: string): Promise<string | null> {
    const path = join(this.#deps.tablesFolder ?? TABLES, region);
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      this.#deps.log.warn({ path, code: systemCode(error) ?? messageOf(error) }, "first-scan-table-missing");
      return null;
    }
  }
}

function attemptsOf(text: string): number {
  const value = JSON.parse(text) as { attempts?: unknown } | null;
  return typeof value?.attempts === "number" ? value.attempts : 0;
}
