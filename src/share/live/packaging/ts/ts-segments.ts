import type { ErrorCode } from "../../../../kernel/errors.ts";
import { ticks, type Seconds, type Ticks90k } from "../../../../kernel/units.ts";
import type { AccessUnit, MediaSink, Track } from "../../media-source.ts";
import type { MediaBytes } from "../ports.ts";
import { SlabMedia, type SlabPool, type SlabWriter } from "../slab-pool.ts";
import { DtsOrder } from "./dts-order.ts";
import { describeStream } from "./stream-description.ts";
import { TsWriter, type TsWriterOptions } from "./ts-writer.ts";

/** One MPEG-TS segment: PAT, PMT, then units of all tracks. */
export interface TsSegment {
  /** From 1, one up each. */
  readonly sequence: number;
  /** Whole packets. The receiver owns one reference. */
  readonly data: MediaBytes;
  /** Presentation time of its first picture (or sound) on the source's timeline, and of the next segment's. */
  readonly start: Ticks90k;
  readonly end: Ticks90k;
  /** Begins with a random access point. */
  readonly independent: boolean;
  /** What came before is not continued: `EXT-X-DISCONTINUITY`. */
  readonly discontinuity: boolean;
}

export interface TsSegmentsOptions {
  readonly pool: SlabPool;
  readonly out: (segment: TsSegment) => void;
  /** Which tracks go in; default all. Those that a transport stream cannot carry are left out anyway. */
  readonly select?: (track: Track) => boolean;
  /** No segment is longer: cut without a random access point if need be. Default 6 s. */
  readonly targetDuration?: Seconds;
  /** A random access point cuts only when the segment is as long as this. Default 1 s. */
  readonly minDuration?: Seconds;
  /** Length of segments where there is no video. Default 2 s. */
  readonly audioOnlyDuration?: Seconds;
  /** A track that lags by more is not waited for. Default 4 s. */
  readonly maxSkew?: Seconds;
  readonly writer?: TsWriterOptions;
  readonly ended?: (code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>) => void;
}

/** A segment of more is cut: a stream whose clock stands still must not eat the memory. */
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;

/**
 * Cuts one multiplexed rendition of a service into MPEG-TS segments: at random access points of the video, or by time where
 * there is none. Continuity counters go on from segment to segment. @see RFC 8216 §3.2
 */
export class TsSegments implements MediaSink {
  readonly #options: TsSegmentsOptions;
  readonly #slabs: SlabWriter;
  readonly #order: DtsOrder;
  readonly #max: number;
  readonly #min: number;
  readonly #audioOnly: number;
  #writer: TsWriter | null = null;
  /** The track that cuts: the video, or the first sound. */
  #leader: Track | null = null;
  #sequence = 0;
  #bytes = 0;
  /** Presentation time at which the open segment begins; null when none is open. */
  #start: number | null = null;
  #independent = false;
  #discontinuity = false;
  /** DTS of the leader's newest unit, and its nominal duration. */
  #newest = 0;
  #duration: number;
  /** PTS − DTS at the last random access point. */
  #offset = 0;
  #ended = false;

  constructor(options: TsSegmentsOptions) {
    const ticksOf = (value: Seconds | undefined, fallback: number): number => (value ?? fallback) * 90_000;
    this.#options = options;
    this.#slabs = options.pool.writer();
    this.#max = ticksOf(options.targetDuration, 6);
    this.#min = Math.min(ticksOf(options.minDuration, 1), this.#max);
    this.#audioOnly = Math.min(ticksOf(options.audioOnlyDuration, 2), this.#max);
    this.#duration = 3600;
    this.#order = new DtsOrder((unit) => this.#unit(unit), { maxSkew: ticks(ticksOf(options.maxSkew, 4)) });
  }

  tracks(tracks: readonly Track[]): void {
    if (this.#ended) return;
    this.#break();
    const { select = () => true, writer } = this.#options;
    const chosen = tracks.filter((track) => select(track) && describeStream(track) !== null);
    this.#leader = chosen.find(({ kind }) => kind === "video") ?? chosen[0] ?? null;
    // Of equal DTS the picture goes first: a segment begins with it.
    this.#order.tracks([...chosen].sort((a, b) => rank(a) - rank(b)).map(({ id }) => id));
    if (this.#writer === null) {
      this.#writer = new TsWriter(chosen, (packets) => this.#write(packets), writer);
    } else this.#writer.tracks(chosen);
    const leader = this.#leader;
    if (leader !== null) {
      this.#duration =
        leader.kind === "video"
          ? Math.round(90_000 / (leader.frameRate || 25))
          : Math.round((leader.frameSamples * 90_000) / leader.sampleRate);
    }
  }

  accessUnit(unit: AccessUnit): void {
    if (!this.#ended) this.#order.push(unit);
  }

  discontinuity(): void {
    if (this.#ended) return;
    this.#break();
    this.#writer?.discontinuity();
  }

  ended(code: ErrorCode, message: string, detail?: Readonly<Record<string, unknown>>): void {
    if (this.#ended) return;
    this.#break();
    this.#ended = true;
    this.#slabs.close();
    this.#options.ended?.(code, message, detail);
  }

  /** The next unit in order. */
  #unit(unit: AccessUnit): void {
    const leader = this.#leader;
    const writer = this.#writer;
    if (leader === null || writer === null) return;
    const leads = unit.track === leader.id;
    if (this.#start === null) {
      // Nothing can be made of what comes before the first random access point.
      if (!leads || !unit.randomAccess) return;
      this.#begin(unit.pts, true);
    } else this.#cutBefore(unit, this.#start, leads, leader.kind === "video");
    if (leads) {
      this.#newest = unit.dts;
      if (unit.randomAccess) this.#offset = unit.pts - unit.dts;
    }
    writer.unit(unit);
  }

  /** Ends the open segment before this unit, when it is time. */
  #cutBefore(unit: AccessUnit, start: number, leads: boolean, video: boolean): void {
    const randomAccess = leads && unit.randomAccess;
    // What others present at the same DTS is presented as much earlier as pictures are decoded ahead.
    const at = randomAccess ? unit.pts : unit.dts + this.#offset;
    const least = video ? this.#min - this.#duration / 2 : this.#audioOnly;
    const full =
      at + this.#duration - start > this.#max || this.#bytes + unit.data.length > MAX_SEGMENT_BYTES;
    if (!full && !(randomAccess && at - start >= least)) return;
    const cut = Math.max(start + 1, at);
    this.#close(cut);
    this.#begin(cut, randomAccess);
  }

  #begin(start: number, independent: boolean): void {
    this.#start = start;
    this.#independent = independent;
    this.#writer?.tables();
  }

  #write(packets: Buffer): void {
    this.#slabs.write(packets);
    this.#bytes += packets.length;
  }

  /** @param end presentation time */
  #close(end: number): void {
    const start = this.#start;
    if (start === null) return;
    const piece = this.#slabs.take(this.#bytes);
    this.#bytes = 0;
    this.#start = null;
    const segment = {
      sequence: ++this.#sequence,
      data: new SlabMedia(piece.buffers, [piece]),
      start: ticks(start),
      end: ticks(Math.max(start + 1, end)),
      independent: this.#independent,
      discontinuity: this.#discontinuity,
    };
    this.#discontinuity = false;
    this.#options.out(segment);
  }

  /** Closes what is open; what comes next is marked. */
  #break(): void {
    this.#order.flush();
    if (this.#start === null) return;
    this.#close(this.#newest + this.#duration + this.#offset);
    this.#discontinuity = true;
  }
}

const rank = ({ kind }: Track): number => (kind === "video" ? 0 : 1);
