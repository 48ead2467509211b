import type { Clock, Timer } from "../../kernel/clock.ts";
import { TellyportError, type ErrorCode } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { WEIGHTS, type WeightClass } from "../../tuner/index.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { StoredChannel } from "../channels/stored-channel.ts";
import type { MediaBudget } from "./hls/media-budget.ts";
import type { TimeShift } from "./hls/segment-store.ts";
import { LiveStream } from "./live-stream.ts";
import type { Converter, PackagerFactory, SourceFactory } from "./source-factories.ts";
import { AS_BROADCAST, profileName, type StreamProfile } from "./stream-profile.ts";

export interface LiveStreamsOptions {
  readonly channels: ChannelList;
  readonly createSource: SourceFactory;
  readonly createPackager: PackagerFactory;
  readonly convert: Converter;
  readonly budget: MediaBudget;
  readonly timeShift: TimeShift;
  readonly clock: Clock;
  readonly log: LineLog;
  /** A stream that nobody asked for during so many ms is ended. */
  readonly idleMs: number;
}

/** Somebody who wants a stream to run. */
export interface Hold {
  readonly stream: LiveStream;
  /** The last one to let go ends the stream. */
  release(): void;
}

interface Running {
  readonly stream: LiveStream;
  readonly holds: Map<Hold, WeightClass>;
}

/** The live streams: one per service and profile, however many watch it. */
export class LiveStreams {
  /** Told of every stream that came to an end. */
  onEnded: (stream: LiveStream, code: ErrorCode, message: string) => void = () => undefined;
  readonly #options: LiveStreamsOptions;
  /** By channel and profile. */
  readonly #streams = new Map<string, Running>();
  #sweep: Timer | null = null;

  constructor(options: LiveStreamsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#sweep = this.#options.clock.every(1000, () => this.#endIdle());
  }

  stop(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
    for (const { stream } of [...this.#streams.values()]) stream.end("stopping", "The box is being stopped.");
  }

  get size(): number {
    return this.#streams.size;
  }

  /** How many want this channel now, in whatever form. */
  holdsOf(channel: string): number {
    let sum = 0;
    for (const { stream, holds } of this.#streams.values()) if (stream.channel === channel) sum += holds.size;
    return sum;
  }

  /**
   * Joins the channel's stream, or starts it.
   * @param weight what this one weighs; for the arbiter the stream weighs as much as its heaviest
   * @throws TellyportError `service-not-on-air`
   */
  hold(channel: StoredChannel, weight: WeightClass, profile: StreamProfile = AS_BROADCAST): Hold {
    const running = this.#streams.get(keyOf(channel.id, profile));
    const { stream, holds } = running ?? this.#create(channel, weight, profile);
    const hold: Hold = {
      stream,
      release: () => {
        if (!holds.delete(hold)) return;
        if (holds.size === 0) stream.end("stream-idle", "Nobody watches this channel any more.");
        else stream.reweigh(heaviest(holds.values()));
      },
    };
    holds.set(hold, weight);
    if (running !== undefined) stream.reweigh(heaviest(holds.values()));
    stream.touch();
    if (running === undefined) stream.start();
    return hold;
  }

  #create(channel: StoredChannel, weight: WeightClass, profile: StreamProfile): Running {
    const { channels, createSource, createPackager, convert, budget, timeShift, clock, log } = this.#options;
    const service = channels.service(channel.id);
    if (service === undefined) {
      throw new TellyportError(
        "service-not-on-air",
        "This channel is not on air here at the moment. Scan again if it moved.",
      );
    }
    const source = createSource(service, weight, `live: ${channel.name}`);
    const { transcode } = profile;
    const asBroadcast = transcode === null && profile.container === "fmp4";
    const stream = new LiveStream({
      channel: channel.id,
      profile,
      source: transcode === null ? source : convert(source, transcode, channel.codecs),
      createPackager,
      budget,
      timeShift,
      history: transcode === null ? channel.history : null,
      knownCodecs: transcode === null ? channel.codecs : null,
      // What was made of it says nothing about the channel.
      learnt: (facts) => void (asBroadcast && channels.learn(channel.id, facts)),
      ended: (ended, code, message) => this.#ended(ended, code, message),
      clock,
      log,
    });
    const entry = { stream, holds: new Map<Hold, WeightClass>() };
    this.#streams.set(keyOf(channel.id, profile), entry);
    const { id, name } = channel;
    log.info({ channel: id, name, profile: profileName(profile) }, "stream-started");
    return entry;
  }

  #ended(stream: LiveStream, code: ErrorCode, message: string): void {
    const { channel, profile } = stream;
    const key = keyOf(channel, profile);
    if (this.#streams.get(key)?.stream === stream) this.#streams.delete(key);
    this.#options.log.info({ channel, profile: profileName(profile), reason: code }, "stream-ended");
    this.onEnded(stream, code, message);
  }

  #endIdle(): void {
    const { clock, idleMs } = this.#options;
    for (const { stream } of [...this.#streams.values()]) {
      // While it starts, those who wait have a deadline of their own.
      if (stream.state.kind !== "streaming" || clock.monotonic() - stream.lastAskedAt < idleMs) continue;
      stream.end("stream-idle", "Nobody asked for this channel for a while. Start it again to go on.");
    }
  }
}

const keyOf = (channel: string, profile: StreamProfile): string => `${channel} ${profileName(profile)}`;

function heaviest(weights: Iterable<WeightClass>): WeightClass {
  return [...weights].reduce((a, b) => (WEIGHTS[b] > WEIGHTS[a] ? b : a));
}
