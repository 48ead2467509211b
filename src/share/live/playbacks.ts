import { randomBytes } from "node:crypto";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError, type ErrorCode } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Log } from "../../kernel/log.ts";
import { bytes, ms, seconds, type Milliseconds } from "../../kernel/units.ts";
import type { Availability, Capabilities, Playback } from "../../protocol/api.ts";
import type { Principal, Role } from "../../protocol/principal.ts";
import { WEIGHTS, type WeightClass } from "../../tuner/index.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { GrantPort } from "../ports.ts";
import { endWithAlternatives, withAlternatives } from "./alternatives.ts";
import { chooseProfile, withReason, type Wish } from "./choose-profile.ts";
import { EndedPlaybacks, type PlaybackEnd } from "./ended-playbacks.ts";
import { leastToEnd } from "./least-to-end.ts";
import { Places } from "./places.ts";
import type { LiveStream, StreamMilestones } from "./live-stream.ts";
import type { Hold, LiveStreams } from "./live-streams.ts";
import { UsageLedger, type PlaybackUsage, type PrincipalUsage } from "./usage.ts";

export interface PlaybacksOptions {
  readonly channels: ChannelList;
  readonly streams: LiveStreams;
  readonly grants: GrantPort;
  /** Whether an address is in the home network, or is this machine; default: none is. */
  readonly atHome?: ((address: string) => boolean) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** A playback whose media nobody asked for during so many ms is ended. */
  readonly idleMs: number;
  /** How long a channel may take to start, ms. */
  readonly startTimeoutMs: number;
  /** Longest life of one playback, ms. */
  readonly longestMs: number;
  readonly perClient: number;
  readonly inAll: number;
}

/** A playback that runs. */
export interface RunningPlayback {
  readonly id: string;
  readonly principal: Principal;
  readonly channel: string;
  readonly stream: LiveStream;
  readonly capabilities: Capabilities | undefined;
  /** Its playlists have parts. */
  readonly lowLatency: boolean;
  /** Monotonic ms of the wish for it. */
  readonly requestedAt: Milliseconds;
}

interface Entry extends RunningPlayback {
  readonly grant: string;
  readonly hold: Hold;
  readonly startedAt: Milliseconds;
  /** Monotonic ms. */
  readonly startedMonotonic: Milliseconds;
  lastAskedAt: Milliseconds;
  bytes: number;
  seconds: number;
  /** What the client watched before; null: nothing that is known. */
  readonly previous: string | null;
  /** Programme time up to which was watched, epoch s. */
  watchedUntil: number;
  /** Cut off the media answers that are open. */
  readonly answers: Set<() => void>;
  readonly places: Places;
}

interface Starting {
  readonly principal: Principal;
  readonly abort: AbortController;
}

/**
 * Players load a handful at once, and hold a playlist and the next part of each rendition open; an answer may hold memory of
 * a segment that the store has let go.
 */
const ANSWERS_PER_PLAYBACK = 24;

/** Clients whose last channel is remembered, at most. */
const MAX_REMEMBERED = 1000;

const REPLACED = "The same client chose another channel, which needed the tuner.";

/** What a role weighs for the arbiter. */
export const WEIGHT_OF: Record<Role, WeightClass> = {
  owner: "owner",
  viewer: "viewer",
  kid: "viewer",
  guest: "guest",
};

/** Who watches what: from the wish for a channel to the last byte. */
export class Playbacks {
  readonly ended: Emitter<PlaybackEnd>;
  readonly started: Emitter<void>;
  readonly #options: PlaybacksOptions;
  readonly #running = new Map<string, Entry>();
  /** Grants of those. */
  readonly #granted = new Set<string>();
  readonly #starting = new Set<Starting>();
  readonly #endedLately = new EndedPlaybacks();
  readonly #ledger = new UsageLedger();
  /** By client: the channel chosen last, and the one before. */
  readonly #chosen = new Map<string, { last: string; previous: string | null }>();
  #sweep: Timer | null = null;
  #cutOffs = 0;

  constructor(options: PlaybacksOptions) {
    this.#options = options;
    const failed = (error: unknown): void =>
      options.log.error({ error: String(error) }, "playback-listener-failed");
    this.ended = new Emitter(failed);
    this.started = new Emitter(failed);
    options.streams.onEnded = (stream, code, message) => {
      for (const entry of [...this.#running.values()]) {
        if (entry.stream !== stream) continue;
        const { state } = stream;
        this.#end(entry, code, message, false, state.kind === "ended" ? state.error.detail : undefined);
      }
    };
  }

  startSweeping(): void {
    this.#sweep = this.#options.clock.every(1000, () => this.#endIdle());
  }

  stop(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    for (const { abort } of this.#starting) abort.abort(stopping());
    for (const entry of [...this.#running.values()]) this.#end(entry, "stopping", stopping().message, false);
  }

  get size(): number {
    return this.#running.size;
  }

  /**
   * Locks a channel for a client and waits until it can be played.
   * @param request.signal the client went away
   * @throws TellyportError `channel-not-found`, `scrambled`, `client-cannot-decode`, `transcoder-missing`, `transcoder-busy`,
   *   `transcoder-failed`, `too-many-playbacks`,
   *   `stream-start-timeout`, and those of the tuner; where another channel would help, `detail.free` names those that this
   *   client could watch now
   */
  async start(request: {
    principal: Principal;
    channel: string;
    wish: Wish;
    signal?: AbortSignal | undefined;
  }): Promise<Playback> {
    const { wish } = request;
    const { channels, clock } = this.#options;
    const requestedAt = clock.monotonic();
    const channel = channels.get(request.channel);
    if (channel === undefined) {
      throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
    }
    const starting: Starting = { principal: request.principal, abort: new AbortController() };
    const cancel = (): void =>
      starting.abort.abort(new TellyportError("request-cancelled", "The client went away."));
    if (request.signal?.aborted) cancel();
    request.signal?.addEventListener("abort", cancel, { once: true });
    let hold: Hold | null = null;
    try {
      refuseScrambled(channel);
      const profile = chooseProfile(channel.codecs, wish);
      const replaced = this.#makeRoom(request.principal, channel);
      this.#starting.add(starting);
      try {
        hold = this.#options.streams.hold(channel, WEIGHT_OF[request.principal.role], profile);
      } finally {
        // What can be watched beside the new channel is known only now.
        for (const entry of replaced) this.#tellEnd(entry, "displaced", REPLACED, false);
      }
      hold = await this.#playable(hold, channel, { ...request, signal: starting.abort.signal });
      // It may have ended, or the client have gone, after the last wait was over.
      starting.abort.signal.throwIfAborted();
      hold.stream.throwIfEnded();
      return this.#admit(request.principal, wish, channel.id, hold, requestedAt);
    } catch (error) {
      hold?.release();
      const { codecs } = channels.get(channel.id) ?? channel;
      throw withAlternatives(withReason(error, codecs, wish.capabilities), {
        channels,
        weight: WEIGHT_OF[request.principal.role],
        capabilities: wish.capabilities,
      });
    } finally {
      this.#starting.delete(starting);
      request.signal?.removeEventListener("abort", cancel);
    }
  }

  /**
   * The playback that a media path's grant names; asking keeps it alive.
   * @param peer address of the accepted socket, as it gives it
   * @throws TellyportError `grant-invalid`, `grant-elsewhere`, or `playback-ended` with the reason's code in `detail.code`
   */
  byGrant(grant: string, peer: string | undefined): RunningPlayback {
    const entry = this.#running.get(this.#checked(grant));
    if (entry === undefined) throw playbackEnded();
    if (!entry.places.admits(peer)) throw this.#elsewhere(entry);
    this.#touch(entry);
    return entry;
  }

  /** Whether a grant is that of a playback that runs; it may have expired: {@link byGrant} tells. */
  isGranted(grant: string): boolean {
    return this.#granted.has(grant);
  }

  /** Keeps a paused playback alive. @throws TellyportError `playback-not-found`, `playback-ended` */
  renew(id: string, principal: Principal): { expiresAt: Milliseconds } {
    const entry = this.#own(id, principal);
    this.#touch(entry);
    return { expiresAt: this.#expiresAt() };
  }

  /** Ends a playback of one's own, or as an owner anybody's. @throws TellyportError `playback-not-found` */
  release(id: string, principal: Principal): void {
    const entry = this.#running.get(id);
    if (entry === undefined || !mayEnd(entry, principal)) throw notFound();
    const own = entry.principal.client === principal.client;
    this.#end(entry, "playback-ended", own ? "You ended it." : "The owner of the box ended it.", own);
  }

  /** Ends all of a client's playbacks at once, those about to start too. */
  endOf(client: string, code: ErrorCode, message: string): void {
    for (const starting of this.#starting) {
      if (starting.principal.client === client) starting.abort.abort(new TellyportError(code, message));
    }
    for (const entry of this.#ofClient(client)) this.#end(entry, code, message, false);
  }

  /**
   * Counts a media answer as open until the returned function is called.
   * @param cut called when the playback ends before: what is on its way is not for this client any more
   * @throws TellyportError `too-many-playbacks` when too many are open, `playback-ended`
   */
  answering(id: string, cut: () => void): () => void {
    const answers = this.#running.get(id)?.answers;
    if (answers === undefined) throw playbackEnded();
    if (answers.size >= ANSWERS_PER_PLAYBACK) {
      throw new TellyportError(
        "too-many-playbacks",
        "This playback loads too much at once. Wait until some of it has come.",
        { retryAfterMs: 1000 },
      );
    }
    answers.add(cut);
    return () => answers.delete(cut);
  }

  /**
   * Books what a media answer took.
   * @param stretch the programme time in it, epoch s; what was booked before counts once
   */
  meter(id: string, sent: number, stretch?: { readonly from: number; readonly seconds: number }): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    let watched = 0;
    if (stretch !== undefined) {
      const until = stretch.from + stretch.seconds;
      watched = Math.max(0, until - Math.max(stretch.from, entry.watchedUntil));
      entry.watchedUntil = Math.max(until, entry.watchedUntil);
    }
    entry.bytes += sent;
    entry.seconds += watched;
    this.#ledger.add(entry.principal, sent, watched);
  }

  /** A receiver was too slow. */
  countCutOff(): void {
    this.#cutOffs++;
  }

  /** Receivers that were cut off since the start for being too slow. */
  get cutOffs(): number {
    return this.#cutOffs;
  }

  /** The running playbacks and those that ended lately. */
  usage(): { playbacks: PlaybackUsage[]; principals: PrincipalUsage[] } {
    const running = [...this.#running.values()].map((entry) => usageOf(entry, null));
    return { playbacks: [...running, ...this.#endedLately.usage()], principals: this.#ledger.all() };
  }

  /**
   * Whether a client could watch channels now, and how: where it would have to leave another one for it, that is
   * `would-displace`. To be asked at once of as many as wanted, not kept.
   */
  availability(principal: Principal): (channel: StoredChannel) => Availability {
    const { channels } = this.#options;
    /** By multiplex: channels of one have the same answer. */
    const replacing = new Map<string, boolean>();
    return (channel) => {
      const availability = channels.availability(channel, WEIGHT_OF[principal.role]);
      const multiplex = channels.service(channel.id)?.multiplex.id;
      if (availability !== "busy" || multiplex === undefined) return availability;
      let helps = replacing.get(multiplex);
      if (helps === undefined) {
        helps = this.#replaceable(principal, channel) !== null;
        replacing.set(multiplex, helps);
      }
      return helps ? "would-displace" : "busy";
    };
  }

  /** What is watched now, and what each client watched before that. */
  watching(): { channel: string; previous: string | null }[] {
    return [...this.#running.values()].map(({ channel, previous }) => ({ channel, previous }));
  }

  /** Whether a client watches anything: if not, the channels are as available to it as to anyone of its role. */
  isWatching(client: string): boolean {
    return this.#ofClient(client).length > 0;
  }

  // ---- starting

  /**
   * The client's oldest playback ends for its new one; when the box itself is full, one of somebody lighter.
   * @returns those of its own that were let go for want of a tuner, and have yet to be told
   */
  #makeRoom(principal: Principal, channel: StoredChannel): readonly Entry[] {
    const { perClient, inAll, channels } = this.#options;
    const own = this.#ofClient(principal.client);
    const begun = [...this.#starting].filter((other) => other.principal.client === principal.client).length;
    if (begun >= perClient) throw full("This client starts too many channels at once. Wait for one of them.");
    while (own.length + begun >= perClient) {
      const oldest = own.shift();
      if (oldest === undefined) break;
      this.#end(oldest, "too-many-playbacks", "Ended for a newer playback of the same client.", false);
    }
    if (this.#running.size + this.#starting.size >= inAll && !this.#endLighter(principal.role))
      throw full("The box serves as many as it can. Try again later.");
    // A phone that was reloaded holds a tuner with a playback that it has forgotten: its new wish replaces the old ones.
    if (channels.availability(channel, WEIGHT_OF[principal.role]) !== "busy") return [];
    const left = this.#replaceable(principal, channel) ?? [];
    return own.filter((entry) => left.includes(entry.channel) && this.#letGo(entry));
  }

  /**
   * Which channels the client must leave to have a tuner for this one: as few as possible, the one chosen first before others.
   * @returns null when that does not help
   */
  #replaceable(principal: Principal, channel: StoredChannel): readonly string[] | null {
    const { channels, streams } = this.#options;
    const watched = new Map<string, number>();
    for (const entry of this.#ofClient(principal.client))
      watched.set(entry.channel, (watched.get(entry.channel) ?? 0) + 1);
    // What somebody else watches too goes on without this client.
    const alone = [...watched].filter(([id, count]) => streams.holdsOf(id) === count).map(([id]) => id);
    return leastToEnd(
      alone,
      (gone) => channels.availability(channel, WEIGHT_OF[principal.role], gone) !== "busy",
    );
  }

  /** Ends what is lightest, of the client that has most, the oldest of it. @returns false when nothing is lighter than `role` */
  #endLighter(role: Role): boolean {
    const weigh = ({ principal }: { principal: Principal }): number => WEIGHTS[WEIGHT_OF[principal.role]];
    const all = [...this.#running.values(), ...this.#starting];
    const lighter = all.filter((other) => weigh(other) < WEIGHTS[WEIGHT_OF[role]]);
    const counts = new Map<string, number>();
    for (const { principal } of lighter)
      counts.set(principal.client, (counts.get(principal.client) ?? 0) + 1);
    const count = ({ principal }: { principal: Principal }): number => counts.get(principal.client) ?? 0;
    // The sort is stable: what is equal stays in order of its start.
    const [victim] = lighter.sort((a, b) => weigh(a) - weigh(b) || count(b) - count(a));
    if (victim === undefined) return false;
    const why = "The box serves as many as it can, and somebody with more weight came.";
    if ("id" in victim) this.#end(victim, "too-many-playbacks", why, false);
    else {
      this.#starting.delete(victim); // its place is free now, and not when it has noticed
      victim.abort.abort(full(why));
    }
    return true;
  }

  /**
   * Waits until the stream can be played. Where only now it shows that the client needs it converted, that takes its place.
   * @returns the hold that counts; the one given is released when it is another one
   */
  async #playable(
    hold: Hold,
    channel: StoredChannel,
    { principal, wish, signal }: { principal: Principal; wish: Wish; signal: AbortSignal },
  ): Promise<Hold> {
    const { startTimeoutMs, clock, streams } = this.#options;
    const from = clock.monotonic();
    const left = (): number => startTimeoutMs - (clock.monotonic() - from);
    const { stream } = hold;
    await stream.ready(left(), signal);
    if (wish.capabilities === undefined || stream.profile.transcode !== null) return hold;
    await stream.understood(left(), signal);
    const profile = chooseProfile(stream.codecs, wish);
    if (profile.transcode === null) return hold;
    const converted = streams.hold(channel, WEIGHT_OF[principal.role], profile);
    hold.release();
    try {
      await converted.stream.ready(left(), signal);
      return converted;
    } catch (error) {
      converted.release();
      throw error;
    }
  }

  #admit(
    principal: Principal,
    { capabilities, lowLatency }: Wish,
    channel: string,
    hold: Hold,
    requestedAt: Milliseconds,
  ): Playback {
    const { clock, grants, longestMs } = this.#options;
    const id = randomBytes(12).toString("base64url");
    const grant = grants.issue(id, principal, ms(clock.now() + longestMs));
    const now = clock.monotonic();
    const entry: Entry = {
      id,
      principal,
      channel,
      stream: hold.stream,
      capabilities,
      lowLatency,
      requestedAt,
      grant,
      hold,
      startedAt: clock.now(),
      startedMonotonic: now,
      lastAskedAt: now,
      bytes: 0,
      seconds: 0,
      previous: this.#previousOf(principal.client, channel),
      watchedUntil: 0,
      answers: new Set(),
      places: new Places(this.#options.atHome ?? (() => false)),
    };
    this.#running.set(id, entry);
    this.#granted.add(grant);
    hold.stream.touch();
    this.#options.log.info({ playback: id, client: principal.client, channel }, "playback-started");
    this.started.emit();
    return {
      id,
      hls: `/m/${grant}/index.m3u8`,
      expiresAt: new Date(this.#expiresAt()).toISOString(),
      timings: timingsSince(requestedAt, hold.stream.milestones),
    };
  }

  /** Remembers that a client chose a channel. @returns the one it chose before, if that was another one */
  #previousOf(client: string, channel: string): string | null {
    const before = this.#chosen.get(client);
    const previous = before === undefined ? null : before.last === channel ? before.previous : before.last;
    this.#chosen.delete(client);
    this.#chosen.set(client, { last: channel, previous });
    const oldest = this.#chosen.keys().next().value;
    if (this.#chosen.size > MAX_REMEMBERED && oldest !== undefined) this.#chosen.delete(oldest);
    return previous;
  }

  // ---- ending

  #end(
    entry: Entry,
    code: ErrorCode,
    message: string,
    wanted: boolean,
    known?: Readonly<Record<string, unknown>>,
  ): void {
    if (this.#letGo(entry)) this.#tellEnd(entry, code, message, wanted, known);
  }

  /** It plays no more, and holds no tuner. @returns false when it has ended before */
  #letGo(entry: Entry): boolean {
    if (!this.#running.delete(entry.id)) return false;
    this.#granted.delete(entry.grant);
    entry.hold.release();
    return true;
  }

  #tellEnd(
    entry: Entry,
    code: ErrorCode,
    reason: string,
    wanted: boolean,
    known?: Readonly<Record<string, unknown>>,
  ): void {
    const { message, detail } = endWithAlternatives(
      { code, message: reason, detail: known },
      {
        channels: this.#options.channels,
        weight: WEIGHT_OF[entry.principal.role],
        capabilities: entry.capabilities,
      },
    );
    const end: PlaybackEnd = {
      id: entry.id,
      client: entry.principal.client,
      code,
      message,
      wanted,
      ...(detail !== undefined && { detail }),
    };
    this.#endedLately.add({ ...end, grant: entry.grant, usage: usageOf(entry, this.#options.clock.now()) });
    this.#options.grants.end(entry.id);
    for (const cut of [...entry.answers]) cut();
    const { id, client } = end;
    this.#options.log.info({ playback: id, client, reason: code, bytes: entry.bytes }, "playback-ended");
    this.ended.emit(end);
  }

  #endIdle(): void {
    const { clock, idleMs, longestMs } = this.#options;
    const now = clock.monotonic();
    for (const entry of [...this.#running.values()]) {
      if (now - entry.lastAskedAt >= idleMs)
        this.#end(
          entry,
          "playback-ended",
          "Nobody asked for it for a while. Start it again to go on.",
          false,
        );
      else if (now - entry.startedMonotonic >= longestMs)
        this.#end(entry, "playback-ended", "It has played for very long. Start it again to go on.", false);
    }
  }

  // ---- finding

  #touch(entry: Entry): void {
    entry.lastAskedAt = this.#options.clock.monotonic();
    entry.stream.touch();
  }

  #expiresAt(): Milliseconds {
    return ms(this.#options.clock.now() + this.#options.idleMs);
  }

  /** In order of their start. */
  #ofClient(client: string): Entry[] {
    return [...this.#running.values()].filter((entry) => entry.principal.client === client);
  }

  #elsewhere({ id, principal, places }: Entry): TellyportError {
    const { log } = this.#options;
    if (places.noteRefusal()) log.warn({ playback: id, client: principal.client }, "grant-elsewhere");
    return new TellyportError(
      "grant-elsewhere",
      "This address was used from too many networks. Start the playback again where you are.",
    );
  }

  #own(id: string, principal: Principal): Entry {
    const entry = this.#running.get(id);
    if (entry?.principal.client === principal.client) return entry;
    throw this.#endedLately.ofClient(id, principal.client) ?? notFound();
  }

  #checked(grant: string): string {
    try {
      const id = this.#options.grants.check(grant);
      const ended = this.#endedLately.byId(id);
      if (ended !== null) throw ended;
      return id;
    } catch (error) {
      if (!isTellyportError(error, "grant-ended")) throw error;
      throw this.#endedLately.byGrant(grant) ?? playbackEnded();
    }
  }
}

function mayEnd(entry: Entry, principal: Principal): boolean {
  return entry.principal.client === principal.client || principal.role === "owner";
}

function refuseScrambled({ scrambled }: StoredChannel): void {
  if (scrambled)
    throw new TellyportError("scrambled", "This channel is encrypted, and the box has no key for it.");
}

function notFound(): TellyportError {
  return new TellyportError("playback-not-found", "There is no such playback of yours.");
}

function full(message: string): TellyportError {
  return new TellyportError("too-many-playbacks", message, { retryAfterMs: 10_000 });
}

function stopping(): TellyportError {
  return new TellyportError("stopping", "The box is being stopped.");
}

function playbackEnded(): TellyportError {
  return new TellyportError("playback-ended", "This playback has ended. Start it again.");
}

/** The header that tells timings to a browser. @see W3C Server-Timing */
export function serverTiming(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings)
    .map(([name, value]) => `${name};dur=${value}`)
    .join(", ");
}

/** How long each step took since somebody wished for the channel, ms; what is still to come is left out. */
export function timingsSince(from: Milliseconds, milestones: StreamMilestones): Record<string, number> {
  const timings: Record<string, number> = {};
  for (const name of ["lock", "pmt", "randomAccess", "ready", "firstPart"] as const) {
    const at = milestones[name];
    // What a stream already had when this client came took no time.
    if (at !== null) timings[name] = Math.round(Math.max(0, at - from) * 10) / 10;
  }
  return timings;
}

function usageOf(entry: Entry, endedAt: Milliseconds | null): PlaybackUsage {
  return {
    playback: entry.id,
    principal: entry.principal,
    channel: entry.channel,
    startedAt: entry.startedAt,
    endedAt,
    bytes: bytes(entry.bytes),
    seconds: seconds(entry.seconds),
  };
}
