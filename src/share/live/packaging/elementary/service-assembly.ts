import { ms, ticks, wrapDelta, type Milliseconds } from "../../../../kernel/units.ts";
import type { ElementaryStream, PesPacket, ServiceStreams } from "../../../../tuner/ports.ts";
import type { AccessUnit, MediaSink, Track } from "../../media-source.ts";
import { SubtitleStreams } from "../../subtitles/subtitle-streams.ts";
import type { AudioConfig } from "./audio-config.ts";
import type { VideoConfig } from "./nal-stream.ts";
import { audioParser, isAudio, isVideo, videoParser } from "./parsers.ts";
import type { CodedFrame, ElementaryParser } from "./pes.ts";
import { ServiceClock, trackClock, type TrackClock } from "./service-clock.ts";
import { UnitBacklog } from "./unit-backlog.ts";

/** How long the tracks wait for a stream that the PMT announces and that does not come. */
const CONFIGURATION_WAIT = 1500;
/** A service whose PMT announces video, and none comes: sound alone after this. */
const VIDEO_WAIT = 3000;
/** Sound that came before its picture and is farther ahead of it (90 kHz) is on another clock. */
const EARLIEST = 10 * 90_000;
/** Video comes, but nothing that tells how to decode it. */
const VIDEO_CONFIGURATION_WAIT = 10_000;

/** Frames of sound that are kept until the picture tells the time: some seconds of three tracks. */
const MOST_UNPLACED = 400;

interface Slot<Config> {
  readonly stream: ElementaryStream;
  readonly parser: ElementaryParser;
  readonly clock: TrackClock;
  config: Config | null;
  /** What the sink was told of this stream. */
  announced: Config | null;
  seen: boolean;
}

/**
 * Elementary streams of one service become tracks and access units on one timeline. Pure: time is what the packets bring.
 *
 * Delivery begins at a random access point of the video, with the sound that belongs to it. Until the tracks are known,
 * what comes waits in a bounded backlog. A change of tracks takes effect at the next random access point.
 */
export class ServiceAssembly {
  readonly #sink: MediaSink;
  /** Arrival of the packet at hand. */
  #now: Milliseconds = ms(0);
  readonly #clock = new ServiceClock();
  #video: Slot<VideoConfig> | null = null;
  /** The PMT has video, but none comes. */
  #videoAbsent = false;
  #audio: Slot<AudioConfig>[] = [];
  /** The tracks told are not, or no longer, those that are there. */
  #changed = true;
  #announcedOnce = false;
  #waitingSince: number | null = null;
  /** PTS of the random access point that delivery began at; null before. */
  #start: number | null = null;
  #dropLeading = false;
  /** Damaged random access points that were passed over. */
  #damagedStarts = 0;
  /** Everything since the random access point, while the tracks are not known. */
  #waiting: UnitBacklog | null = null;
  /** Sound that came before its picture, or in a form that the tracks told do not have. */
  readonly #early = new UnitBacklog({ ticks: 4 * 90_000, bytes: 512 * 1024 });
  readonly #subtitles: SubtitleStreams;
  /** Sound that came before the leader's clock had started. */
  #unplaced: {
    readonly slot: Slot<AudioConfig>;
    readonly frame: CodedFrame<AudioConfig>;
    readonly at: Milliseconds;
  }[] = [];
  /** Frames of the leader that may belong to a new time base. */
  #suspects: CodedFrame<VideoConfig | AudioConfig>[] = [];

  constructor(sink: MediaSink) {
    this.#sink = sink;
    this.#subtitles = new SubtitleStreams((subtitle) => sink.subtitle?.(subtitle));
  }

  /** @returns false when there is nothing that can be packaged */
  streams(streams: ServiceStreams): boolean {
    if (this.#subtitles.streams(streams.streams)) this.#sink.subtitleTracks?.(this.#subtitles.tracks);
    const video = streams.streams.find(isVideo);
    const audio = streams.streams.filter(isAudio);
    if (!sameStream(this.#video?.stream, video)) {
      this.#video =
        video === undefined
          ? null
          : this.#slot(
              video,
              (emit) => videoParser(video, emit),
              (slot, frame) => this.#videoFrame(slot, frame),
            );
      this.#videoAbsent = false;
      this.#touch();
      this.#stopDelivery();
    }
    const before = this.#audio;
    this.#audio = audio.map(
      (stream) =>
        before.find((slot) => sameStream(slot.stream, stream)) ??
        this.#slot<AudioConfig>(
          stream,
          (emit) => audioParser(stream, emit),
          (slot, frame) => this.#audioFrame(slot, frame),
        ),
    );
    if (this.#audio.length !== before.length || this.#audio.some((slot, index) => slot !== before[index]))
      this.#touch();
    return this.#video !== null || this.#audio.length > 0;
  }

  pes(packet: PesPacket): void {
    const { pid, arrivedAt } = packet;
    this.#now = arrivedAt;
    this.#waitingSince ??= arrivedAt;
    const slot =
      this.#video?.stream.pid === pid ? this.#video : this.#audio.find(({ stream }) => stream.pid === pid);
    if (slot === undefined) {
      this.#subtitles.pes(packet, packet.pts === null ? null : this.#clock.place(packet.pts));
      return;
    }
    slot.seen = true;
    this.#giveUpVideo(arrivedAt);
    slot.parser.push(packet);
    if (this.#waiting !== null && this.#ready(arrivedAt)) this.#announce(null);
    const reached = packet.pts === null ? null : this.#clock.place(packet.pts);
    // Sound comes when its time has come; pictures come early.
    if (reached !== null && (slot !== this.#leads || this.#audio.length === 0)) this.#subtitles.tick(reached);
  }

  pcrDiscontinuity(): void {
    this.#clock.announceDiscontinuity();
  }

  /** Something was missing for a while (scrambling): begins anew at a random access point. */
  interrupted(): void {
    for (const slot of this.#slots()) slot.parser.reset();
    this.#subtitles.reset();
    this.#breakTimeline();
  }

  /** Lets out what waits. */
  flush(): void {
    for (const slot of this.#slots()) slot.parser.flush();
  }

  #slots(): Slot<unknown>[] {
    return this.#video === null ? [...this.#audio] : [this.#video, ...this.#audio];
  }

  #slot<Config>(
    stream: ElementaryStream,
    parser: (emit: (frame: CodedFrame<Config>) => void) => ElementaryParser,
    frame: (slot: Slot<Config>, frame: CodedFrame<Config>) => void,
  ): Slot<Config> {
    const slot: Slot<Config> = {
      stream,
      parser: parser((coded) => frame(slot, coded)),
      clock: trackClock(),
      config: null,
      announced: null,
      seen: false,
    };
    return slot;
  }

  #touch(): void {
    this.#changed = true;
    this.#waitingSince = null;
  }

  #giveUpVideo(now: number): void {
    const video = this.#video;
    if (video === null || this.#videoAbsent || video.config !== null || this.#waitingSince === null) return;
    const waited = now - this.#waitingSince;
    if (waited < (video.seen ? VIDEO_CONFIGURATION_WAIT : VIDEO_WAIT)) return;
    if (!this.#audio.some(({ config }) => config !== null)) return;
    this.#videoAbsent = true;
    this.#changed = true;
  }

  get #leads(): Slot<unknown> | null {
    return this.#video !== null && !this.#videoAbsent ? this.#video : (this.#audio[0] ?? null);
  }

  // ---------------------------------------------------------------- frames

  #videoFrame(slot: Slot<VideoConfig>, frame: CodedFrame<VideoConfig>): void {
    if (slot !== this.#video || frame.config === null) return;
    if (this.#videoAbsent) {
      // It has come after all: it leads from its first random access point.
      if (!frame.randomAccess) return;
      this.#videoAbsent = false;
      this.#stopDelivery();
      this.#touch();
    }
    this.#onLeaderClock(frame, (dts, coded) => this.#leaderUnit(slot, dts, coded as CodedFrame<VideoConfig>));
  }

  #audioFrame(slot: Slot<AudioConfig>, frame: CodedFrame<AudioConfig>): void {
    if (!this.#audio.includes(slot) || frame.config === null) return;
    if (slot.config !== frame.config) {
      slot.config = frame.config;
      if (slot.announced !== frame.config) this.#changed = true;
    }
    if (slot === this.#leads) {
      // It leads for want of a picture: what it brought while that was waited for comes first.
      this.#placeEarly();
      this.#onLeaderClock(frame, (dts, coded) =>
        this.#leaderUnit(slot, dts, coded as CodedFrame<AudioConfig>),
      );
      return;
    }
    if (!this.#clock.started) {
      this.#unplaced.push({ slot, frame: { ...frame, data: Buffer.from(frame.data) }, at: this.#now });
      if (this.#unplaced.length > MOST_UNPLACED) this.#unplaced.shift();
      return;
    }
    const dts = this.#clock.follow(slot.clock, frame.dts, frame.duration);
    if (dts === null) return;
    const unit: AccessUnit = {
      track: slot.stream.pid,
      pts: dts,
      dts,
      randomAccess: true,
      idr: true,
      data: frame.data,
      arrivedAt: this.#now,
    };
    if (this.#start !== null && dts < this.#start - 1) return;
    if (this.#waiting !== null) this.#waiting.add(unit);
    else if (this.#start === null || slot.announced !== frame.config) this.#early.add(unit);
    else this.#sink.accessUnit(unit);
  }

  /** What waited for the clock; it arrived when it did. */
  #placeEarly(): void {
    const now = this.#now;
    for (const { slot, frame, at } of this.#unplaced.splice(0)) {
      this.#now = at;
      this.#audioFrame(slot, frame);
    }
    this.#now = now;
  }

  #onLeaderClock<Config extends VideoConfig | AudioConfig>(
    frame: CodedFrame<Config>,
    deliver: (dts: number, frame: CodedFrame<VideoConfig | AudioConfig>) => void,
  ): void {
    const verdict = this.#clock.lead(frame.dts, frame.duration);
    if (verdict === "hold" || verdict === "break") {
      this.#suspects.push({ ...frame, data: Buffer.from(frame.data) });
      if (verdict === "hold") {
        // Outliers that do not agree with each other: only the last ones may be the beginning of something.
        if (this.#suspects.length > 8) this.#suspects.shift();
        return;
      }
      const frames = this.#suspects;
      this.#suspects = [];
      // Of frames held for jumping, those that jumped elsewhere are of no use.
      const first = frames.findIndex(({ dts }) => Math.abs(wrapDelta(dts, frame.dts)) < 90_000);
      const kept = frames.slice(Math.max(0, first));
      this.#clock.rebase((kept[0] ?? frame).dts);
      this.#subtitles.reset();
      this.#breakTimeline();
      for (const coded of kept) {
        const again = this.#clock.lead(coded.dts, coded.duration);
        if (typeof again === "object") deliver(again.dts, coded);
      }
      return;
    }
    this.#placeEarly();
    const suspects = this.#suspects;
    if (suspects.length > 0) {
      this.#suspects = [];
      // Single outliers: their time stamps were wrong, the pictures are not; they fit in before this one, a tick apart.
      let dts = verdict.dts - suspects.length;
      for (const coded of suspects) deliver(dts++, { ...coded, pts: coded.dts });
    }
    deliver(verdict.dts, frame);
  }

  #leaderUnit<Config extends VideoConfig | AudioConfig>(
    slot: Slot<Config>,
    time: number,
    frame: CodedFrame<Config>,
  ): void {
    const offset = wrapDelta(frame.dts, frame.pts);
    const dts = ticks(time);
    const pts = ticks(time + (offset > 0 && offset < 900_000 ? offset : 0));
    slot.config = frame.config;
    if (slot.announced !== frame.config) {
      this.#changed = true;
      // What comes can only be decoded with the new configuration.
      if (this.#waiting === null) this.#start = null;
    }
    const unit: AccessUnit = {
      track: slot.stream.pid,
      pts,
      dts,
      randomAccess: frame.randomAccess,
      idr: frame.idr,
      data: frame.data,
      arrivedAt: this.#now,
    };
    if (this.#start === null) {
      if (!frame.randomAccess) return;
      // A whole picture to begin with, unless the reception is such that there is none.
      if (frame.damaged && ++this.#damagedStarts <= 1) return;
      this.#begin(unit);
      return;
    }
    if (frame.randomAccess) {
      this.#dropLeading = false;
      if (this.#changed && this.#waiting === null && this.#ready(this.#now)) {
        this.#start = pts;
        this.#announce(unit);
        return;
      }
    } else if (this.#dropLeading && !frame.decodableLeading && (frame.skippedLeading || pts < this.#start))
      return;
    if (this.#waiting !== null) this.#waiting.add(unit);
    else this.#sink.accessUnit(unit);
  }

  /** The random access point that delivery begins at. */
  #begin(unit: AccessUnit): void {
    this.#start = unit.pts;
    this.#damagedStarts = 0;
    this.#dropLeading = !unit.idr || this.#video?.config?.family !== "avc";
    if (!this.#changed) {
      this.#sink.accessUnit(unit);
      this.#releaseEarly();
    } else if (this.#ready(this.#now)) this.#announce(unit);
    else {
      this.#waiting = new UnitBacklog({ ticks: 20 * 90_000, bytes: 16 * 1024 * 1024 });
      this.#waiting.add(unit);
      const start = unit.pts;
      this.#early.drain((early) => {
        if (early.pts <= start + EARLIEST) this.#waiting?.add(early);
      });
    }
  }

  // ---------------------------------------------------------------- tracks

  /** All configurations are known, or those that are missing have had their time. */
  #ready(now: number): boolean {
    const video = this.#videoAbsent ? null : this.#video;
    if (video !== null && video.config === null) return false;
    if (this.#audio.every(({ config }) => config !== null)) return true;
    if (this.#waiting?.full === true) return true;
    return this.#waitingSince !== null && now - this.#waitingSince >= CONFIGURATION_WAIT;
  }

  /** Tells the tracks, then what has waited for them. @param unit the random access point at hand */
  #announce(unit: AccessUnit | null): void {
    const tracks: Track[] = [];
    const video = this.#videoAbsent ? null : this.#video;
    if (video?.config) tracks.push({ kind: "video", id: video.stream.pid, ...video.config });
    if (this.#video !== null) this.#video.announced = video?.config ?? null;
    for (const slot of this.#audio) {
      slot.announced = slot.config;
      if (slot.config === null) continue;
      const { pid, language, audioDescription } = slot.stream;
      tracks.push({ kind: "audio", id: pid, language, audioDescription, ...slot.config });
    }
    this.#changed = false;
    this.#announcedOnce = true;
    this.#sink.tracks(tracks);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.drain((waited) => this.#sink.accessUnit(waited));
    if (unit !== null) this.#sink.accessUnit(unit);
    this.#releaseEarly();
  }

  #releaseEarly(): void {
    const start = this.#start ?? 0;
    this.#early.drain((unit) => {
      const slot = this.#audio.find(({ stream }) => stream.pid === unit.track);
      if (slot === undefined || slot.announced === null || slot.announced !== slot.config) return;
      if (unit.pts < start - 1 || unit.pts > start + EARLIEST) return;
      this.#sink.accessUnit(unit);
    });
  }

  /** Nothing goes out until the next random access point. */
  #stopDelivery(): void {
    this.#unplaced = [];
    this.#start = null;
    this.#waiting = null;
    this.#early.clear();
  }

  #breakTimeline(): void {
    this.#stopDelivery();
    for (const slot of this.#audio) Object.assign(slot.clock, trackClock());
    if (this.#announcedOnce) this.#sink.discontinuity();
  }
}

function sameStream(a: ElementaryStream | undefined, b: ElementaryStream | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.pid === b.pid &&
    a.codec === b.codec &&
    a.language === b.language &&
    a.audioDescription === b.audioDescription &&
    a.descriptors.equals(b.descriptors)
  );
}
