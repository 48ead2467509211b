import type { Timer } from "../../kernel/clock.ts";
import { ms, type Milliseconds } from "../../kernel/units.ts";
import type { Reach } from "../ports.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import type { PlaybackEntry } from "./running-playback.ts";
import type { RunningPlaybacks } from "./running-playbacks.ts";
import { firstSegmentFor, objectionTo } from "./viewing-judgement.ts";

/** How often it is asked whether a playback is forgotten, or too old, ms. */
const SWEEP = 1000;
/**
 * How often it is asked whether what runs may go on, ms: the hours end, the day's time is used up, the next programme begins. So
 * much of one that is too old is sent at most; the times in broadcasters' tables are seldom as exact.
 */
const LOOK = 5_000;

type Deps = Pick<
  PlaybacksOptions,
  "channels" | "rules" | "minimumAge" | "beganAt" | "clock" | "idleMs" | "longestMs"
>;

/** Ends what may not go on: what the rules do not allow any more, what nobody asks for, what has played for too long. */
export class Enforcement {
  readonly #deps: Deps;
  readonly #running: RunningPlaybacks;
  #timers: readonly Timer[] = [];

  constructor(deps: Deps, running: RunningPlaybacks) {
    this.#deps = deps;
    this.#running = running;
  }

  /** Begins to look by itself. */
  start(): void {
    const { clock } = this.#deps;
    this.#timers = [
      clock.every(SWEEP, () => this.#endIdle()),
      clock.every(LOOK, () => {
        for (const entry of this.#running.all()) this.#running.count(entry);
        this.enforce(null);
      }),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  /** Ends what the rules do not allow any more. @param client whose; null: everybody's */
  enforce(client: string | null): void {
    const { channels, rules } = this.#deps;
    for (const entry of this.#of(client)) {
      const channel = channels.get(entry.channel);
      if (channel === undefined) continue;
      const objection = objectionTo(entry, channel, this.#deps);
      if (objection !== null) this.#running.end(entry, objection);
      else this.#setReach(entry, rules.reach(entry.principal));
    }
  }

  /** The same when the rules are others now: what was on before has not been judged by them. */
  rulesChanged(client: string | null): void {
    this.enforce(client);
    for (const entry of this.#of(client)) entry.from = firstSegmentFor(entry, this.#deps);
  }

  #of(client: string | null): PlaybackEntry[] {
    return client === null ? this.#running.all() : this.#running.ofClient(client);
  }

  /** Where it may go back to more or less from now on, what was on before is not judged for it. */
  #setReach(entry: PlaybackEntry, reach: Reach): void {
    if (entry.reach === reach) return;
    entry.reach = reach;
    entry.from = firstSegmentFor(entry, this.#deps);
  }

  #endIdle(): void {
    const { clock, idleMs, longestMs } = this.#deps;
    const now = clock.monotonic();
    for (const entry of this.#running.all()) {
      if (now - entry.lastAskedAt >= idleMs)
        this.#running.end(entry, ended("Nobody asked for it for a while. Start it again to go on."));
      else if (now - entry.startedMonotonic >= longestMs)
        this.#running.end(entry, ended("It has played for very long. Start it again to go on."));
    }
  }
}

/** When one ends that nobody asks for from now on, epoch ms. */
export function forgottenAt({ clock, idleMs }: Pick<PlaybacksOptions, "clock" | "idleMs">): Milliseconds {
  return ms(clock.now() + idleMs);
}

function ended(message: string): { code: "playback-ended"; message: string } {
  return { code: "playback-ended", message };
}
