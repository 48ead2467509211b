import type { Clock } from "../../../kernel/clock.ts";
import type { ErrorCode } from "../../../kernel/errors.ts";
import { ms, seconds, type Seconds } from "../../../kernel/units.ts";
import type { AccessUnit, MediaSink, Subtitle, SubtitleTrack, Track } from "../media-source.ts";
import type { SegmentSink, SegmentStart } from "./ports.ts";
import { receivedAt } from "./received-at.ts";
import { RenditionIds } from "./rendition-ids.ts";
import { MAX_HOLE, RenditionWriter } from "./rendition-writer.ts";
import { JoinedMedia } from "./joined-media.ts";
import type { SlabPool } from "./slab-pool.ts";
import { SubtitleWriters } from "./subtitle-writers.ts";

/**
 * Room for 8 pictures at 24 and 25 a second, 10 at 30, 16 at 50 and 20 at 60, and for whole frames of every sound: all of these
 * fill more than 85 % of it, as Apple's players demand. @see draft-pantos-hls-rfc8216bis §4.4.4.9
 */
export const PART_TARGET = seconds(0.334);

export interface PackagerOptions {
  readonly sink: SegmentSink;
  readonly pool: SlabPool;
  readonly clock: Clock;
  /** No segment is longer: cut without a random access point if need be. Default 6 s. */
  readonly targetDuration?: Seconds;
  /** A random access point cuts only when the segment is as long as this. Default 1 s. */
  readonly minDuration?: Seconds;
  /** Length of segments where there is no video. Default 2 s. */
  readonly audioOnlyDuration?: Seconds;
  /** No part is longer. Default {@link PART_TARGET}. */
  readonly partTarget?: Seconds;
  /** How far one stream may lag behind the others before its segment is closed with what there is. Default 4 s. */
  readonly maxSkew?: Seconds;
}

/** Silence of more than this many segments is a break of the timeline. */
const MAX_BRIDGE = 4;
/** Where the presentation begins: room for sound that begins a little before the picture. */
const ORIGIN_TICKS = 180_000;
/** Longer than any frame of sound, 90 kHz: what begins later behind a cut does not follow on it. */
const MAX_JOIN = 9_000;
/** A segment of more is cut: a stream whose clock stands still must not eat the memory. */
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;
/** A clock that is off by more is not the programme's drift but was set: nothing follows it within a continuity. */
const MAX_DRIFT_MS = 60_000;
/** Arrival wanders by some of this anyway. */
const TOLERATED_DRIFT_MS = 200;
/** Dates move by so much a segment towards the wall clock, too little for any player to see. */
const SLEW_MS = 0.5;

/** A stretch of the presentation that becomes one segment in every rendition. 90 kHz. */
interface Interval {
  readonly sequence: number;
  readonly start: number;
  end: number | null;
  readonly discontinuity: boolean;
  /** Wall clock of presentation time 0 in this continuity, epoch ms. */
  readonly wallOrigin: number;
}

/**
 * Cuts tracks into fMP4 segments: video at random access points, everything else at the same instants and with the same
 * media sequence numbers. @see RFC 8216 §6.2.4, research: streaming §4
 */
export class Packager implements MediaSink {
  readonly #sink: SegmentSink;
  readonly #pool: SlabPool;
  readonly #clock: Clock;
  readonly #max: number;
  readonly #min: number;
  readonly #audioOnly: number;
  readonly #maxSkew: number;
  readonly #partTarget: Seconds;
  readonly #serials = new Map<string, number>();
  readonly #ids = new RenditionIds();
  #renditions: RenditionWriter[] = [];
  readonly #subtitles = new SubtitleWriters();
  readonly #byTrack = new Map<number, RenditionWriter>();
  /** The rendition whose clock cuts: the video, or the first audio where there is none. */
  #leader: RenditionWriter | null = null;
  /** Those that some rendition has still to close; the last one is open. */
  #intervals: Interval[] = [];
  #sequence = 0;
  #initVersion = 0;
  /** Source ticks that become presentation time 0. */
  #origin: number | null = null;
  #discontinuity = false;
  /** Presentation end of all that was cut so far, and its wall clock. */
  #reached = 0;
  #reachedWall = 0;
  /** PTS − DTS at random access points. */
  #offset = 0;
  /** The leader fell silent: it goes on at a random access point. */
  #needRandomAccess = true;
  #seenRandomAccess = false;
  #ended = false;

  constructor(options: PackagerOptions) {
    const ticks = (value: Seconds | undefined, fallback: number): number => (value ?? fallback) * 90_000;
    this.#sink = options.sink;
    this.#pool = options.pool;
    this.#clock = options.clock;
    this.#max = ticks(options.targetDuration, 6);
    this.#min = Math.min(ticks(options.minDuration, 1), this.#max);
    this.#audioOnly = Math.min(ticks(options.audioOnlyDuration, 2), this.#max);
    this.#maxSkew = ticks(options.maxSkew, 4);
    this.#partTarget = options.partTarget ?? PART_TARGET;
  }

  tracks(tracks: readonly Track[]): void {
    if (this.#ended) return;
    this.#break();
    for (const rendition of this.#renditions) rendition.close();
    this.#initVersion++;
    const ids = this.#ids.assign(tracks);
    this.#renditions = tracks.map(
      (track, index) => new RenditionWriter(ids[index] ?? "", track, this.#sequence + 1, this.#pool),
    );
    this.#byTrack.clear();
    for (const rendition of this.#renditions) this.#byTrack.set(rendition.track.id, rendition);
    this.#leader =
      this.#renditions.find(({ track }) => track.kind === "video") ?? this.#renditions[0] ?? null;
    this.#tellRenditions();
  }

  subtitleTracks(tracks: readonly SubtitleTrack[]): void {
    if (this.#ended || !this.#subtitles.tracks(tracks)) return;
    if (this.#renditions.length > 0) this.#tellRenditions();
  }

  subtitle(subtitle: Subtitle): void {
    if (!this.#ended) this.#subtitles.show(subtitle, this.#origin);
  }

  #tellRenditions(): void {
    const initVersion = this.#initVersion;
    this.#sink.renditions([
      ...this.#renditions.map(({ id, track, init }) => {
        const partTarget = this.#partTarget;
        return { id, track, muxed: [], format: "fmp4" as const, init, initVersion, partTarget };
      }),
      ...this.#subtitles.renditions(initVersion),
    ]);
  }

  accessUnit(unit: AccessUnit): void {
    const rendition = this.#byTrack.get(unit.track);
    if (rendition === undefined || this.#ended) return;
    if (rendition === this.#leader) this.#lead(rendition, unit);
    else this.#follow(rendition, unit);
  }

  discontinuity(): void {
    this.#break();
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    if (this.#ended) return;
    this.#break();
    this.#ended = true;
    for (const rendition of this.#renditions) rendition.close();
    this.#sink.ended(code, message, detail);
  }

  /** The open interval. */
  get #open(): Interval | null {
    const last = this.#intervals.at(-1);
    return last?.end === null ? last : null;
  }

  #lead(leader: RenditionWriter, unit: AccessUnit): void {
    if (this.#needRandomAccess && !unit.randomAccess) return;
    if (this.#origin !== null && this.#open !== null) this.#bridge(leader, unit.dts - this.#origin);
    if (this.#needRandomAccess && !unit.randomAccess) return;
    if (this.#open === null) this.#begin(unit);
    const open = this.#open;
    if (open === null || this.#origin === null) return;
    const dts = unit.dts - this.#origin;
    const pts = unit.pts - this.#origin;
    // Late: its time was given to a segment that is closed.
    if (this.#needRandomAccess && pts < open.start) return;
    this.#needRandomAccess = false;
    const video = leader.track.kind === "video";
    if (leader.filled || open.start < pts) this.#cutBefore(leader, open, unit, dts, pts, video);
    if (video) leader.addVideo(dts, pts, unit.randomAccess, unit.data);
    else leader.addAudio(pts, (leader.track as { frameSamples: number }).frameSamples, unit.data);
    if (!video && leader.fragments.length === 0 && leader.queued === 1)
      leader.pull(0, leader.position ?? pts);
    this.#handOut(leader, Infinity);
    for (const rendition of this.#renditions) if (rendition !== leader) this.#handOut(rendition, dts);
    this.#closeLate();
  }

  /** The interval with this media sequence number, as long as some rendition has to close it. */
  #interval(sequence: number): Interval | undefined {
    // They are numbered one after another.
    return this.#intervals[sequence - (this.#intervals[0]?.sequence ?? 0)];
  }

  /** Whether nothing but the open interval is left: what is asked after each unit is answered then. */
  get #allClosed(): boolean {
    return this.#intervals[0]?.end === null;
  }

  /** Hands out the parts that are full. @param before 90 kHz: no cut comes before this */
  #handOut(rendition: RenditionWriter, before: number): void {
    const interval = this.#interval(rendition.sequence);
    if (interval === undefined) return;
    const safe = interval.end ?? before;
    for (;;) {
      const count = rendition.fullPart(this.#partTarget, safe);
      if (count === 0) return;
      this.#part(rendition, interval, count, null);
    }
  }

  /** The leader was silent for so long that one segment cannot hold it: the time is cut up, or, when it is far, broken. */
  #bridge(leader: RenditionWriter, dts: number): void {
    const at = dts + (leader.track.kind === "video" ? this.#offset : 0);
    for (let open = this.#open; open !== null && at - open.start > this.#max; open = this.#open) {
      if (at - open.start > this.#max * MAX_BRIDGE) {
        this.#break();
        return;
      }
      const filled = leader.filled ? leader.end + at - dts : open.start + this.#max;
      this.#cut(open, Math.min(Math.max(filled, open.start + 1), open.start + this.#max, at));
      this.#closeLeader(leader, open);
    }
  }

  #closeLeader(leader: RenditionWriter, open: Interval): void {
    this.#close(leader, open, leader.queued, null);
    for (const rendition of this.#renditions) if (rendition !== leader) this.#closeReached(rendition);
    this.#forget();
  }

  /** Ends the open interval before this unit of the leader, when it is time. */
  #cutBefore(
    leader: RenditionWriter,
    open: Interval,
    unit: AccessUnit,
    dts: number,
    pts: number,
    video: boolean,
  ): void {
    const frame = video ? leader.end - (leader.latest ?? leader.end) : 0;
    const at = unit.randomAccess ? pts : dts + this.#offset;
    const length = at - open.start;
    const least = video ? this.#min - frame / 2 : this.#audioOnly;
    const full = length + frame > this.#max || leader.bytes + unit.data.length > MAX_SEGMENT_BYTES;
    if (!(unit.randomAccess && length >= least) && !full) return;
    if (unit.randomAccess) this.#offset = pts - dts;
    const lacks = !video && leader.lacksBefore(dts);
    // Lost sound may last longer than a part: the segment ends with the part, and what follows begins there.
    const end = lacks ? Math.min(at, Math.max(at - MAX_HOLE, leader.partEnd(this.#partTarget))) : at;
    this.#cut(open, Math.max(end, open.start + 1), unit);
    if (leader.sequence === open.sequence)
      this.#close(leader, open, leader.queued, video || lacks ? dts : null);
    for (const rendition of this.#renditions) if (rendition !== leader) this.#closeReached(rendition);
    this.#forget();
  }

  #follow(rendition: RenditionWriter, unit: AccessUnit): void {
    const first = this.#interval(rendition.sequence);
    if (first === undefined || this.#origin === null || rendition.track.kind !== "audio") return;
    const pts = unit.pts - this.#origin;
    // What begins before the first frame at or after the cut belongs to nothing any more; a tick is rounding.
    if (!rendition.filled && pts < first.start - 1) return;
    const begins = rendition.latest === null && rendition.position === first.start;
    if (!rendition.addAudio(pts, rendition.track.frameSamples, unit.data)) return;
    // Sound that begins a little after the picture: what its first segment says of its length and date is its own. What begins
    // later than a frame's length is pulled to the beginning of the others.
    if (begins && pts - first.start <= MAX_JOIN) rendition.position = Math.max(pts, first.start);
    else if (begins) rendition.pull(rendition.queued - 1, first.start);
    this.#handOut(rendition, this.#leader?.latest ?? 0);
    this.#closeReached(rendition);
    this.#forget();
    this.#cutForStalledLeader(pts);
  }

  /** First interval of a continuity, at a random access point. */
  #begin(unit: AccessUnit): void {
    this.#origin ??= unit.dts - ORIGIN_TICKS;
    this.#subtitles.begin(this.#origin);
    // A source that steps back would lead into time that is already written.
    if (unit.dts - this.#origin < this.#reached) this.#origin = unit.dts - this.#reached;
    const start = unit.pts - this.#origin;
    const wall = Math.max(receivedAt(unit, this.#clock), this.#reachedWall);
    this.#offset = unit.pts - unit.dts;
    this.#intervals.push({
      sequence: ++this.#sequence,
      start,
      end: null,
      discontinuity: this.#discontinuity,
      wallOrigin: wall - start / 90,
    });
    this.#discontinuity = false;
    for (const rendition of this.#renditions) rendition.position = start;
    if (!this.#seenRandomAccess) {
      this.#seenRandomAccess = true;
      this.#sink.randomAccess(unit.idr);
    }
  }

  /** @param unit what the next segment begins with, when it is there */
  #cut(open: Interval, at: number, unit?: AccessUnit): void {
    open.end = at;
    this.#reach(open, at);
    const drift = unit === undefined ? 0 : receivedAt(unit, this.#clock) - (open.wallOrigin + at / 90);
    const follows = Math.abs(drift) > TOLERATED_DRIFT_MS && Math.abs(drift) < MAX_DRIFT_MS;
    const wallOrigin = open.wallOrigin + (follows ? Math.sign(drift) * SLEW_MS : 0);
    this.#intervals.push({
      sequence: ++this.#sequence,
      start: at,
      end: null,
      discontinuity: false,
      wallOrigin,
    });
  }

  #reach(interval: Interval, end: number): void {
    this.#reached = Math.max(this.#reached, end);
    this.#reachedWall = interval.wallOrigin + end / 90;
  }

  /** Closes the follower's segments whose end it has reached. */
  #closeReached(rendition: RenditionWriter): void {
    if (this.#allClosed) return;
    for (const interval of this.#intervals) {
      if (interval.sequence !== rendition.sequence || interval.end === null) continue;
      const count = rendition.countBefore(interval.end);
      if (count === rendition.queued) return;
      this.#close(rendition, interval, count, null);
    }
  }

  /** Followers too far behind the leader get their segments closed with what they have. */
  #closeLate(): void {
    const now = this.#leader?.latest;
    if (now === null || now === undefined || this.#allClosed) return;
    let late = false;
    for (const rendition of this.#renditions) {
      for (const interval of this.#intervals) {
        if (interval.sequence !== rendition.sequence || interval.end === null) continue;
        if (interval.end + this.#maxSkew > now) break;
        this.#close(rendition, interval, rendition.countBefore(interval.end), interval.end);
        late = true;
      }
    }
    if (late) this.#forget();
  }

  /** The leader has fallen silent while sound goes on: the sound's clock cuts. */
  #cutForStalledLeader(now: number): void {
    const open = this.#open;
    const leader = this.#leader;
    if (open === null || leader === null || now < open.start + this.#max + this.#maxSkew) return;
    const end = open.start + this.#max;
    this.#cut(open, end);
    this.#closeLeader(leader, open);
    this.#needRandomAccess = true;
  }

  /** Closes everything that is open; what comes next is marked with a discontinuity. */
  #break(): void {
    const open = this.#open;
    const leader = this.#leader;
    this.#needRandomAccess = true;
    if (open === null || leader === null) return;
    const offset = leader.track.kind === "video" ? this.#offset : 0;
    open.end = Math.max(open.start + 1, leader.filled ? leader.end + offset : open.start + 1);
    if (leader.sequence === open.sequence) {
      this.#close(leader, open, leader.queued, null, true);
      // As long as what there is; the others last as long.
      open.end = leader.position ?? open.end;
    }
    this.#reach(open, open.end);
    for (const rendition of this.#renditions) {
      for (const interval of this.#intervals) {
        if (interval.sequence !== rendition.sequence || interval.end === null) continue;
        this.#close(rendition, interval, rendition.countBefore(interval.end), interval.end);
      }
      rendition.clear();
      rendition.breakTimeline();
    }
    for (const interval of this.#intervals) this.#closeSubtitles(interval);
    this.#intervals = [];
    this.#subtitles.clear();
    this.#discontinuity = true;
  }

  /**
   * Hands a segment out.
   * @param next decode time of what follows it, when that is known and not queued
   * @param broken of the leader: nothing follows on it, it lasts as long as what there is
   */
  #close(
    rendition: RenditionWriter,
    interval: Interval,
    count: number,
    next: number | null,
    broken = false,
  ): void {
    const start = rendition.position ?? interval.start;
    const isLeader = rendition === this.#leader;
    const cut = interval.end ?? interval.start;
    // A follower's segment ends where its next one begins: its first frame at or after the cut. One that is behind the cut by
    // more than a frame is pulled to it; one that is far behind leaves a hole, which is told as it is.
    if (!isLeader && (rendition.timeOf(count) ?? 0) > cut + MAX_JOIN) rendition.pull(count, cut);
    const next90k = rendition.timeOf(count);
    const joins = next90k !== null && next90k - cut <= MAX_JOIN;
    if (count > 0) this.#part(rendition, interval, count, next);
    const gap = rendition.fragments.length === 0;
    const whole = isLeader ? cut : Math.max(start + 1, joins ? next90k : cut);
    const end = broken && !gap ? start + 90_000 * rendition.handedOut : whole;
    if (gap) rendition.take(0, null, this.#partTarget);
    const fragments = rendition.fragments;
    this.#sink.segment({
      ...this.#startOf(rendition, interval),
      data: new JoinedMedia(fragments.map(({ data }) => data)),
      duration: seconds((end - start) / 90_000),
      independent: fragments[0]?.startsWithSync ?? false,
      gap,
    });
    rendition.fragments = [];
    rendition.position = end;
    rendition.sequence = interval.sequence + 1;
    this.#handOut(rendition, this.#leader?.latest ?? 0);
  }

  /** Hands out the first `count` samples; in pieces, when they last longer than a part may. */
  #part(rendition: RenditionWriter, interval: Interval, count: number, next: number | null): void {
    for (let left = count; left > 0;) {
      const full = Math.min(left, rendition.fullPart(this.#partTarget, Infinity) || left);
      const offset = rendition.handedOut;
      const fragment = rendition.take(full, full === left ? next : null, this.#partTarget);
      left -= full;
      // One reference goes to the segment, one to who takes the part.
      fragment.data.retain();
      const serial = this.#serials.get(rendition.id) ?? 0;
      this.#serials.set(rendition.id, serial + 1);
      this.#sink.part({
        ...this.#startOf(rendition, interval),
        offset,
        serial,
        data: fragment.data,
        duration: fragment.duration,
        independent: fragment.startsWithSync,
      });
    }
  }

  #startOf(rendition: RenditionWriter, interval: Interval): SegmentStart {
    return {
      rendition: rendition.id,
      sequence: interval.sequence,
      initVersion: this.#initVersion,
      programDateTime: ms(interval.wallOrigin + (rendition.position ?? interval.start) / 90),
      discontinuity: interval.discontinuity,
    };
  }

  /** Drops the intervals that every rendition has closed; their subtitles go out. */
  #forget(): void {
    if (this.#allClosed) return;
    const least = Math.min(...this.#renditions.map(({ sequence }) => sequence));
    for (let first = this.#intervals[0]; first !== undefined && first.sequence < least;) {
      this.#closeSubtitles(first);
      this.#intervals.shift();
      first = this.#intervals[0];
    }
  }

  /** Picture and sound of the interval are out: what comes of its subtitles now is late. */
  #closeSubtitles({ sequence, start, end, wallOrigin, discontinuity }: Interval): void {
    if (end === null) return;
    for (const { rendition, data } of this.#subtitles.segments(start, end))
      this.#sink.segment({
        rendition,
        sequence,
        initVersion: this.#initVersion,
        programDateTime: ms(wallOrigin + start / 90),
        discontinuity,
        data,
        duration: seconds((end - start) / 90_000),
        independent: true,
        gap: false,
      });
  }
}
