import { isTellyportError, type TellyportError } from "../../kernel/errors.ts";
import type { Availability } from "../../protocol/api.ts";
import type { Principal, Role } from "../../protocol/principal.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { Watching } from "../ports.ts";
import { availabilityFor, channelsToLeave, type Leaving } from "./leaving.ts";
import { forNewer, forOwnerAway, full } from "./playback-refusals.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import { WEIGHT_OF, lightestBelow } from "./role-weights.ts";
import type { PlaybackEntry, StartingPlayback } from "./running-playback.ts";
import type { RunningPlaybacks } from "./running-playbacks.ts";
import { wishOf, type Judging } from "./viewing-judgement.ts";

type Deps = Judging & Pick<PlaybacksOptions, "streams" | "perClient" | "inAll">;

/** Who gets a place among those who watch, and who has to leave his for it. */
export class Admission {
  readonly #deps: Deps;
  readonly #running: RunningPlaybacks;
  readonly #starting = new Set<StartingPlayback>();

  constructor(deps: Deps, running: RunningPlaybacks) {
    this.#deps = deps;
    this.#running = running;
  }

  /**
   * Lets a new playback wait for its turn. What the rules refuse is refused now; nothing ends for it yet, since its client may
   * go away before its turn has come.
   * @throws TellyportError `too-many-playbacks`, and those of the rules
   */
  enter(starting: StartingPlayback, channel: StoredChannel): void {
    const { rules, perClient } = this.#deps;
    const { client } = starting.principal;
    const begun = [...this.#starting].filter(({ principal }) => principal.client === client).length;
    if (begun >= perClient) throw full("This client starts too many channels at once. Wait for one of them.");
    rules.admit(wishOf(starting, channel, this.#deps), this.#placed());
    this.#starting.add(starting);
  }

  /**
   * Gives a new playback its place, if the rules have one for it; others may have to leave theirs.
   * @throws TellyportError those of the rules
   */
  admit(starting: StartingPlayback, channel: StoredChannel): void {
    this.#endFor(starting, channel);
    starting.admitted = true;
  }

  /**
   * The client's oldest playback ends for its new one; when the box itself is full, one of somebody lighter.
   * @returns those of its own that were let go for want of a tuner, and have yet to be told
   * @throws TellyportError `too-many-playbacks`
   */
  makeRoom(starting: StartingPlayback, channel: StoredChannel): readonly PlaybackEntry[] {
    const { perClient, inAll, channels } = this.#deps;
    const { principal } = starting;
    const own = this.#running.ofClient(principal.client);
    const others = [...this.#starting].filter((other) => other.admitted && other !== starting);
    const begun = others.filter((other) => other.principal.client === principal.client).length;
    while (own.length + begun >= perClient) {
      const oldest = own.shift();
      if (oldest === undefined) break;
      this.#running.end(oldest, forNewer());
    }
    if (this.#running.size + others.length >= inAll && !this.#endLighter(principal.role))
      throw full("The box serves as many as it can. Try again later.");
    // A phone that was reloaded holds a tuner with a playback that it has forgotten: its new wish replaces the old ones.
    if (channels.availability(channel, WEIGHT_OF[principal.role]) !== "busy") return [];
    const left = channelsToLeave(this.#leaving(principal), channel) ?? [];
    return own.filter((entry) => left.includes(entry.channel) && this.#running.letGo(entry));
  }

  /** It runs now, or has come to nothing. */
  over(starting: StartingPlayback): void {
    this.#starting.delete(starting);
  }

  /** Ends what is about to start. @param client whose; null: everybody's */
  cancel(client: string | null, why: TellyportError): void {
    for (const { principal, abort } of this.#starting)
      if (client === null || principal.client === client) abort.abort(why);
  }

  /**
   * What began at home goes on elsewhere: it counts as one away from now on, as if it had begun there.
   * @throws TellyportError `playback-ended`: it is one too many
   */
  leaveHome(entry: PlaybackEntry): void {
    entry.home = false;
    const channel = this.#deps.channels.get(entry.channel);
    if (channel === undefined) return;
    try {
      this.#endFor(entry, channel);
    } catch (error) {
      if (!isTellyportError(error)) throw error;
      this.#running.end(entry, error);
      throw this.#running.whyEnded(entry.id);
    }
  }

  /** Whether a client could watch channels now, and how; see {@link availabilityFor}. */
  availability(principal: Principal): (channel: StoredChannel) => Availability {
    return availabilityFor(this.#leaving(principal));
  }

  #leaving({ client, role }: Principal): Leaving {
    const { channels, streams } = this.#deps;
    const watched = this.#running.ofClient(client).map(({ channel }) => channel);
    return { watched, weight: WEIGHT_OF[role], channels, streams };
  }

  /** Those who have a place, in order of their start. */
  #placed(): (PlaybackEntry | StartingPlayback)[] {
    return [...this.#running.all(), ...[...this.#starting].filter(({ admitted }) => admitted)];
  }

  /** Ends what has to end for one. @throws TellyportError those of the rules, before anything has ended */
  #endFor(watching: Watching, channel: StoredChannel): void {
    const { client } = watching.principal;
    const all = this.#placed().filter((other) => other !== watching);
    for (const id of this.#deps.rules.admit(wishOf(watching, channel, this.#deps), all)) {
      const victim = all.find((one) => one.id === id);
      if (victim === undefined) continue;
      this.#end(victim, victim.principal.client === client ? forNewer() : forOwnerAway());
    }
  }

  /** Ends what is lightest. @returns false when nothing is lighter than `role` */
  #endLighter(role: Role): boolean {
    const victim = lightestBelow(this.#placed(), role);
    if (victim === undefined) return false;
    this.#end(victim, full("The box serves as many as it can, and somebody with more weight came."));
    return true;
  }

  #end(victim: PlaybackEntry | StartingPlayback, why: TellyportError): void {
    if (!("abort" in victim)) return this.#running.end(victim, why);
    this.#starting.delete(victim); // its place is free now, and not when it has noticed
    victim.abort.abort(why);
  }
}
