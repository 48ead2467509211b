import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import { seconds } from "../../../kernel/units.ts";
import type { MediaHistory } from "../../channels/stored-channel.ts";
import type { PackagedPart, PackagedSegment, Rendition } from "../packaging/ports.ts";
import { guessBitRates, type BitRates } from "./bit-rates.ts";
import { LongPlaylist, shortText, type PlaylistText } from "../timeshift/long-playlist.ts";
import type { PlacedSegment, StoredSegment } from "../timeshift/placed-segment.ts";
import type { ShiftedBytes } from "../timeshift/extent.ts";
import { StreamWindow } from "../timeshift/stream-window.ts";
import type { TimeShiftDisk } from "../timeshift/time-shift-disk.ts";
import type { MediaBudget } from "./media-budget.ts";
import {
  chooseTargetDuration,
  deltaPlaylist,
  mediaPlaylist,
  playlistFrom,
  type MediaPlaylist,
  type RenditionReport,
} from "./media-playlist.ts";
import { RenditionRing } from "./rendition-ring.ts";

export type { PlaylistText } from "../timeshift/long-playlist.ts";

/** Seconds that a playlist lists, when nobody says otherwise and the budget has room for it. */
const WINDOW = 600;
/** Segments that who watches live needs, and their length in target durations: as much as players hold back. */
const LIVE = { segments: 6, targetDurations: 3 };
/** Renditions remembered at most; those that the stream no longer has go first. */
const MAX_RENDITIONS = 32;
/** Segments after which a run is worth remembering. */
const WORTH_REMEMBERING = 5;
/** Room above what was measured, for BANDWIDTH. */
const HEADROOM = 1.1;

/** How far back a stream can be watched. */
export interface TimeShift {
  /** Seconds that playlists list at most; default 600. */
  readonly window?: number | undefined;
  /** Where segments go beside the memory; default: nowhere. */
  readonly disk?: TimeShiftDisk | null | undefined;
}

/** The text of one rendition's playlist, and of what it is the text. */
interface Written {
  readonly long: LongPlaylist;
  version: number;
  full: PlaylistText | null;
  delta: PlaylistText | null;
  /** Those that do not begin with the first segment, by their kind and first segment: no more than there are playbacks. */
  readonly views: Map<string, PlaylistText>;
}

/**
 * One live stream's segments in memory and on disk: a window per rendition, within the budgets of all streams.
 *
 * It holds one reference to each segment's bytes; whoever serves one takes another for that time.
 */
export class SegmentStore {
  readonly #clock: Clock;
  readonly #history: MediaHistory | null;
  readonly #rings = new Map<string, RenditionRing>();
  readonly #texts = new Map<string, Written>();
  readonly #window: StreamWindow;
  /** Seconds; constant for the life of the stream (P-01). */
  readonly targetDuration: number;
  #closed = false;
  /** Id of the rendition that positions are told by: the picture, or on the radio the first sound. */
  #lead: string | null = null;

  constructor(options: { budget: MediaBudget; clock: Clock; history: MediaHistory | null } & TimeShift) {
    const { budget, clock, history, window = WINDOW, disk = null } = options;
    this.#clock = clock;
    this.#history = history;
    this.targetDuration = chooseTargetDuration(history?.longestSegment ?? null);
    const { targetDuration } = this;
    this.#window = new StreamWindow({ rings: this.#rings, window, targetDuration, budget, disk, clock });
  }

  /** The renditions that the stream has now. */
  get renditions(): Rendition[] {
    return [...this.#rings.values()].filter((ring) => ring.current).map((ring) => ring.rendition);
  }

  setRenditions(renditions: readonly Rendition[]): void {
    const lead = renditions.find(({ track }) => track.kind === "video") ?? renditions[0];
    this.#lead = lead?.id ?? null;
    for (const ring of this.#rings.values()) {
      ring.current = renditions.some(({ id }) => id === ring.rendition.id) && ring.current;
    }
    const discontinuities = Math.max(0, ...[...this.#rings.values()].map((ring) => ring.discontinuities));
    for (const rendition of renditions) {
      const ring = this.#rings.get(rendition.id);
      if (ring !== undefined) ring.update(rendition, discontinuities);
      else this.#rings.set(rendition.id, new RenditionRing(rendition, discontinuities));
    }
    for (const [id, ring] of this.#rings) {
      if (this.#rings.size <= MAX_RENDITIONS) break;
      if (ring.current) continue;
      ring.clear();
      this.#rings.delete(id);
      this.#texts.delete(id);
    }
  }

  /** Number of the first segment that is needed by who watches live, 0 before there is one. */
  get edge(): number {
    return this.#leading?.lastFew(LIVE.segments, LIVE.targetDurations * this.targetDuration) ?? 0;
  }

  /** Number of the first whole segment that begins at a time or after it, null: there is none yet. @param at epoch ms */
  firstSince(at: number): number | null {
    return this.#leading?.listed.find(({ programDateTime }) => programDateTime >= at)?.sequence ?? null;
  }

  /** Number of the newest whole segment, 0 before the first. */
  get newest(): number {
    return this.#leading?.last ?? 0;
  }

  get #leading(): RenditionRing | undefined {
    return this.#lead === null ? undefined : this.#rings.get(this.#lead);
  }

  /** Takes over the caller's reference to the part's bytes. */
  addPart(part: PackagedPart): void {
    const ring = this.#rings.get(part.rendition);
    if (this.#closed || ring === undefined || part.sequence <= ring.last) {
      part.data.release();
      return;
    }
    ring.addPart(part, this.#clock.monotonic());
    this.#window.enforce();
  }

  /** Takes over the caller's reference to the segment's bytes. */
  add(segment: PackagedSegment): void {
    const ring = this.#rings.get(segment.rendition);
    if (this.#closed || ring === undefined || segment.sequence <= ring.last) {
      segment.data.release();
      return;
    }
    ring.add(segment, this.#clock.monotonic());
    this.#window.advance();
  }

  /**
   * Whether a player could begin with this rendition.
   * @param least default: a whole segment. To hls.js a playlist of parts alone is empty, and it asks again after a second, for sound
   *   after two
   */
  hasMedia(rendition: string, least: "part" | "segment" = "segment"): boolean {
    const ring = this.#rings.get(rendition);
    return ring !== undefined && (least === "part" ? ring.started : ring.last > 0);
  }

  /**
   * The media playlist of a rendition that has media.
   * @param kind `delta` leaves out what a client of the full playlist knows; `whole` has whole segments only, for players that stumble
   *   over parts (ffmpeg 5.1 ends with a segmentation fault where there is nothing else)
   * @param from number of the first segment that it may list; default: all are
   * @throws TellyportError `segment-not-found` when there is no such rendition, `segment-gone` when the stream lost it
   */
  playlist(rendition: string, kind: "full" | "delta" | "whole" = "full", from = 0): PlaylistText {
    const ring = this.ring(rendition);
    const { version } = ring;
    let written = this.#texts.get(rendition);
    if (written?.version !== version) {
      written = {
        long: written?.long ?? new LongPlaylist(),
        version,
        full: null,
        delta: null,
        views: new Map(),
      };
      this.#texts.set(rendition, written);
    }
    if (from > (ring.first ?? Infinity)) return this.#viewFrom(ring, written, kind, from);
    if (kind === "delta") return (written.delta ??= shortText(deltaPlaylist(this.#describe(ring))));
    if (kind === "whole")
      return shortText(mediaPlaylist({ ...this.#describe(ring), open: null, parts: null, reports: [] }));
    return (written.full ??= written.long.text(this.#describe(ring)));
  }

  #viewFrom(
    ring: RenditionRing,
    { views }: Written,
    kind: "full" | "delta" | "whole",
    from: number,
  ): PlaylistText {
    const key = `${kind} ${from}`;
    let text = views.get(key);
    if (text === undefined) {
      const playlist = playlistFrom(this.#describe(ring), from);
      if (kind === "delta") text = shortText(deltaPlaylist(playlist));
      else if (kind === "full") text = shortText(mediaPlaylist(playlist));
      else text = shortText(mediaPlaylist({ ...playlist, open: null, parts: null, reports: [] }));
      views.set(key, text);
    }
    return text;
  }

  #describe(ring: RenditionRing): MediaPlaylist {
    const reports: RenditionReport[] = [];
    for (const other of this.#rings.values()) {
      // Overlays are no renditions of the multivariant playlist.
      const listed = other !== ring && other.current && other.rendition.format !== "overlay";
      const report = listed ? other.report() : null;
      if (report !== null) reports.push(report);
    }
    return ring.playlist(this.targetDuration, reports);
  }

  /**
   * @param which `any` also gives what the stream has no longer
   * @throws TellyportError as {@link playlist}
   */
  ring(rendition: string, which: "current" | "any" = "current"): RenditionRing {
    const ring = this.#rings.get(rendition);
    if (ring === undefined) {
      throw new TellyportError(
        "segment-not-found",
        "This stream has no such rendition. Reload the playlist.",
      );
    }
    if (!ring.current && which === "current") {
      throw new TellyportError("segment-gone", "The channel no longer sends this. Reload the playlist.");
    }
    return ring;
  }

  /**
   * A segment in memory.
   * @throws TellyportError `segment-not-found`, or `segment-gone`, also when it is on disk: {@link shifted}
   */
  segment(rendition: string, sequence: number): StoredSegment {
    const ring = this.#rings.get(rendition);
    const found = ring?.find(sequence)?.memory;
    if (found !== undefined && found !== null) return found;
    if (ring === undefined || sequence > ring.last || sequence < 1) {
      throw new TellyportError("segment-not-found", "There is no such segment yet. Follow the playlist.");
    }
    throw new TellyportError("segment-gone", "This segment is too old. Go on at the end of the playlist.");
  }

  /** A segment that is on disk and no longer in memory; null: look for it in memory. */
  shifted(rendition: string, sequence: number): ShiftedSegment | null {
    const found = this.#rings.get(rendition)?.find(sequence);
    return found !== undefined && isShifted(found) ? found : null;
  }

  /**
   * @param serial of a part that was handed out
   * @throws TellyportError `segment-not-found` or `segment-gone`
   */
  part(rendition: string, serial: number): PackagedPart {
    const ring = this.ring(rendition, "any");
    const found = ring.findPart(serial);
    if (found !== undefined) return found;
    if (serial >= ring.nextPart)
      throw new TellyportError("segment-not-found", "There is no such part yet. Follow the playlist.");
    throw new TellyportError("segment-gone", "This part is too old. Go on at the end of the playlist.");
  }

  /** @throws TellyportError `segment-not-found` or `segment-gone` */
  init(rendition: string, version: number): Buffer {
    const ring = this.#rings.get(rendition);
    const init = ring?.init(version);
    if (init !== undefined) return init;
    if (ring === undefined || version > ring.rendition.initVersion) {
      throw new TellyportError("segment-not-found", "There is no such init segment. Follow the playlist.");
    }
    throw new TellyportError("segment-gone", "This init segment is too old. Reload the playlist.");
  }

  /** What a rendition needs of a line: the most of what was measured now and before, else a guess. */
  rates(rendition: Rendition): BitRates {
    const measured = this.#rings.get(rendition.id)?.meter.rates() ?? null;
    const remembered = rendition.track.kind === "video" ? this.#history : null;
    if (measured === null && remembered === null) return guessBitRates(rendition.track);
    return {
      peak: HEADROOM * Math.max(measured?.peak ?? 0, remembered?.peak ?? 0),
      average: HEADROOM * Math.max(measured?.average ?? 0, remembered?.average ?? 0),
    };
  }

  /** What to remember of this run, or null when it was too short. */
  history(): MediaHistory | null {
    const rings = [...this.#rings.values()];
    const lead = rings.find((ring) => ring.rendition.track.kind === "video") ?? rings[0];
    const rates = lead?.meter.rates();
    if (lead === undefined || rates === null || rates === undefined) return null;
    if (lead.meter.segments < WORTH_REMEMBERING) return null;
    const measured = Math.max(...rings.map((ring) => ring.meter.longest));
    // Segments that had to be cut between random access points would have been longer.
    const longest = lead.cutShort ? measured * 1.5 : measured;
    const before = this.#history;
    return {
      // Slowly forgets what was long or much once only.
      longestSegment: seconds(round(Math.max(longest, (before?.longestSegment ?? 0) * 0.95), 3)),
      peak: Math.round(Math.max(rates.peak, (before?.peak ?? 0) * 0.95)),
      average: Math.round(before === null ? rates.average : (rates.average + before.average) / 2),
    };
  }

  /** Lets go of everything. */
  close(): void {
    this.#closed = true;
    for (const ring of this.#rings.values()) ring.clear();
    this.#window.close();
    this.#rings.clear();
    this.#texts.clear();
  }
}

/** A segment on disk. */
export type ShiftedSegment = PlacedSegment & { readonly memory: null; readonly disk: ShiftedBytes };

function isShifted(segment: PlacedSegment): segment is ShiftedSegment {
  return segment.memory === null && segment.disk !== null;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
