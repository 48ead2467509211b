import { mkdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readDocument, writeFileAtomic } from "../kernel/atomic-file.ts";
import type { Clock, Timer } from "../kernel/clock.ts";
import { messageOf, systemCode } from "../kernel/errors.ts";
import { isRecord } from "../kernel/is-record.ts";
import type { Log } from "../kernel/log.ts";

/** A release that did not start, and was left for another. */
export interface RolledBack {
  readonly from: string;
  /** A version; `base`: the one that came with the box. */
  readonly to: string;
  /** `configuration`, or how the service manager calls it: `exit-code`, `start-limit-hit`, ... */
  readonly reason: string;
}

export interface ReleaseTrialDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Where releases lie side by side; nothing there: this box has none. */
  readonly root: string;
  /** Folder of the program that runs. */
  readonly own: string;
  /** Tells the owner. */
  readonly tell: (rolledBack: RolledBack) => void;
}

/** Ms that a release has to run, once it is ready, to be one that is not left by itself. */
export const GOOD_AFTER = 60_000;
/** What systemd/rollback.sh leaves for this, and what it looks for. */
const REPORT = "rolled-back";
const MARKS = "marks";
/** In {@link MARKS}: when that happened which was told last. */
const TOLD = "told";

/** The trial of a release that was installed beside others: tells that the one before it failed, and that this one runs well. */
export class ReleaseTrial {
  readonly #deps: ReleaseTrialDeps;
  #timer: Timer | null = null;

  constructor(deps: ReleaseTrialDeps) {
    this.#deps = deps;
  }

  /** To be called when the daemon is ready. @returns when what is to be told was told; never rejects */
  async start(): Promise<void> {
    const release = await this.#release();
    if (release !== null)
      this.#timer = this.#deps.clock.after(GOOD_AFTER, () => void this.#markGood(release));
    await this.#tellRollback(release ?? "base");
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** The version that the program's folder stands for; null: it is none of those that lie there. */
  async #release(): Promise<string | null> {
    const { root, own } = this.#deps;
    const [here, there] = await Promise.all(
      [own, join(root, "releases")].map((path) => realpath(path).catch(() => null)),
    );
    return typeof here === "string" && dirname(here) === there ? basename(here) : null;
  }

  async #markGood(release: string): Promise<void> {
    const path = join(this.#deps.root, MARKS, release);
    if ((await stat(path).catch(() => null)) !== null) return;
    await this.#write(path, "");
    this.#deps.log.info({ release }, "release-good");
  }

  async #tellRollback(release: string): Promise<void> {
    const { log, root, tell } = this.#deps;
    try {
      const report = parseReport(await readFile(join(root, REPORT), "utf8"));
      // Another release runs by now: somebody has seen to it, or the power was cut before it was left.
      if (report?.to !== release) return;
      const path = join(root, MARKS, TOLD);
      if ((await readDocument(path, (text) => text)) === report.at) return;
      const { at, ...rolledBack } = report;
      log.warn(rolledBack, "release-rolled-back");
      tell(rolledBack);
      await this.#write(path, at);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") log.warn({ error: messageOf(error) }, "release-report-unreadable");
    }
  }

  async #write(path: string, text: string): Promise<void> {
    try {
      // Where no service manager made it.
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFileAtomic(path, text);
    } catch (error) {
      // A good release may be left for another that was good, then; or it is told twice.
      this.#deps.log.warn({ error: messageOf(error) }, "release-mark-failed");
    }
  }
}

/** @returns null for what is none */
function parseReport(text: string): (RolledBack & { at: string }) | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const { from, to, reason, at } = value;
  return isWord(from) && isWord(to) && isWord(reason) && isWord(at) ? { from, to, reason, at } : null;
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[\w.+~:-]{1,64}$/.test(value);
}
