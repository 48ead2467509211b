import type { Clock, Timer } from "../../kernel/clock.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { Component } from "../../kernel/lifecycle.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import type { Database } from "../../kernel/store/database.ts";
import { FLUSH_AFTER, type AuditLog } from "./log.ts";
import type { AuditNote } from "./port.ts";

/** Something that is watched now. */
export interface OpenView {
  /** Id of its playback. */
  readonly playback: string;
  /** What would be written if it ended now: `watched`, with `from` in its details. */
  readonly note: AuditNote;
}

export interface OpenViewsDeps {
  /** With the steps of the audit log applied. */
  database: Database;
  clock: Clock;
  log: LineLog;
  audit: Pick<AuditLog, "keepsWatched" | "noteAt">;
  /** All that is watched now. */
  running: () => readonly OpenView[];
}

/** Ms after which something watched is written down: who zaps has gone on by then. */
export const SETTLED_AFTER = 15_000;
/** Ms after which it is written again, with what was watched since: what a power cut may take of its length. */
export const SEEN_AGAIN_AFTER = 300_000;
/** Ms between two looks: well below what they measure, since a crowded machine looks late. */
const LOOK_EVERY = 5_000;
/** Ms for which the line of one that ended is left: its entry waits in memory meanwhile. */
const LEFT_FOR = FLUSH_AFTER + 2 * SETTLED_AFTER;

/** Of one view; monotonic ms. */
interface Known {
  readonly since: number;
  written: number | null;
  gone: number | null;
}

/**
 * What is watched while the power fails. A line each is kept on disk, written seldom; at the next start what was left becomes an
 * entry of the log that ends when it was seen last.
 */
export class OpenViews implements Component {
  readonly name = "open-views";
  readonly #deps: OpenViewsDeps;
  readonly #known = new Map<string, Known>();
  #timer: Timer | null = null;

  constructor(deps: OpenViewsDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#guarded(() => this.#closeLeft());
    this.#timer = this.#deps.clock.every(LOOK_EVERY, () => this.#guarded(() => this.#look()));
  }

  /** What ends in good order is told by whoever ends it. */
  stop(): void {
    this.#timer?.cancel();
    this.#guarded(() => this.#deps.database.prepare("DELETE FROM audit_open").run());
  }

  /** A disk that is full costs this list, and nothing else. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.log.error({ error: messageOf(error) }, "audit-write-failed");
    }
  }

  #closeLeft(): void {
    const { database, audit } = this.#deps;
    const rows = database.prepare("SELECT seen, note FROM audit_open ORDER BY seen").all();
    if (rows.length === 0) return;
    database.transaction(() => {
      for (const { seen, note } of rows) {
        // our own row: the cast restates what `#write` put in
        const left = JSON.parse(String(note)) as AuditNote;
        if (audit.keepsWatched && !this.#isWritten(left)) audit.noteAt(left, Number(seen));
      }
      database.prepare("DELETE FROM audit_open").run();
    });
  }

  /** It had ended, and its entry was written before the power failed. */
  #isWritten({ client, detail = {} }: AuditNote): boolean {
    const { from, channel } = detail;
    if (typeof from !== "string" || typeof channel !== "string") return false;
    const found = this.#deps.database
      .prepare(
        `SELECT 1 FROM audit WHERE quota = 'watched' AND client IS ? AND json_extract(detail, '$.from') = ?
           AND json_extract(detail, '$.channel') = ? LIMIT 1`,
      )
      .get(client ?? null, from, channel);
    return found !== undefined;
  }

  #look(): void {
    const { clock, audit, running, database } = this.#deps;
    const now = clock.monotonic();
    const views = new Map(
      (audit.keepsWatched ? running() : []).map((view) => [view.playback, view.note] as const),
    );
    const due: (readonly [string, AuditNote])[] = [];
    for (const [playback, note] of views) {
      const known = this.#known.get(playback) ?? { since: now, written: null, gone: null };
      this.#known.set(playback, known);
      const settled = known.written === null && now - known.since >= SETTLED_AFTER;
      if (settled || (known.written !== null && now - known.written >= SEEN_AGAIN_AFTER))
        due.push([playback, note]);
    }
    const over = [...this.#known].filter(([playback, known]) => {
      if (views.has(playback)) return false;
      known.gone ??= now;
      return known.written === null || now - known.gone >= LEFT_FOR;
    });
    const kept = over.filter(([, { written }]) => written !== null);
    if (due.length + kept.length > 0)
      database.transaction(() => {
        for (const [playback, note] of due) this.#write(playback, note);
        for (const [playback] of kept)
          database.prepare("DELETE FROM audit_open WHERE playback = ?").run(playback);
      });
    for (const [playback] of over) this.#known.delete(playback);
    for (const [playback] of due) {
      const known = this.#known.get(playback);
      if (known !== undefined) known.written = now;
    }
  }

  #write(playback: string, note: AuditNote): void {
    const { database, clock } = this.#deps;
    database
      .prepare("INSERT OR REPLACE INTO audit_open (playback, seen, note) VALUES (?, ?, ?)")
      .run(playback, clock.now(), JSON.stringify(note));
  }
}
