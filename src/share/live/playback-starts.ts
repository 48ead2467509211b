import { randomBytes } from "node:crypto";
import { ms, type Milliseconds } from "../../kernel/units.ts";
import type { Playback } from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { ViewingNote } from "../ports.ts";
import { viewOf } from "../view.ts";
import type { Admission } from "./admission.ts";
import { withAlternatives } from "./alternatives.ts";
import { chooseProfile, withReason, type Wish } from "./choose-profile.ts";
import { ChosenChannels } from "./chosen-channels.ts";
import { ColdTunes } from "./cold-tunes.ts";
import { forgottenAt } from "./enforcement.ts";
import type { Hold } from "./live-streams.ts";
import { OpenAnswers } from "./open-answers.ts";
import { Places } from "./places.ts";
import { PlaybackMeter } from "./playback-meter.ts";
import { clientGone, forOtherChannel, noSuchChannel, refuseScrambled } from "./playback-refusals.ts";
import type { PlaybacksOptions } from "./playbacks-options.ts";
import { WEIGHT_OF } from "./role-weights.ts";
import type { PlaybackEntry, StartingPlayback } from "./running-playback.ts";
import type { RunningPlaybacks } from "./running-playbacks.ts";
import { timingsSince } from "./server-timing.ts";
import { untilPlayable } from "./until-playable.ts";
import { firstSegmentFor, objectionTo, seekerFor } from "./viewing-judgement.ts";
import { refusalNote } from "./viewing-notes.ts";

/** A client's wish for a channel. */
export interface StartRequest {
  readonly principal: Principal;
  /** Id of the channel. */
  readonly channel: string;
  /** It is in the home network. */
  readonly home: boolean;
  readonly wish: Wish;
  /** The client went away. */
  readonly signal?: AbortSignal | undefined;
}

/** Who is told. */
export interface StartListener {
  /** One more runs. */
  readonly started: () => void;
  /** The rules refused one. */
  readonly noted: (note: ViewingNote) => void;
}

/** How it was begun. */
interface Circumstances {
  /** Monotonic ms. */
  readonly requestedAt: Milliseconds;
  readonly warm: boolean;
}

/** The way of a playback from the wish for a channel until it runs. */
export class PlaybackStarts {
  readonly #options: PlaybacksOptions;
  readonly #admission: Admission;
  readonly #running: RunningPlaybacks;
  readonly #listener: StartListener;
  readonly #coldTunes: ColdTunes;
  readonly #chosen = new ChosenChannels();

  constructor(
    options: PlaybacksOptions,
    admission: Admission,
    running: RunningPlaybacks,
    listener: StartListener,
  ) {
    this.#options = options;
    this.#admission = admission;
    this.#running = running;
    this.#listener = listener;
    this.#coldTunes = new ColdTunes(options.clock);
  }

  /** As `Playbacks.start`. */
  async start({ principal, channel: key, home, wish, signal: gone }: StartRequest): Promise<Playback> {
    const { channels, clock, rules, streams } = this.#options;
    const weight = WEIGHT_OF[principal.role];
    const requestedAt = clock.monotonic();
    const channel = channels.get(key);
    // As for its still and its guide: what somebody does not see is not there.
    if (channel === undefined || !viewOf(rules, principal).sees(channel.id)) throw noSuchChannel();
    const id = randomBytes(12).toString("base64url");
    const abort = new AbortController();
    const { signal } = abort;
    const starting: StartingPlayback = { id, principal, home, abort, admitted: false };
    const cancel = (): void => abort.abort(clientGone());
    if (gone?.aborted) cancel();
    gone?.addEventListener("abort", cancel, { once: true });
    let hold: Hold | null = null;
    let giveTurnBack: (() => void) | null = null;
    try {
      refuseScrambled(channel);
      const profile = chooseProfile(channel.codecs, wish);
      this.#admission.enter(starting, channel);
      const warm = this.#isWarm(channel);
      if (!warm) {
        giveTurnBack = await this.#coldTunes.turn(principal.client, signal);
        signal.throwIfAborted();
        // Somebody else may have had it tuned meanwhile.
        if (this.#isWarm(channel)) giveTurnBack();
      }
      this.#admission.admit(starting, channel);
      const replaced = this.#admission.makeRoom(starting, channel);
      try {
        hold = streams.hold(channel, weight, profile);
      } finally {
        // What can be watched beside the new channel is known only now.
        for (const entry of replaced) this.#running.tellEnd(entry, forOtherChannel());
      }
      hold = await untilPlayable(hold, { channel, weight, wish, signal }, this.#options);
      // It may have ended, or the client have gone, after the last wait was over.
      signal.throwIfAborted();
      hold.stream.throwIfEnded();
      const objection = objectionTo(starting, channel, this.#options);
      if (objection !== null) throw objection;
      return this.#begin(starting, wish, channel.id, hold, { requestedAt, warm });
    } catch (error) {
      if (hold === null) giveTurnBack?.();
      hold?.release();
      throw this.#refused(error, starting, channel, wish);
    } finally {
      this.#admission.over(starting);
      gone?.removeEventListener("abort", cancel);
    }
  }

  /** Notes a refusal. @returns the error to answer, with what helps */
  #refused(error: unknown, starting: StartingPlayback, channel: StoredChannel, wish: Wish): unknown {
    const note = refusalNote(error, starting, channel);
    if (note !== null) this.#listener.noted(note);
    const { codecs } = this.#options.channels.get(channel.id) ?? channel;
    return withAlternatives(
      withReason(error, codecs, wish.capabilities),
      seekerFor(starting, wish.capabilities, this.#options),
    );
  }

  /** Whether it can be watched without a tuner being tuned. */
  #isWarm(channel: StoredChannel): boolean {
    return this.#options.channels.availability(channel, "owner") === "shares-tuner";
  }

  #begin(
    { id, principal, home }: StartingPlayback,
    { capabilities, lowLatency }: Wish,
    channel: string,
    hold: Hold,
    { requestedAt, warm }: Circumstances,
  ): Playback {
    const { atHome, clock, grants, log, longestMs, rules } = this.#options;
    const { stream } = hold;
    const grant = grants.issue(id, principal, ms(clock.now() + longestMs));
    const now = clock.monotonic();
    const entry: PlaybackEntry = {
      id,
      principal,
      home,
      channel,
      stream,
      reach: rules.reach(principal),
      from: firstSegmentFor({ principal, channel, stream }, this.#options),
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
      places: new Places(atHome ?? (() => false), principal.homeOnly),
      warm,
      report: null,
    };
    this.#running.add(entry);
    stream.touch();
    log.info({ playback: id, client: principal.client, channel }, "playback-started");
    this.#listener.started();
    return {
      id,
      hls: `/m/${grant}/index.m3u8`,
      expiresAt: new Date(forgottenAt(this.#options)).toISOString(),
      timings: timingsSince(requestedAt, stream.milestones),
    };
  }
}
