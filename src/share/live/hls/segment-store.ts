import { gzipSync } from "node:zlib";
import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import { seconds } from "../../../kernel/units.ts";
import type { MediaHistory } from "../../channels/stored-channel.ts";
import type { PackagedPart, PackagedSegment, Rendition } from "../packaging/ports.ts";
import { guessBitRates, type BitRates } from "./bit-rates.ts";
import type { MediaBudget, MediaHolder } from "./media-budget.ts";
import {
  chooseTargetDuration,
  deltaPlaylist,
  mediaPlaylist,
  type MediaPlaylist,
  type RenditionReport,
} from "./media-playlist.ts";
import { RenditionRing, type StoredSegment } from "./rendition-ring.ts";

/** Seconds that a playlist lists, when nobody says otherwise and the budget has room for it. */
const WINDOW = 600;
/** Segments of a playlist once warm (Apple's authoring specification 8.11). */
const WANTED = 6;
/** What a player needs to go on under memory pressure. */
const LEAST = 3;
/** Segments listed at most, however short they are. */
const MOST = 4000;
/** Renditions remembered at most; those that the stream no longer has go first. */
const MAX_RENDITIONS = 32;
/** Segments after which a run is worth remembering. */
const WORTH_REMEMBERING = 5;
/** Room above what was measured, for BANDWIDTH. */
const HEADROOM = 1.1;

/** A playlist as it goes on the wire; the same object until it changes. */
export interface PlaylistText {
  readonly plain: Buffer;
  /** Compressed at the first call. */
  gzip(): Buffer;
}

/**
 * One live stream's segments in memory: a window per rendition, within the budget of all streams.
 *
 * It holds one reference to each segment's bytes; whoever serves one takes another for that time.
 */
export class SegmentStore implements MediaHolder {
  readonly #window: number;
  readonly #budget: MediaBudget;
  readonly #clock: Clock;
  readonly #history: MediaHistory | null;
  readonly #rings = new Map<string, RenditionRing>();
  readonly #texts = new Map<string, { version: number; full?: PlaylistText; delta?: PlaylistText }>();
  /** Seconds; constant for the life of the stream (P-01). */
  readonly targetDuration: number;
  #closed = false;

  /** @param options.window seconds that playlists list at most; default 600 */
  constructor(options: {
    budget: MediaBudget;
    clock: Clock;
    history: MediaHistory | null;
    window?: number | undefined;
  }) {
    this.#window = options.window ?? WINDOW;
    this.#budget = options.budget;
    this.#clock = options.clock;
    this.#history = options.history;
    this.targetDuration = chooseTargetDuration(options.history?.longestSegment ?? null);
    this.#budget.join(this);
  }

  get held(): number {
    let sum = 0;
    for (const ring of this.#rings.values()) sum += ring.held;
    return sum;
  }

  get listed(): number {
    let sum = 0;
    for (const ring of this.#rings.values()) sum += ring.held - ring.retired;
    return sum;
  }

  /** The renditions that the stream has now. */
  get renditions(): Rendition[] {
    return [...this.#rings.values()].filter((ring) => ring.current).map((ring) => ring.rendition);
  }

  setRenditions(renditions: readonly Rendition[]): void {
    for (const ring of this.#rings.values()) ring.current = false;
    const discontinuities = Math.max(0, ...[...this.#rings.values()].map((ring) => ring.discontinuities));
    for (const rendition of renditions) {
      const ring = this.#rings.get(rendition.id);
      if (ring !== undefined) ring.update(rendition);
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

  /** Takes over the caller's reference to the part's bytes. */
  addPart(part: PackagedPart): void {
    const ring = this.#rings.get(part.rendition);
    if (this.#closed || ring === undefined || part.sequence <= ring.last) {
      part.data.release();
      return;
    }
    ring.addPart(part);
    this.#budget.enforce();
  }

  /** Takes over the caller's reference to the segment's bytes. */
  add(segment: PackagedSegment): void {
    const ring = this.#rings.get(segment.rendition);
    if (this.#closed || ring === undefined || segment.sequence <= ring.last) {
      segment.data.release();
      return;
    }
    ring.add(segment);
    const now = this.#clock.monotonic();
    // P-05: what remains is never shorter than three target durations; P-10: nor fewer than six segments.
    const spare = (): number => ring.duration - (ring.listed[0]?.duration ?? 0);
    const least = Math.max(this.#window, 3 * this.targetDuration);
    while (ring.listed.length > MOST || (ring.listed.length > WANTED && spare() >= least)) ring.retire(now);
    for (const other of this.#rings.values()) other.expire(now);
    this.#budget.enforce();
  }

  shed(pressure: 0 | 1 | 2 | 3): boolean {
    const rings = [...this.#rings.values()];
    if (pressure === 0) {
      const oldest = rings
        .filter((ring) => ring.oldestRetired !== null)
        .sort((a, b) => (a.oldestRetired ?? 0) - (b.oldestRetired ?? 0))[0];
      return oldest?.dropRetired() ?? false;
    }
    const retired = this.#retireOldest(pressure === 1 ? WANTED : pressure === 2 ? LEAST : 0);
    for (const ring of retired) while (ring.dropRetired());
    return retired.length > 0;
  }

  unlist(): boolean {
    return this.#retireOldest(WANTED).length > 0;
  }

  /** The windows of all renditions begin at the same segment: one is no use without the others (P-12). */
  #retireOldest(least: number): RenditionRing[] {
    const full = [...this.#rings.values()].filter((ring) => ring.listed.length > least);
    const oldest = Math.min(...full.map((ring) => ring.listed[0]?.sequence ?? Infinity));
    const retiring = full.filter((ring) => ring.listed[0]?.sequence === oldest);
    for (const ring of retiring) ring.retire(this.#clock.monotonic());
    return retiring;
  }

  /** Whether a player could begin with this rendition. */
  hasMedia(rendition: string): boolean {
    return this.#rings.get(rendition)?.started ?? false;
  }

  /**
   * The media playlist of a rendition that has media.
   * @param delta leave out what a client of the full playlist knows
   * @throws TellyportError `segment-not-found` when there is no such rendition, `segment-gone` when the stream lost it
   */
  playlist(rendition: string, delta = false): PlaylistText {
    const ring = this.ring(rendition);
    let cached = this.#texts.get(rendition);
    if (cached?.version !== ring.version) {
      cached = { version: ring.version };
      this.#texts.set(rendition, cached);
    }
    if (delta) return (cached.delta ??= textOf(deltaPlaylist(this.#describe(ring))));
    return (cached.full ??= textOf(mediaPlaylist(this.#describe(ring))));
  }

  #describe(ring: RenditionRing): MediaPlaylist {
    const reports: RenditionReport[] = [];
    for (const other of this.#rings.values()) {
      const report = other === ring || !other.current ? null : other.report();
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

  /** @throws TellyportError `segment-not-found` or `segment-gone` */
  segment(rendition: string, sequence: number): StoredSegment {
    const ring = this.#rings.get(rendition);
    const found = ring?.find(sequence);
    if (found !== undefined) return found;
    if (ring === undefined || sequence > ring.last || sequence < 1) {
      throw new TellyportError("segment-not-found", "There is no such segment yet. Follow the playlist.");
    }
    throw new TellyportError("segment-gone", "This segment is too old. Go on at the end of the playlist.");
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
    this.#rings.clear();
    this.#texts.clear();
    this.#budget.leave(this);
  }
}

function textOf(playlist: string): PlaylistText {
  const plain = Buffer.from(playlist);
  let compressed: Buffer | null = null;
  return { plain, gzip: () => (compressed ??= gzipSync(plain)) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
