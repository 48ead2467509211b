import type { Clock, Timer } from "../../kernel/clock.ts";
import type { ErrorCode } from "../../kernel/errors.ts";
import type { LineLog } from "../../kernel/log-sparingly.ts";
import { ms } from "../../kernel/units.ts";
import type { ServiceKey, ServiceSink, Subscription, Tuners, WeightClass } from "../../tuner/ports.ts";
import type { MediaSink, MediaSource, MediaSourceTimings } from "./media-source.ts";
import { isAudio, isVideo } from "./packaging/elementary/parsers.ts";
import { ServiceAssembly } from "./packaging/elementary/service-assembly.ts";
import { isSubtitles } from "./subtitles/subtitle-streams.ts";

export interface ServiceSourceOptions {
  readonly tuners: Tuners;
  readonly service: ServiceKey;
  readonly weight: WeightClass;
  /** For people: shown by `tellyport tuners`. */
  readonly consumer: string;
  readonly clock: Clock;
  readonly log: LineLog;
}

/** Scrambled from its first packet on for this long: it will not become clear. @see research: streaming TS-05 */
const SCRAMBLED_AT_START = 500;
/** The same for a service that was clear before. */
const SCRAMBLED_LATER = 10_000;

/** A live service as a source of access units: subscribes to it, and turns its streams into tracks. */
export function createServiceSource(options: ServiceSourceOptions): MediaSource {
  return new ServiceSource(options);
}

class ServiceSource implements MediaSource, ServiceSink {
  readonly #options: ServiceSourceOptions;
  #sink: MediaSink | null = null;
  #assembly: ServiceAssembly | null = null;
  #subscription: Subscription | null = null;
  #weight: WeightClass;
  #scrambled = false;
  #clearSeen = false;
  #scrambledTimer: Timer | null = null;
  #over = false;

  constructor(options: ServiceSourceOptions) {
    this.#options = options;
    this.#weight = options.weight;
  }

  async start(sink: MediaSink, signal: AbortSignal): Promise<MediaSourceTimings> {
    this.#sink = sink;
    this.#assembly = new ServiceAssembly(sink);
    const { tuners, service, consumer } = this.#options;
    const weight = this.#weight;
    const subscription = await tuners.subscribe({
      service,
      weight,
      consumer,
      sink: this,
      select: (stream) => isVideo(stream) || isAudio(stream) || isSubtitles(stream),
      signal,
    });
    if (this.#over) subscription.close();
    else this.#subscription = subscription;
    if (this.#weight !== weight) subscription.reweigh?.(this.#weight);
    return { lock: ms(subscription.timings.lock), pmt: ms(subscription.timings.pmt) };
  }

  reweigh(weight: WeightClass): void {
    this.#weight = weight;
    this.#subscription?.reweigh?.(weight);
  }

  stop(): void {
    this.#over = true;
    this.#scrambledTimer?.cancel();
    this.#scrambledTimer = null;
    this.#subscription?.close();
    this.#subscription = null;
  }

  streams(streams: Parameters<ServiceSink["streams"]>[0]): void {
    if (this.#over || this.#assembly === null) return;
    if (this.#assembly.streams(streams)) return;
    this.#end("no-picture-or-sound", "This service sends neither picture nor sound that can be watched.");
  }

  pes(packet: Parameters<ServiceSink["pes"]>[0]): void {
    if (this.#over) return;
    if (!this.#scrambled) this.#clearSeen = true;
    this.#assembly?.pes(packet);
  }

  pcr(_base: number, discontinuity: boolean): void {
    if (discontinuity && !this.#over) this.#assembly?.pcrDiscontinuity();
  }

  scrambling(scrambled: boolean): void {
    if (this.#over || scrambled === this.#scrambled) return;
    this.#scrambled = scrambled;
    this.#scrambledTimer?.cancel();
    this.#scrambledTimer = null;
    if (!scrambled) {
      if (this.#clearSeen) this.#assembly?.interrupted();
      return;
    }
    this.#scrambledTimer = this.#options.clock.after(
      this.#clearSeen ? SCRAMBLED_LATER : SCRAMBLED_AT_START,
      () =>
        this.#end(
          "scrambled",
          "This channel is encrypted; watching it takes a card that this box does not use.",
        ),
    );
  }

  interrupted(): void {
    if (!this.#over) this.#assembly?.interrupted();
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    if (this.#over) return;
    this.#assembly?.flush();
    this.#end(code, message, detail);
  }

  #end(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    if (this.#over) return;
    this.#options.log.info({ service: this.#options.service, reason: code }, "service-ended");
    this.stop();
    this.#sink?.ended(code, message, detail);
  }
}
