import { randomBytes } from "node:crypto";
import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError, type ErrorCode } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { ms, type Milliseconds } from "../../kernel/units.ts";
import type { Availability, Capabilities, Playback, PlaybackReport } from "../../protocol/api.ts";
import type { Principal, Role } from "../../protocol/principal.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import { viewOf } from "../view.ts";
import type { GrantPort, Reach, ViewingNote, ViewingRules, ViewingWish, Watching } from "../ports.ts";
import { endWithAlternatives, withAlternatives, type Seeker } from "./alternatives.ts";
import { chooseProfile, withReason, type Wish } from "./choose-profile.ts";
import { mindsRatings } from "../view.ts";
import { ChosenChannels } from "./chosen-channels.ts";
import { ClientFigures } from "./client-figures.ts";
import { ColdTunes } from "./cold-tunes.ts";
import { lineFor } from "./hls/view-from.ts";
import { EndedPlaybacks, type PlaybackEnd } from "./ended-playbacks.ts";
import { availabilityFor, channelsToLeave, type Leaving } from "./leaving.ts";
import type { Hold, LiveStreams } from "./live-streams.ts";
import { OpenAnswers } from "./open-answers.ts";
import { Places } from "./places.ts";
import { PlaybackMeter } from "./playback-meter.ts";
import { WEIGHT_OF, lightestBelow } from "./role-weights.ts";
import {
  mayEnd,
  usageOf,
  type PlaybackEntry,
  type RunningPlayback,
  type StartingPlayback,
} from "./running-playback.ts";
import { timingsSince } from "./server-timing.ts";
import { untilPlayable } from "./until-playable.ts";
import { UsageLedger, type PlaybackUsage, type PrincipalUsage } from "./usage.ts";

export interface PlaybacksOptions {
  readonly channels: ChannelList;
  readonly streams: LiveStreams;
  readonly grants: GrantPort;
  /** Whether an address is in the home network, or is this machine; default: none is. */
  readonly atHome?: ((address: string) => boolean) | undefined;
  readonly rules: ViewingRules;
  /** Rating of what is on a channel now, years; null: it has none, or nothing is known. */
  readonly minimumAge: (channel: StoredChannel) => number | null;
  /** When that began, epoch ms; null: it is not known. */
  readonly beganAt: (channel: StoredChannel) => number | null;
  /** Title of what was on at a time, epoch ms; null: nothing is known. Absent: nothing ever is. */
  readonly titleAt?: (channel: StoredChannel, at: number) => string | null;
  readonly clock: Clock;
  readonly log: LineLog;
  /** A playback whose media nobody asked for during so many ms is ended. */
  readonly idleMs: number;
  /** How long a channel may take to start, ms. */
  readonly startTimeoutMs: number;
  /** Longest life of one playback, ms. */
  readonly longestMs: number;
  readonly perClient: number;
  readonly inAll: number;
}

/**
 * How often it is asked whether what runs may go on, ms: the hours end, the day's time is used up, the next programme begins. So
 * much of one that is too old is sent at most; the times in broadcasters' tables are seldom as exact.
 */
const LOOK = 5_000;

/** Refusals that an owner may want to read of later. */
const BY_RULES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "parental-channel",
  "parental-hours",
  "parental-rating",
  "quota-used",
  "session-limit",
]);

const NEWER = "Ended for a newer playback of the same client.";
const REPLACED = "The same client chose another channel, which needed the tuner.";

/** Who watches what: from the wish for a channel to the last byte. */
export class Playbacks {
  readonly ended: Emitter<PlaybackEnd>;
  readonly started: Emitter<void>;
  readonly noted: Emitter<ViewingNote>;
  /** How watching goes where it is seen. */
  readonly figures = new ClientFigures();
  readonly #options: PlaybacksOptions;
  readonly #running = new Map<string, PlaybackEntry>();
  /** Grants of those. */
  readonly #granted = new Set<string>();
  readonly #starting = new Set<StartingPlayback>();
  readonly #endedLately = new EndedPlaybacks();
  readonly #ledger = new UsageLedger();
  readonly #coldTunes: ColdTunes;
  readonly #chosen = new ChosenChannels();
  #sweep: Timer | null = null;
  #look: Timer | null = null;
  #cutOffs = 0;

  constructor(options: PlaybacksOptions) {
    this.#options = options;
    const failed = (error: unknown): void =>
      options.log.error({ error: String(error) }, "playback-listener-failed");
    this.ended = new Emitter(failed);
    this.started = new Emitter(failed);
    this.noted = new Emitter(failed);
    this.#coldTunes = new ColdTunes(options.clock);
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
    this.#look = this.#options.clock.every(LOOK, () => {
      for (const entry of this.#running.values()) this.#count(entry);
      this.enforce();
    });
  }

  stop(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    this.#look?.cancel();
    this.#look = null;
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
   *   `transcoder-failed`, `too-many-playbacks`, `stream-start-timeout`, those of the rules and those of the tuner; where another channel would help, `detail.free` names those that this
   *   client could watch now
   */
  async start(request: {
    principal: Principal;
    channel: string;
    /** It is in the home network. */
    home: boolean;
    wish: Wish;
    signal?: AbortSignal | undefined;
  }): Promise<Playback> {
    const { wish, principal, home } = request;
    const { channels, clock, rules } = this.#options;
    const weight = WEIGHT_OF[principal.role];
    const requestedAt = clock.monotonic();
    const channel = channels.get(request.channel);
    // As for its still and its guide: what somebody does not see is not there.
    if (channel === undefined || !viewOf(rules, principal).sees(channel.id)) {
      throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
    }
    const id = randomBytes(12).toString("base64url");
    const starting: StartingPlayback = { id, principal, home, abort: new AbortController(), admitted: false };
    const cancel = (): void =>
      starting.abort.abort(new TellyportError("request-cancelled", "The client went away."));
    if (request.signal?.aborted) cancel();
    request.signal?.addEventListener("abort", cancel, { once: true });
    let hold: Hold | null = null;
    let giveTurnBack: (() => void) | null = null;
    try {
      refuseScrambled(channel);
      const profile = chooseProfile(channel.codecs, wish);
      this.#enter(starting, channel);
      const warm = this.#isWarm(channel);
      if (!warm) {
        giveTurnBack = await this.#coldTunes.turn(principal.client, starting.abort.signal);
        starting.abort.signal.throwIfAborted();
        // Somebody else may have had it tuned meanwhile.
        if (this.#isWarm(channel)) giveTurnBack();
      }
      this.#admit(starting, channel);
      const replaced = this.#makeRoom(starting, channel);
      try {
        hold = this.#options.streams.hold(channel, weight, profile);
      } finally {
        // What can be watched beside the new channel is known only now.
        for (const entry of replaced) this.#tellEnd(entry, "displaced", REPLACED, false);
      }
      const { signal } = starting.abort;
      hold = await untilPlayable(hold, { channel, weight, wish, signal }, this.#options);
      // It may have ended, or the client have gone, after the last wait was over.
      starting.abort.signal.throwIfAborted();
      hold.stream.throwIfEnded();
      const objection = this.#options.rules.objection(this.#wishOf(starting, channel));
      if (objection !== null) throw objection;
      return this.#begin(starting, wish, channel.id, hold, { requestedAt, warm });
    } catch (error) {
      if (hold === null) giveTurnBack?.();
      hold?.release();
      if (isTellyportError(error) && BY_RULES.has(error.code))
        this.#noteRefusal(starting, channel, error.code);
      const { codecs } = channels.get(channel.id) ?? channel;
      throw withAlternatives(
        withReason(error, codecs, wish.capabilities),
        this.#seeker(starting, wish.capabilities),
      );
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
    if (entry.home && entry.places.away) this.#leaveHome(entry);
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

  /**
   * Takes a client's word for how its own playback goes; with `end` it is let go, too. What is said of one that has ended lately
   * is taken all the same.
   * @throws TellyportError `playback-not-found`, `playback-ended`
   */
  report(id: string, principal: Principal, report: PlaybackReport): void {
    const entry = this.#runningOf(id, principal);
    const watched = entry ?? this.#endedLately.watched(id, principal.client);
    if (watched !== null) {
      this.figures.add(watched, report, this.#options.clock.monotonic());
      watched.report = report;
    }
    if (entry === null) throw this.#notRunning(id, principal);
    if (report.end === true) this.release(id, principal);
  }

  /** Ends a playback of one's own, or as an owner anybody's. @throws TellyportError `playback-not-found` */
  release(id: string, principal: Principal): void {
    const entry = this.#running.get(id);
    if (entry === undefined || !mayEnd(principal, entry)) throw notFound();
    const own = entry.principal.client === principal.client;
    this.#end(entry, "playback-ended", own ? "You ended it." : "The owner of the box ended it.", own);
  }

  /**
   * A client's rules (null: perhaps everybody's) are others now: what they do not allow any more ends, and what was on before has
   * not been judged by them.
   */
  rulesChanged(client: string | null): void {
    this.enforce(client);
    for (const entry of this.#running.values())
      if (client === null || entry.principal.client === client) entry.from = this.#lineOf(entry);
  }

  /** Ends what the rules do not allow any more. @param client whose; null: everybody's */
  enforce(client: string | null = null): void {
    const { rules, channels } = this.#options;
    for (const entry of [...this.#running.values()]) {
      const channel = channels.get(entry.channel);
      if (channel === undefined || (client !== null && entry.principal.client !== client)) continue;
      const objection = rules.objection(this.#wishOf(entry, channel));
      if (objection !== null) this.#end(entry, objection.code, objection.message, false, objection.detail);
      else this.#setReach(entry, rules.reach(entry.principal));
    }
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
    return answers.open(cut);
  }

  /**
   * Books what a media answer took.
   * @param stretch the programme time in it, epoch s; see {@link WatchedStretches}
   */
  meter(id: string, sent: number, stretch?: { readonly from: number; readonly seconds: number }): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    const watched = entry.meter.book(sent, this.#options.clock.monotonic(), stretch);
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
    return availabilityFor(this.#leaving(principal));
  }

  /** What runs now, in order of its beginning. */
  running(): readonly PlaybackEntry[] {
    return [...this.#running.values()];
  }

  /** What would be noted of those that run, should the power fail now; by their ids. */
  unfinished(): { playback: string; note: ViewingNote }[] {
    return this.running().map((entry) => ({
      playback: entry.id,
      note: this.#noteOf(entry, "playback-ended"),
    }));
  }

  /** What is watched now, and what each client watched before that. */
  watching(): { client: string; channel: string; previous: string | null }[] {
    return [...this.#running.values()].map(({ principal, channel, previous }) => ({
      client: principal.client,
      channel,
      previous,
    }));
  }

  /** Whether a client watches anything: if not, the channels are as available to it as to anyone of its role. */
  isWatching(client: string): boolean {
    return this.#ofClient(client).length > 0;
  }

  // ---- starting

  /**
   * Lets a new playback wait for its turn. What the rules refuse is refused now; nothing ends for it yet, since its client may
   * go away before its turn has come.
   * @throws TellyportError `too-many-playbacks`, and those of the rules
   */
  #enter(starting: StartingPlayback, channel: StoredChannel): void {
    const { rules, perClient } = this.#options;
    const { client } = starting.principal;
    const begun = [...this.#starting].filter(({ principal }) => principal.client === client).length;
    if (begun >= perClient) throw full("This client starts too many channels at once. Wait for one of them.");
    rules.admit(this.#wishOf(starting, channel), this.#placed());
    this.#starting.add(starting);
  }

  /** Those who have a place, in order of their start. */
  #placed(): (PlaybackEntry | StartingPlayback)[] {
    return [...this.#running.values(), ...[...this.#starting].filter(({ admitted }) => admitted)];
  }

  /**
   * Gives a new playback its place, if the rules have one for it; others may have to leave theirs.
   * @throws TellyportError those of the rules
   */
  #admit(starting: StartingPlayback, channel: StoredChannel): void {
    this.#endFor(starting, channel);
    starting.admitted = true;
  }

  /** Ends what has to end for one. @throws TellyportError those of the rules, before anything has ended */
  #endFor(watching: Watching, channel: StoredChannel): void {
    const { rules } = this.#options;
    const { client } = watching.principal;
    const all = this.#placed().filter((other) => other !== watching);
    for (const id of rules.admit(this.#wishOf(watching, channel), all)) {
      const victim = all.find((one) => one.id === id);
      const own = victim?.principal.client === client;
      const code = own ? "too-many-playbacks" : "session-limit";
      const why = own
        ? NEWER
        : "The owner of the box watches away from home, and only so many can at a time.";
      if (victim !== undefined) this.#endAny(victim, new TellyportError(code, why));
    }
  }

  /**
   * What began at home goes on elsewhere: it counts as one away from now on, as if it had begun there.
   * @throws TellyportError `playback-ended`: it is one too many
   */
  #leaveHome(entry: PlaybackEntry): void {
    entry.home = false;
    const channel = this.#options.channels.get(entry.channel);
    if (channel === undefined) return;
    try {
      this.#endFor(entry, channel);
    } catch (error) {
      if (!isTellyportError(error)) throw error;
      this.#end(entry, error.code, error.message, false, error.detail);
      throw this.#endedLately.byId(entry.id) ?? playbackEnded();
    }
  }

  #endAny(victim: PlaybackEntry | StartingPlayback, why: TellyportError): void {
    if (!("abort" in victim)) return this.#end(victim, why.code, why.message, false);
    this.#starting.delete(victim); // its place is free now, and not when it has noticed
    victim.abort.abort(why);
  }

  #wishOf({ principal, home }: Watching, channel: StoredChannel): ViewingWish {
    return { principal, home, channel: channel.id, minimumAge: this.#options.minimumAge(channel) };
  }

  #seeker(watching: Watching, capabilities: Capabilities | undefined): Seeker {
    const { channels, rules } = this.#options;
    return {
      channels,
      weight: WEIGHT_OF[watching.principal.role],
      capabilities,
      allows: (channel) => rules.objection(this.#wishOf(watching, channel)) === null,
    };
  }

  /** Whether it can be watched without a tuner being tuned. */
  #isWarm(channel: StoredChannel): boolean {
    return this.#options.channels.availability(channel, "owner") === "shares-tuner";
  }

  /**
   * The client's oldest playback ends for its new one; when the box itself is full, one of somebody lighter.
   * @returns those of its own that were let go for want of a tuner, and have yet to be told
   */
  #makeRoom(starting: StartingPlayback, channel: StoredChannel): readonly PlaybackEntry[] {
    const { perClient, inAll, channels } = this.#options;
    const { principal } = starting;
    const own = this.#ofClient(principal.client);
    const others = [...this.#starting].filter((other) => other.admitted && other !== starting);
    const begun = others.filter((other) => other.principal.client === principal.client).length;
    while (own.length + begun >= perClient) {
      const oldest = own.shift();
      if (oldest === undefined) break;
      this.#end(oldest, "too-many-playbacks", NEWER, false);
    }
    if (this.#running.size + others.length >= inAll && !this.#endLighter(principal.role))
      throw full("The box serves as many as it can. Try again later.");
    // A phone that was reloaded holds a tuner with a playback that it has forgotten: its new wish replaces the old ones.
    if (channels.availability(channel, WEIGHT_OF[principal.role]) !== "busy") return [];
    const left = channelsToLeave(this.#leaving(principal), channel) ?? [];
    return own.filter((entry) => left.includes(entry.channel) && this.#letGo(entry));
  }

  #leaving({ client, role }: Principal): Leaving {
    const { channels, streams } = this.#options;
    const watched = this.#ofClient(client).map(({ channel }) => channel);
    return { watched, weight: WEIGHT_OF[role], channels, streams };
  }

  /** Ends what is lightest. @returns false when nothing is lighter than `role` */
  #endLighter(role: Role): boolean {
    const victim = lightestBelow(this.#placed(), role);
    if (victim === undefined) return false;
    const why = "The box serves as many as it can, and somebody with more weight came.";
    this.#endAny(victim, full(why));
    return true;
  }

  #begin(
    { id, principal, home }: StartingPlayback,
    { capabilities, lowLatency }: Wish,
    channel: string,
    hold: Hold,
    { requestedAt, warm }: { requestedAt: Milliseconds; warm: boolean },
  ): Playback {
    const { clock, grants, longestMs, rules } = this.#options;
    const grant = grants.issue(id, principal, ms(clock.now() + longestMs));
    const now = clock.monotonic();
    const entry: PlaybackEntry = {
      id,
      principal,
      home,
      channel,
      stream: hold.stream,
      reach: rules.reach(principal),
      from: this.#lineOf({ principal, channel, stream: hold.stream }),
      capabilities,
      lowLatency,
      requestedAt,
      grant,
      hold,
      startedAt: clock.now(),
      startedMonotonic: now,
      lastAskedAt: now,
      meter: new PlaybackMeter(),
      previous: this.#chosen.choose(principal.client, channel),
      answers: new OpenAnswers(),
      places: new Places(this.#options.atHome ?? (() => false), principal.homeOnly),
      warm,
      report: null,
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

  // ---- ending

  #end(
    entry: PlaybackEntry,
    code: ErrorCode,
    message: string,
    wanted: boolean,
    known?: Readonly<Record<string, unknown>>,
  ): void {
    if (this.#letGo(entry)) this.#tellEnd(entry, code, message, wanted, known);
  }

  /** It plays no more, and holds no tuner. @returns false when it has ended before */
  #letGo(entry: PlaybackEntry): boolean {
    if (!this.#running.delete(entry.id)) return false;
    this.#granted.delete(entry.grant);
    this.#count(entry);
    entry.hold.release();
    return true;
  }

  #tellEnd(
    entry: PlaybackEntry,
    code: ErrorCode,
    reason: string,
    wanted: boolean,
    known?: Readonly<Record<string, unknown>>,
  ): void {
    const { message, detail } = endWithAlternatives(
      { code, message: reason, detail: known },
      this.#seeker(entry, entry.capabilities),
    );
    const end: PlaybackEnd = {
      id: entry.id,
      client: entry.principal.client,
      code,
      message,
      wanted,
      ...(detail !== undefined && { detail }),
    };
    const { grant, home, warm, report, startedMonotonic } = entry;
    this.#endedLately.add({
      ...end,
      grant,
      usage: usageOf(entry, this.#options.clock.now()),
      watched: { home, warm, report, startedMonotonic },
    });
    this.#options.grants.end(entry.id);
    entry.answers.cutAll();
    const { id, client } = end;
    this.#options.log.info(
      { playback: id, client, reason: code, bytes: entry.meter.bytes },
      "playback-ended",
    );
    this.ended.emit(end);
    this.noted.emit(this.#noteOf(entry, code));
  }

  #noteOf(entry: PlaybackEntry, reason: ErrorCode): ViewingNote {
    const { channel: key, home, startedAt } = entry;
    const channel = { id: key, name: this.#options.channels.get(key)?.name ?? "" };
    const { client } = entry.principal;
    const { seconds } = entry.meter;
    return {
      kind: "watched",
      client,
      channel,
      home,
      reason,
      seconds,
      startedAt,
      title: this.#titleOf(entry),
    };
  }

  /** What was on in the middle of it: at the end the next programme has often begun. */
  #titleOf({ channel, startedAt }: PlaybackEntry): string | null {
    const known = this.#options.channels.get(channel);
    const middle = (startedAt + this.#options.clock.now()) / 2;
    return known === undefined ? null : (this.#options.titleAt?.(known, middle) ?? null);
  }

  #noteRefusal({ principal, home }: StartingPlayback, { id, name }: StoredChannel, reason: ErrorCode): void {
    const { client } = principal;
    this.noted.emit({ kind: "watch-refused", client, channel: { id, name }, home, reason });
  }

  /** Tells the rules what was watched since they were told last. */
  #count(entry: PlaybackEntry): void {
    const more = entry.meter.untold();
    if (more > 0) this.#options.rules.watched(entry.principal, more);
  }

  /** Where it may go back to more or less from now on, what was on before is not judged for it. */
  #setReach(entry: PlaybackEntry, reach: Reach): void {
    if (entry.reach === reach) return;
    entry.reach = reach;
    entry.from = this.#lineOf(entry);
  }

  /** Number of the first segment for who begins now. */
  #lineOf({ principal, channel, stream }: Pick<PlaybackEntry, "principal" | "channel" | "stream">): number {
    const { channels, rules, beganAt } = this.#options;
    const known = mindsRatings(rules, principal) ? channels.get(channel) : undefined;
    return lineFor(stream.store, known === undefined ? null : beganAt(known));
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

  #touch(entry: PlaybackEntry): void {
    entry.lastAskedAt = this.#options.clock.monotonic();
    entry.stream.touch();
  }

  #expiresAt(): Milliseconds {
    return ms(this.#options.clock.now() + this.#options.idleMs);
  }

  /** In order of their start. */
  #ofClient(client: string): PlaybackEntry[] {
    return [...this.#running.values()].filter((entry) => entry.principal.client === client);
  }

  #elsewhere({ id, principal, places }: PlaybackEntry): TellyportError {
    const { log } = this.#options;
    if (places.noteRefusal()) log.warn({ playback: id, client: principal.client }, "grant-elsewhere");
    const why =
      principal.homeOnly === true
        ? "This phone was paired for the home network alone. Pair it again at the box's https address."
        : "This address was used from too many networks. Start the playback again where you are.";
    return new TellyportError("grant-elsewhere", why);
  }

  #own(id: string, principal: Principal): PlaybackEntry {
    const entry = this.#runningOf(id, principal);
    if (entry === null) throw this.#notRunning(id, principal);
    return entry;
  }

  #runningOf(id: string, { client }: Principal): PlaybackEntry | null {
    const entry = this.#running.get(id);
    return entry?.principal.client === client ? entry : null;
  }

  #notRunning(id: string, { client }: Principal): TellyportError {
    return this.#endedLately.ofClient(id, client) ?? notFound();
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
