import type { ErrorCode } from "../kernel/errors.ts";
import type { Milliseconds, Pid } from "../kernel/units.ts";
import type { MuxTables } from "./mux-tables.ts";
import type { SignalVerdict } from "./signal-verdict.ts";

/**
 * The tuner's face to the outside: what a driver must do, what a multiplex is, what a consumer of a service receives.
 * A *multiplex* is how to receive (delivery parameters), a *transport stream* the bits that come.
 */

// ---------------------------------------------------------------- multiplexes

/**
 * How to receive a multiplex. Drivers accept some of the kinds and refuse the rest with `unsupported`. Names of modulations and code
 * rates are those of dvb-v5 scan tables (`QAM/64`, `3/4`); an absent one is found out by the front end.
 */
export type Delivery =
  | { readonly system: "file"; readonly path: string }
  | { readonly system: "mock"; readonly index: number }
  | {
      readonly system: "dvbt" | "dvbt2";
      readonly frequencyHz: number;
      readonly bandwidthHz: number;
      readonly plp: number | null;
      readonly modulation?: string;
      readonly transmissionMode?: string;
      readonly guardInterval?: string;
      readonly codeRateHp?: string;
      readonly codeRateLp?: string;
      readonly hierarchy?: string;
    }
  | {
      readonly system: "dvbc";
      readonly frequencyHz: number;
      readonly symbolRate: number;
      readonly modulation: string;
      readonly innerFec?: string;
    }
  | {
      readonly system: "dvbs" | "dvbs2";
      /** On air, before the LNB. */
      readonly frequencyKHz: number;
      readonly symbolRate: number;
      readonly polarisation: "H" | "V" | "L" | "R";
      /** Orbital position such as `19.2E`; null: of the only dish there is. */
      readonly orbital: string | null;
      readonly modulation?: string;
      readonly innerFec?: string;
      readonly rollOff?: string;
      /** Input stream identifier of a multistream carrier. @see EN 302 307 §5.1.6 */
      readonly streamId?: number;
    }
  | { readonly system: "dtmb" | "isdbt"; readonly frequencyHz: number; readonly bandwidthHz: number }
  /** Over the air (`VSB/8`) or cable (`QAM/256`). */
  | { readonly system: "atsc"; readonly frequencyHz: number; readonly modulation: string }
  /** A channel of a HDHomeRun's line-up: `v5.1`. */
  | { readonly system: "hdhomerun"; readonly device: string; readonly channel: string }
  | { readonly system: "http"; readonly url: string }
  | {
      readonly system: "udp" | "rtp";
      /** Unicast address to listen on, or multicast group to join. */
      readonly address: string;
      readonly port: number;
      /** Local address of the interface that joins. */
      readonly interface?: string;
      /** The only sender that is wanted of a group. @see RFC 4607 */
      readonly source?: string;
    };

export interface Multiplex {
  /** Stable name, e.g. `mock-1`, `file:bbcnews.ts`; opaque to everybody but the driver and the configuration. */
  readonly id: string;
  readonly delivery: Delivery;
  /** What the list that names it calls its only service: for streams whose own tables name it badly or not at all. */
  readonly listed?: { readonly name: string; readonly number: number | null };
}

// ---------------------------------------------------------------- driver

export interface Signal {
  readonly locked: boolean;
  /** dBm, null when the driver cannot tell. */
  readonly strength: number | null;
  /** Carrier to noise, dB, null when the driver cannot tell. */
  readonly cnr: number | null;
  /** 0 to 1 where the device gives a relative value only; null or absent when it gives none. */
  readonly quality?: number | null;
  /** Bit error ratio after the inner decoder, over the last period. */
  readonly bitErrorRatio?: number | null;
  /** Blocks that could not be corrected since the lock. */
  readonly uncorrectedBlocks?: number | null;
}

/** Where a driver puts what it receives. Calls are synchronous and cheap; the sink never throws. */
export interface PacketSink {
  /**
   * Whole 188-byte packets, the first byte of each 0x47. The buffer belongs to the driver, which uses it again after the
   * call: keep no reference. `at` is the monotonic clock's reading when the chunk arrived.
   */
  packets(chunk: Buffer, at: Milliseconds): void;
  /** Something was lost between the last chunk and the next. */
  overflow(): void;
  /** Bytes had to be skipped to find the packets again. */
  syncLoss(): void;
  /** The source runs no more; nothing else is called after this. */
  failed(code: TunerFailure, message: string): void;
}

export type TunerFailure = Extract<
  ErrorCode,
  "no-lock" | "no-data" | "device-busy" | "device-gone" | "unsupported"
>;

/** One tuner: a front end that receives one multiplex at a time. */
export interface TunerDriver {
  /** Stable id, e.g. `mock-0`. */
  readonly id: string;
  readonly name: string;
  /** Whether this tuner could receive the multiplex at all. */
  accepts(multiplex: Multiplex): boolean;
  /**
   * Tunes and resolves once locked; packets may arrive from then on. Tuning again replaces what runs.
   * @throws TellyportError with a {@link TunerFailure} code; `request-cancelled` when the signal fires
   */
  tune(multiplex: Multiplex, sink: PacketSink, signal: AbortSignal): Promise<void>;
  /** Which PIDs to deliver; a driver without filters delivers all. */
  filter(pids: ReadonlySet<Pid> | "all"): void;
  signal(): Signal;
  /** Stops receiving and lets go of the device; may be tuned again later. */
  close(): Promise<void>;
}

/** What a driver module gives: its tuners and the multiplexes that it knows without a scan. */
export interface TunerSource {
  /** Those that are there now. A driver that comes back after it was unplugged has the id it had. */
  readonly drivers: readonly TunerDriver[];
  /** Multiplexes that this source knows by itself. */
  readonly multiplexes: readonly Multiplex[];
  /** Calls back after drivers or multiplexes have come or gone; the result ends that. Absent: they never change. */
  onChange?(listener: () => void): () => void;
  /** What was named and is not there now: sentences for people, with the cure. Absent: nothing can be missing. */
  missing?(): readonly string[];
  /** Ends what watches for changes. The drivers are closed before. */
  close?(): Promise<void>;
}

// ---------------------------------------------------------------- services

/** The DVB triplet. @see EN 300 468 §3.1 */
export interface ServiceKey {
  readonly originalNetworkId: number;
  readonly transportStreamId: number;
  readonly serviceId: number;
}

/** `onid.tsid.sid` in decimal. */
export function serviceKeyText(key: ServiceKey): string {
  return `${key.originalNetworkId}.${key.transportStreamId}.${key.serviceId}`;
}

export type ServiceKind = "tv" | "radio" | "data";

/** A service as PAT, SDT, NIT and PMT describe it. */
export interface Service {
  readonly key: ServiceKey;
  readonly multiplex: Multiplex;
  /** From the SDT; `Service <id>` where there is none. */
  readonly name: string;
  readonly provider: string | null;
  readonly kind: ServiceKind;
  /** Logical channel number, or null. */
  readonly lcn: number | null;
  /** The number that it takes over from its counterpart in standard definition; absent: it has none. @see {@link resolveNumbers} */
  readonly simulcastLcn?: number;
  readonly visible: boolean;
  /** free_CA_mode of the SDT, or CA descriptors in the PMT. */
  readonly scrambled: boolean;
  /** The PMT was seen: the service is on air and not only named. */
  readonly onAir: boolean;
}

export type StreamCodec =
  | "h264"
  | "hevc"
  | "mpeg2-video"
  | "aac-adts"
  | "aac-latm"
  | "mpeg-audio"
  | "ac-3"
  | "ec-3"
  | "teletext"
  | "dvb-subtitles"
  | "other";

/** One elementary stream of a PMT. @see ISO/IEC 13818-1 §2.4.4.9 */
export interface ElementaryStream {
  readonly pid: Pid;
  readonly streamType: number;
  readonly codec: StreamCodec;
  /** ISO 639-2, lower case, from the ISO_639_language_descriptor or the teletext/subtitling descriptor; null when unnamed. */
  readonly language: string | null;
  /** audio_type 0x03 or a supplementary audio descriptor: audio description for the visually impaired. @see EN 300 468 §6.4.11 */
  readonly audioDescription: boolean;
  /** The raw descriptor loop, for consumers that need more (AC-3, teletext pages, ...). */
  readonly descriptors: Buffer;
}

export interface ServiceStreams {
  readonly serviceId: number;
  readonly pcrPid: Pid;
  readonly streams: readonly ElementaryStream[];
  /** CA_descriptor at programme or stream level. */
  readonly scrambled: boolean;
}

/** One PES packet of a stream. @see ISO/IEC 13818-1 §2.4.3.6 */
export interface PesPacket {
  readonly pid: Pid;
  /** 33-bit, 90 kHz; null when the packet carries none. */
  readonly pts: number | null;
  /** 33-bit; equal to `pts` when only that is coded. */
  readonly dts: number | null;
  /** random_access_indicator of its first packet: a hint. */
  readonly randomAccess: boolean;
  /** Packets were lost or damaged within it, or before it. */
  readonly damaged: boolean;
  /** Payload. Belongs to the session and is overwritten after the call: copy what you keep. */
  readonly data: Buffer;
  /** Monotonic clock's reading when its last packet came. */
  readonly arrivedAt: Milliseconds;
}

/** Receives one service. Called synchronously from the scan; never throws. */
export interface ServiceSink {
  /** The streams, at once when known and again whenever the PMT changes in something that matters. */
  streams(streams: ServiceStreams): void;
  pes(packet: PesPacket): void;
  /** PCR of the service, 33-bit base in 90 kHz, with the arrival time; for clocks and skew. */
  pcr(base: number, discontinuity: boolean, arrivedAt: Milliseconds): void;
  /** Packets of this service are scrambled now (true), or clear again (false). @see TS 100 289 §5.1 */
  scrambling(scrambled: boolean): void;
  /** Something was lost: what follows came from another tuner, or after a new lock. Time stamps may jump. */
  interrupted?(): void;
  /** No more will come. `detail` as in the problem document of the code: {@link Displacement} for `displaced`. */
  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void;
}

/** What the displaced learn, in `detail`. */
export interface Displacement {
  /** Who took the tuner. */
  readonly by: WeightClass;
  /** Services that could be watched at once, by key text. */
  readonly free: readonly string[];
}

/** Heavier wins a tuner; the same scale for everything that wants one. */
export const WEIGHTS = {
  recording: 1000,
  localTv: 800,
  owner: 600,
  viewer: 500,
  guest: 400,
  /** A scan that a person started. */
  scan: 300,
  predictive: 200,
  guide: 100,
  idleScan: 50,
} as const;
export type WeightClass = keyof typeof WEIGHTS;

export interface SubscribeRequest {
  readonly service: ServiceKey;
  readonly weight: WeightClass;
  /** For people: shown by `tellyport tuners`. */
  readonly consumer: string;
  readonly sink: ServiceSink;
  /** Which streams to take PES packets of; default all audio, video and subtitle streams. */
  readonly select?: (stream: ElementaryStream) => boolean;
  readonly signal?: AbortSignal;
}

/** A held service. The tuner stays on its multiplex until the last subscription is closed (and a linger has passed). */
export interface Subscription {
  /** Milliseconds from the request to lock and to PMT. */
  readonly timings: { readonly lock: number; readonly pmt: number };
  /** From now on it weighs this for the arbiter; optional for those that have one consumer only. */
  reweigh?(weight: WeightClass): void;
  close(): void;
}

export type ServiceAvailability = "free" | "shares-tuner" | "would-displace" | "busy" | "no-signal";

/** Where a statement about an event comes from; absent: present/following of the transport stream itself. */
export interface GuideOrigin {
  /** `imported`: not broadcast but read from a file. */
  readonly table: "present-following" | "schedule" | "imported";
  /** Said by the transport stream that carries the service, and not by another one. */
  readonly actual: boolean;
}

/** An event of the guide. Times are UTC, epoch milliseconds. @see EN 300 468 §5.2.4 */
export interface GuideEvent {
  readonly service: ServiceKey;
  /** event_id, 0..65535; above: of an imported event. */
  readonly eventId: number;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly title: string;
  /** Short text that {@link description} begins with; absent or null: none. */
  readonly subtitle?: string | null;
  readonly description: string;
  /** ISO 639-2. */
  readonly language: string | null;
  /** content_nibble_level_1 << 4 | level_2 of each genre. @see EN 300 468 table 29 */
  readonly genres?: readonly number[];
  /** Years; the lowest of all countries named. */
  readonly minimumAge?: number | null;
  /** `crid://authority/...` of this programme and of its series, or as sent where the authority is unknown. @see TS 102 323 §12.1 */
  readonly programmeCrid?: string | null;
  readonly seriesCrid?: string | null;
  readonly origin?: GuideOrigin;
}

/**
 * A stretch of a service's schedule that is known wholly: no event begins in [from, to) but these.
 * @see ETSI TS 101 211 §4.1.4 (a segment of three hours)
 */
export interface GuideStretch {
  readonly service: ServiceKey;
  readonly from: number;
  readonly to: number;
  readonly eventIds: readonly number[];
  readonly actual: boolean;
  /** Of what was imported, and of nothing else; default false: of what was broadcast. */
  readonly imported?: boolean;
}

export type TunerEvent =
  | { readonly kind: "lineup" }
  | { readonly kind: "tuners" }
  | {
      readonly kind: "guide";
      readonly events: readonly GuideEvent[];
      /** Absent: none. */
      readonly stretches?: readonly GuideStretch[];
    };

/** The tuner module as others see it. */
export interface Tuners {
  /** Every service known, in no order. */
  services(): readonly Service[];
  /**
   * Takes a service. When its tuner fails or is taken later, it goes on with another one; the sink is told of the break, and
   * of the end only when no tuner can be had.
   * @throws TellyportError `service-not-on-air`, `unsupported`, `no-tuner-free` and `tuner-limit` (`detail`: `reason`,
   *   `since` in epoch ms, `free` by key text), `displaced`, `no-lock`, `no-data`, `wrong-multiplex`, `device-busy`,
   *   `device-gone`, `request-cancelled`, `stopping`
   */
  subscribe(request: SubscribeRequest): Promise<Subscription>;
  /**
   * Whether a request of this weight could be served now, and how.
   * @param leaving as if one subscription of this weight to each of these were closed; default none
   */
  availability(
    service: ServiceKey,
    weight: WeightClass,
    leaving?: readonly ServiceKey[],
  ): ServiceAvailability;
  snapshot(): readonly TunerSnapshot[];
  /** What a list names and nothing came of when it was last tried; for people. */
  notReceived?(): readonly { readonly place: string; readonly code: ErrorCode }[];
  /** The newest time by broadcast, epoch ms, and when it came, monotonic ms; null: none came from the air. */
  broadcastTime?(): { readonly utc: number; readonly at: number } | null;
  on(listener: (event: TunerEvent) => void): () => void;
}

/** A multiplex that is received for its tables alone: by a scan, by the survey. */
export interface Visited {
  readonly tuner: string;
  readonly tables: MuxTables;
  readonly signal: Signal;
  /** Monotonic ms of the lock. */
  readonly lockedAt: Milliseconds;
}

export interface VisitRequest {
  /** Need not be among {@link Receiver.multiplexes}. */
  readonly multiplex: Multiplex;
  readonly weight: WeightClass;
  /** For people: shown by `tellyport tuners`. */
  readonly consumer: string;
  readonly signal: AbortSignal;
  /** Asked four times a second after the lock; true ends the visit. */
  readonly enough: (visited: Visited) => boolean;
  /** Longest stay after the lock, ms. */
  readonly longestMs: number;
}

/** The tuner module as the scan sees it. */
export interface Receiver {
  /**
   * Receives a multiplex until its tables are enough, or the longest stay is over.
   * @throws TellyportError `no-tuner-free` and `tuner-limit` at once; `no-lock`, `no-data`, `device-gone`, `displaced`, `request-cancelled`, `unsupported`
   */
  visit(request: VisitRequest): Promise<Visited>;
  multiplexes(): readonly Multiplex[];
  /**
   * From now on these are what can be received, beside those that the sources know themselves. Running sessions of others end.
   * @param services what is known to be on multiplexes, the sources' own too: it holds until they were received again
   */
  setMultiplexes(multiplexes: readonly Multiplex[], services?: readonly Service[]): void;
}

export interface TunerSnapshot {
  readonly id: string;
  readonly name: string;
  readonly state: "idle" | "tuning" | "locked" | "streaming" | "degraded" | "failed";
  readonly multiplex: string | null;
  /** The multiplex, for people; absent: none. */
  readonly place?: string;
  readonly error: ErrorCode | null;
  readonly signal: Signal | null;
  /** What the signal means for the picture. Null or absent: nothing is tuned. */
  readonly verdict?: SignalVerdict | null;
  readonly services: readonly { readonly id: number; readonly name: string }[];
  readonly consumers: readonly string[];
  readonly counters: {
    readonly packets: number;
    readonly packetsScanned: number;
    readonly continuityErrors: number;
    readonly transportErrors: number;
    readonly overflows: number;
    readonly syncLosses: number;
  };
  /** Of every PID that somebody takes now, since its session began. Absent: not told. */
  readonly pids?: readonly {
    readonly pid: number;
    readonly packets: number;
    readonly continuityErrors: number;
    readonly transportErrors: number;
    /** transport_scrambling_control was not 00. */
    readonly scrambled: number;
  }[];
  /** Milliseconds from the session's first tune to its first lock, PAT and PMT; null until reached. Absent: no session. */
  readonly timings?: {
    readonly lock: number | null;
    readonly pat: number | null;
    readonly pmt: number | null;
  };
}
