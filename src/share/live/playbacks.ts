import { TellyportError, type ErrorCode } from "../../kernel/errors.ts";
import { Emitter } from "../../kernel/events.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { Availability, Playback, PlaybackReport } from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { ViewingNote } from "../ports.ts";
import { Admission } from "./admission.ts";
import { ClientFigures } from "./client-figures.ts";
import type { PlaybackEnd } from "./ended-playbacks.ts";
import { Enforcement, forgottenAt } from "./enforcement.ts";
import { elsewhere, noSuchPlayback, playbackEnded, stopping } from "./playback-refusals.ts";
import { PlaybackStarts, type StartRequest } from "./playback-starts.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import { mayEnd, type PlaybackEntry, type RunningPlayback } from "./running-playback.ts";
import { RunningPlaybacks } from "./running-playbacks.ts";
import { UsageLedger, type PlaybackUsage, type PrincipalUsage } from "./usage.ts";
import { watchedNote } from "./viewing-notes.ts";

export type { PlaybacksOptions } from "./playbacks-options.ts";

/** Who watches what: from the wish for a channel to the last byte. */
export class Playbacks {
  readonly ended: Emitter<PlaybackEnd>;
  readonly started: Emitter<void>;
  readonly noted: Emitter<ViewingNote>;
  /** How watching goes where it is seen. */
  readonly figures = new ClientFigures();
  readonly #options: PlaybacksOptions;
  readonly #running: RunningPlaybacks;
  readonly #admission: Admission;
  readonly #starts: PlaybackStarts;
  readonly #enforcement: Enforcement;
  readonly #ledger = new UsageLedger();
  #cutOffs = 0;

  constructor(options: PlaybacksOptions) {
    this.#options = options;
    const failed = (error: unknown): void =>
      options.log.error({ error: String(error) }, "playback-listener-failed");
    this.ended = new Emitter(failed);
    this.started = new Emitter(failed);
    this.noted = new Emitter(failed);
    this.#running = new RunningPlaybacks(options, (entry, end) => {
      this.ended.emit(end);
      this.noted.emit(watchedNote(entry, end.code, options));
    });
    this.#admission = new Admission(options, this.#running);
    this.#starts = new PlaybackStarts(options, this.#admission, this.#running, {
      started: () => this.started.emit(),
      noted: (note) => this.noted.emit(note),
    });
    this.#enforcement = new Enforcement(options, this.#running);
    options.streams.onEnded = (stream, code, message) => {
      const { state } = stream;
      const detail = state.kind === "ended" ? state.error.detail : undefined;
      for (const entry of this.#running.all())
        if (entry.stream === stream) this.#running.end(entry, { code, message, detail });
    };
  }

  startSweeping(): void {
    this.#enforcement.start();
  }

  stop(): void {
    this.#enforcement.stop();
    this.#admission.cancel(null, stopping());
    for (const entry of this.#running.all()) this.#running.end(entry, stopping());
  }

  get size(): number {
    return this.#running.size;
  }

  /**
   * Locks a channel for a client and waits until it can be played.
   * @param request.signal the client went away
   * @throws TellyportError `channel-not-found`, `scrambled`, `client-cannot-decode`, `transcoder-missing`, `transcoder-busy`,
   *   `transcoder-failed`, `too-many-playbacks`, `stream-start-timeout`, those of the rules and those of the tuner; where another
   *   channel would help, `detail.free` names those that this client could watch now
   */
  start(request: StartRequest): Promise<Playback> {
    return this.#starts.start(request);
  }

  /**
   * The playback that a media path's grant names; asking keeps it alive.
   * @param peer address of the accepted socket, as it gives it
   * @throws TellyportError `grant-invalid`, `grant-elsewhere`, or `playback-ended` with the reason's code in `detail.code`
   */
  byGrant(grant: string, peer: string | undefined): RunningPlayback {
    const entry = this.#running.byGrant(grant);
    if (!entry.places.admits(peer)) throw this.#elsewhere(entry);
    if (entry.home && entry.places.away) this.#admission.leaveHome(entry);
    this.#touch(entry);
    return entry;
  }

  /** Whether a grant is that of a playback that runs; it may have expired: {@link byGrant} tells. */
  isGranted(grant: string): boolean {
    return this.#running.isGranted(grant);
  }

  /** Keeps a paused playback alive. @throws TellyportError `playback-not-found`, `playback-ended` */
  renew(id: string, principal: Principal): { expiresAt: Milliseconds } {
    this.#touch(this.#running.own(id, principal.client));
    return { expiresAt: forgottenAt(this.#options) };
  }

  /**
   * Takes a client's word for how its own playback goes; with `end` it is let go, too. What is said of one that has ended lately
   * is taken all the same.
   * @throws TellyportError `playback-not-found`, `playback-ended`
   */
  report(id: string, principal: Principal, report: PlaybackReport): void {
    const watched = this.#running.watched(id, principal.client);
    if (watched !== null) {
      this.figures.add(watched, report, this.#options.clock.monotonic());
      watched.report = report;
    }
    this.#running.own(id, principal.client); // throws for one that has ended
    if (report.end === true) this.release(id, principal);
  }

  /** Ends a playback of one's own, or as an owner anybody's. @throws TellyportError `playback-not-found` */
  release(id: string, principal: Principal): void {
    const entry = this.#running.get(id);
    if (entry === undefined || !mayEnd(principal, entry)) throw noSuchPlayback();
    const own = entry.principal.client === principal.client;
    const message = own ? "You ended it." : "The owner of the box ended it.";
    this.#running.end(entry, { code: "playback-ended", message, wanted: own });
  }

  /**
   * A client's rules (null: perhaps everybody's) are others now: what they do not allow any more ends, and what was on before has
   * not been judged by them.
   */
  rulesChanged(client: string | null): void {
    this.#enforcement.rulesChanged(client);
  }

  /** Ends what the rules do not allow any more. @param client whose; null: everybody's */
  enforce(client: string | null = null): void {
    this.#enforcement.enforce(client);
  }

  /** Ends all of a client's playbacks at once, those about to start too. */
  endOf(client: string, code: ErrorCode, message: string): void {
    this.#admission.cancel(client, new TellyportError(code, message));
    for (const entry of this.#running.ofClient(client)) this.#running.end(entry, { code, message });
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
    return { playbacks: this.#running.usage(), principals: this.#ledger.all() };
  }

  /**
   * Whether a client could watch channels now, and how: where it would have to leave another one for it, that is
   * `would-displace`. To be asked at once of as many as wanted, not kept.
   */
  availability(principal: Principal): (channel: StoredChannel) => Availability {
    return this.#admission.availability(principal);
  }

  /** What runs now, in order of its beginning. */
  running(): readonly PlaybackEntry[] {
    return this.#running.all();
  }

  /** What would be noted of those that run, should the power fail now; by their ids. */
  unfinished(): { playback: string; note: ViewingNote }[] {
    return this.running().map((entry) => ({
      playback: entry.id,
      note: watchedNote(entry, "playback-ended", this.#options),
    }));
  }

  /** What is watched now, and what each client watched before that. */
  watching(): { client: string; channel: string; previous: string | null }[] {
    return this.#running.all().map(({ principal, channel, previous }) => ({
      client: principal.client,
      channel,
      previous,
    }));
  }

  /** Whether a client watches anything: if not, the channels are as available to it as to anyone of its role. */
  isWatching(client: string): boolean {
    return this.#running.ofClient(client).length > 0;
  }

  #touch(entry: PlaybackEntry): void {
    entry.lastAskedAt = this.#options.clock.monotonic();
    entry.stream.touch();
  }

  #elsewhere({ id, principal, places }: PlaybackEntry): TellyportError {
    const { log } = this.#options;
    if (places.noteRefusal()) log.warn({ playback: id, client: principal.client }, "grant-elsewhere");
    return elsewhere(principal.homeOnly === true);
  }
}
