import { TellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { PlaybackEntry } from "./running-playback.ts";
import type { PlaybackUsage } from "./usage.ts";

/** How a playback came to its end. */
export interface PlaybackEnd {
  readonly id: string;
  readonly client: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** As in the problem document of the code: what could be watched instead, who took the tuner. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** The client itself ended it and need not be told. */
  readonly wanted: boolean;
}

/** What its client's last word of how it went is added to: it may come when the box has ended it. */
export type Watched = Pick<PlaybackEntry, "home" | "warm" | "report" | "startedMonotonic">;

interface Tombstone extends PlaybackEnd {
  readonly grant: string;
  readonly usage: PlaybackUsage;
  readonly watched: Watched;
}

/** How many ended playbacks are remembered. */
const MAX_REMEMBERED = 500;

/** The playbacks that ended lately, so that a late request learns why. */
export class EndedPlaybacks {
  readonly #tombstones = new Map<string, Tombstone>();

  add(tombstone: Tombstone): void {
    this.#tombstones.set(tombstone.id, tombstone);
    const oldest = this.#tombstones.keys().next().value;
    if (this.#tombstones.size > MAX_REMEMBERED && oldest !== undefined) this.#tombstones.delete(oldest);
  }

  /** What is known of how a client's own playback went; null when it is not remembered. */
  watched(id: string, client: string): Watched | null {
    const tombstone = this.#tombstones.get(id);
    return tombstone?.client === client ? tombstone.watched : null;
  }

  /** Why a client's own playback ended, as the error to answer; null when it is not remembered. */
  ofClient(id: string, client: string): TellyportError | null {
    const tombstone = this.#tombstones.get(id);
    return tombstone?.client === client ? endedError(tombstone) : null;
  }

  /** The same by the playback's id alone: for who holds its grant. */
  byId(id: string): TellyportError | null {
    const tombstone = this.#tombstones.get(id);
    return tombstone === undefined ? null : endedError(tombstone);
  }

  /** The same by a grant that is no longer valid. */
  byGrant(grant: string): TellyportError | null {
    for (const tombstone of this.#tombstones.values()) {
      if (tombstone.grant === grant) return endedError(tombstone);
    }
    return null;
  }

  usage(): PlaybackUsage[] {
    return [...this.#tombstones.values()].map(({ usage }) => usage);
  }
}

function endedError(end: PlaybackEnd): TellyportError {
  return new TellyportError("playback-ended", end.message, { detail: { ...end.detail, code: end.code } });
}
