import * as Type from "typebox";
import { Value } from "typebox/value";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, messageOf } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { foreignCertificates, type CertificateLog, type LogEntry } from "./certificate-log.ts";
import { LOG_FILE, type CertificateFiles } from "./files.ts";

export interface CertificateWatchDeps {
  readonly feed: CertificateLog;
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly log: LineLog;
  /** 0 to 1. */
  readonly random: () => number;
  /** Without wildcards: the base name and the alias. */
  readonly names: () => readonly string[];
  /** SHA-256 of the box's public keys, hex. */
  readonly ownKeys: () => readonly string[];
}

/** Between two questions, ms; a quarter is added by chance, so that boxes do not ask together. */
const ASK_EVERY = 6 * 3600_000;
/** Until it is looked again whether there is a name, ms. */
const NAMELESS = 15_000;
const PATIENCE = 5 * 60_000;

const Progress = Type.Object({ after: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]) });

/**
 * Reads the logs again and again, and tells of each certificate for the box's names whose key is not the box's: whoever runs the zone
 * could have got it, and stand in the box's place.
 */
export class CertificateWatch implements Component {
  readonly name = "certificate-watch";
  readonly #deps: CertificateWatchDeps;
  readonly #foreign: Emitter<LogEntry>;
  #after: number | null = null;
  #timer: Timer | null = null;
  #abort = new AbortController();
  #asking: Promise<void> = Promise.resolve();

  constructor(deps: CertificateWatchDeps) {
    this.#deps = deps;
    this.#foreign = new Emitter((error) =>
      deps.log.error({ error: messageOf(error) }, "certificate-watch-listener-failed"),
    );
  }

  /** Told once of each; twice when the power is cut right after. @returns a function that unsubscribes */
  onForeign(listener: (entry: LogEntry) => void): () => void {
    return this.#foreign.on(listener);
  }

  async start(): Promise<void> {
    this.#abort = new AbortController();
    const kept = await this.#deps.files.read(LOG_FILE, parseProgress).catch(() => null);
    this.#after = kept?.after ?? null;
    this.#ask();
  }

  async stop(): Promise<void> {
    this.#abort.abort(new TellyportError("request-cancelled", "The box stops."));
    this.#timer?.cancel();
    await this.#asking;
  }

  #ask(): void {
    const { clock, log, random } = this.#deps;
    this.#asking = this.#look().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) log.warn({ error: messageOf(error) }, "certificate-log-unread");
    });
    // A box that was never registered has no name to ask for.
    const pause = this.#deps.names().length === 0 ? NAMELESS : ASK_EVERY * (1 + random() / 4);
    this.#timer = clock.after(pause, () => this.#ask());
  }

  async #look(): Promise<void> {
    const { feed, files, clock, log, names, ownKeys } = this.#deps;
    const wanted = names();
    if (wanted.length === 0) return;
    const late = new AbortController();
    const timer = clock.after(PATIENCE, () =>
      late.abort(
        new TellyportError("certificate-log-unread", "The feed of certificates does not answer in time."),
      ),
    );
    try {
      const signal = AbortSignal.any([this.#abort.signal, late.signal]);
      const entries = await feed.since(wanted, this.#after, signal);
      for (const entry of foreignCertificates(entries, wanted, new Set(ownKeys()))) {
        log.warn(
          { id: entry.id, names: entry.names.slice(0, 10), issuer: entry.issuer },
          "certificate-foreign",
        );
        this.#foreign.emit(entry);
      }
      const last = Math.max(this.#after ?? -1, ...entries.map(({ id }) => id));
      if (last < 0 || last === this.#after) return;
      await files.write(LOG_FILE, `${JSON.stringify({ after: last })}\n`);
      this.#after = last;
    } finally {
      timer.cancel();
    }
  }
}

function parseProgress(text: string): { after: number | null } {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(Progress, value)) throw new Error("it is no progress of reading");
  return value;
}
