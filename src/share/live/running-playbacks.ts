import { isTellyportError, type ErrorCode, type TellyportError } from "../../kernel/errors.ts";
import { endWithAlternatives } from "./alternatives.ts";
import { EndedPlaybacks, type PlaybackEnd, type Watched } from "./ended-playbacks.ts";
import { noSuchPlayback, playbackEnded } from "./playback-refusals.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import { usageOf, type PlaybackEntry } from "./running-playback.ts";
import type { PlaybackUsage } from "./usage.ts";
import { seekerFor, type Judging } from "./viewing-judgement.ts";

/** Why a playback ends; an error will do. */
export interface Ending {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** The client itself ended it and need not be told; default false. */
  readonly wanted?: boolean;
}

type Deps = Judging & Pick<PlaybacksOptions, "grants" | "clock" | "log">;

/** The playbacks that run, found by id, client or grant; of those that ended lately it is known why. */
export class RunningPlaybacks {
  readonly #deps: Deps;
  readonly #onEnded: (entry: PlaybackEntry, end: PlaybackEnd) => void;
  readonly #running = new Map<string, PlaybackEntry>();
  /** Grants of those. */
  readonly #granted = new Set<string>();
  readonly #endedLately = new EndedPlaybacks();

  /** @param onEnded told of each end, when all of it is over */
  constructor(deps: Deps, onEnded: (entry: PlaybackEntry, end: PlaybackEnd) => void) {
    this.#deps = deps;
    this.#onEnded = onEnded;
  }

  add(entry: PlaybackEntry): void {
    this.#running.set(entry.id, entry);
    this.#granted.add(entry.grant);
  }

  // ---- finding

  get size(): number {
    return this.#running.size;
  }

  /** In order of their start; it may be kept while some of them end. */
  all(): PlaybackEntry[] {
    return [...this.#running.values()];
  }

  get(id: string): PlaybackEntry | undefined {
    return this.#running.get(id);
  }

  /** In order of their start. */
  ofClient(client: string): PlaybackEntry[] {
    return this.all().filter((entry) => entry.principal.client === client);
  }

  /** A client's own. @throws TellyportError `playback-not-found`, `playback-ended` */
  own(id: string, client: string): PlaybackEntry {
    const entry = this.#ownOf(id, client);
    if (entry === null) throw this.#endedLately.ofClient(id, client) ?? noSuchPlayback();
    return entry;
  }

  /** A client's own, of which it may say how it went: it runs, or has ended lately; null: neither. */
  watched(id: string, client: string): Watched | null {
    return this.#ownOf(id, client) ?? this.#endedLately.watched(id, client);
  }

  /** @throws TellyportError `grant-invalid`, or `playback-ended` with the reason's code in `detail.code` */
  byGrant(grant: string): PlaybackEntry {
    const entry = this.#running.get(this.#checked(grant));
    if (entry === undefined) throw playbackEnded();
    return entry;
  }

  /** Whether a grant is that of a playback that runs; it may have expired: {@link byGrant} tells. */
  isGranted(grant: string): boolean {
    return this.#granted.has(grant);
  }

  /** Why one runs no more, `playback-ended`. */
  whyEnded(id: string): TellyportError {
    return this.#endedLately.byId(id) ?? playbackEnded();
  }

  /** Those that run, and those that ended lately. */
  usage(): PlaybackUsage[] {
    return [...this.all().map((entry) => usageOf(entry, null)), ...this.#endedLately.usage()];
  }

  #ownOf(id: string, client: string): PlaybackEntry | null {
    const entry = this.#running.get(id);
    return entry?.principal.client === client ? entry : null;
  }

  #checked(grant: string): string {
    try {
      const id = this.#deps.grants.check(grant);
      const ended = this.#endedLately.byId(id);
      if (ended !== null) throw ended;
      return id;
    } catch (error) {
      if (!isTellyportError(error, "grant-ended")) throw error;
      throw this.#endedLately.byGrant(grant) ?? playbackEnded();
    }
  }

  // ---- ending

  /** Lets it go and tells why. Does nothing when it has ended before. */
  end(entry: PlaybackEntry, why: Ending): void {
    if (this.letGo(entry)) this.tellEnd(entry, why);
  }

  /** It plays no more, and holds no tuner; {@link tellEnd} has to follow. @returns false when it has ended before */
  letGo(entry: PlaybackEntry): boolean {
    if (!this.#running.delete(entry.id)) return false;
    this.#granted.delete(entry.grant);
    this.count(entry);
    entry.hold.release();
    return true;
  }

  /** Its client learns why it ended, now and when it asks later; the rest of it is on record. */
  tellEnd(entry: PlaybackEntry, why: Ending): void {
    const { clock, grants, log } = this.#deps;
    const { message, detail } = endWithAlternatives(
      { code: why.code, message: why.message, detail: why.detail },
      seekerFor(entry, entry.capabilities, this.#deps),
    );
    const end: PlaybackEnd = {
      id: entry.id,
      client: entry.principal.client,
      code: why.code,
      message,
      wanted: why.wanted ?? false,
      ...(detail !== undefined && { detail }),
    };
    const { grant, home, warm, report, startedMonotonic } = entry;
    this.#endedLately.add({
      ...end,
      grant,
      usage: usageOf(entry, clock.now()),
      watched: { home, warm, report, startedMonotonic },
    });
    grants.end(entry.id);
    entry.answers.cutAll();
    const { id, client, code } = end;
    log.info({ playback: id, client, reason: code, bytes: entry.meter.bytes }, "playback-ended");
    this.#onEnded(entry, end);
  }

  /** Tells the rules what was watched since they were told last. */
  count(entry: PlaybackEntry): void {
    const more = entry.meter.untold();
    if (more > 0) this.#deps.rules.watched(entry.principal, more);
  }
}
