import type { Clock } from "../../../kernel/clock.ts";
import type { MediaBudget, MediaHolder } from "../hls/media-budget.ts";
import type { RenditionRing } from "../hls/rendition-ring.ts";
import type { Extent, ShiftedBytes } from "./extent.ts";
import type { PlacedSegment } from "./placed-segment.ts";
import type { ShiftHolder, TimeShiftDisk, Unshifted } from "./time-shift-disk.ts";

/** Segments of a playlist once warm (Apple's authoring specification 8.11). */
const WANTED = 6;
/** What a player needs to go on under memory pressure; the last three also list their parts. */
const LEAST = 3;
/** Segments listed at most, however short they are: half a kilobyte of memory each, beside the budget. */
const MOST = 25_000;

export interface StreamWindowOptions {
  readonly rings: ReadonlyMap<string, RenditionRing>;
  /** Seconds that are wanted. */
  readonly window: number;
  /** Seconds. */
  readonly targetDuration: number;
  readonly budget: MediaBudget;
  /** Null: memory only. */
  readonly disk: TimeShiftDisk | null;
  readonly clock: Clock;
}

/**
 * How far back one stream can be watched. All of its renditions begin at the same segment, for one is no use without the others
 * (P-12), and what is listed can be fetched: from memory, or from disk when it has left the memory. A segment that is in neither
 * any more takes all before it out of the playlists.
 */
export class StreamWindow implements MediaHolder, ShiftHolder {
  readonly #options: StreamWindowOptions;

  constructor(options: StreamWindowOptions) {
    this.#options = options;
    options.budget.join(this);
    options.disk?.join(this);
  }

  /** All rings are empty. */
  close(): void {
    this.#options.budget.leave(this);
    this.#options.disk?.leave(this);
  }

  get #rings(): RenditionRing[] {
    return [...this.#options.rings.values()];
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }

  /** Something was added: ends what is older than wanted, and what was fetchable for long enough. */
  advance(): void {
    const { window, targetDuration, disk } = this.#options;
    const newest = Math.max(...this.#rings.map(({ last }) => last));
    // One that has nothing new for a while does not hold up the others.
    const going = this.#rings.filter((ring) => ring.current && ring.last + 2 > newest);
    // P-05: what remains is never shorter than three target durations; P-10: nor fewer than six segments.
    const least = Math.max(window, 3 * targetDuration);
    for (;;) {
      const first = Math.min(...going.map(({ first }) => first ?? Infinity));
      const begin = going.filter((ring) => ring.first === first);
      const canSpare = ({ listed, duration }: RenditionRing): boolean =>
        listed.length > MOST || (listed.length > WANTED && duration - (listed[0]?.duration ?? 0) >= least);
      if (begin.length === 0 || !begin.every(canSpare)) break;
      this.#retireThrough(first);
    }
    for (const ring of this.#rings) ring.expire(this.#now);
    this.enforce();
    disk?.wake();
  }

  /** Something more is in memory. */
  enforce(): void {
    this.#options.budget.enforce();
  }

  #retireThrough(sequence: number): void {
    for (const ring of this.#rings) ring.retireThrough(sequence, this.#now);
  }

  // ---- memory

  get held(): number {
    return sum(this.#rings, ({ held }) => held);
  }

  get listed(): number {
    return sum(this.#rings, ({ held, retired }) => held - retired);
  }

  unlist(): boolean {
    return this.#leaveToDisk(LEAST) || this.#retireOldest(WANTED);
  }

  shed(pressure: 0 | 1 | 2 | 3): boolean {
    if (pressure === 0) return this.#leaveToDisk(LEAST) || this.#drop(({ until }) => until !== null);
    const least = pressure === 1 ? WANTED : pressure === 2 ? LEAST : 0;
    if (this.#leaveToDisk(Math.min(LEAST, least))) return true;
    if (!this.#retireOldest(least)) return false;
    while (this.#drop(({ until }) => until !== null));
    return true;
  }

  /** Lets the oldest bytes in memory go that are on disk too. @param least segments of a rendition that stay */
  #leaveToDisk(least: number): boolean {
    const oldest = this.#oldest(
      (ring) =>
        ring.inMemory.find(({ disk, sequence }) => disk !== null && sequence <= ring.last - least) ?? null,
    );
    oldest?.ring.leaveMemory(oldest.segment);
    return oldest !== null;
  }

  /** Lets the oldest one in memory go for which the test holds. */
  #drop(test: (segment: PlacedSegment) => boolean): boolean {
    const oldest = this.#oldest((ring) => ring.inMemory.find(test) ?? null);
    if (oldest === null) return false;
    if (oldest.segment.disk === null) this.#options.disk?.skip();
    oldest.ring.leaveMemory(oldest.segment);
    return true;
  }

  /** Takes the oldest segment in memory out of the playlists, and all before it. @param least segments that stay listed */
  #retireOldest(least: number): boolean {
    const oldest = this.#oldest((ring) => {
      const segment = ring.inMemory.find(({ until }) => until === null);
      return segment !== undefined && segment.sequence <= ring.last - least ? segment : null;
    });
    if (oldest !== null) this.#retireThrough(oldest.segment.sequence);
    return oldest !== null;
  }

  #oldest(
    of: (ring: RenditionRing) => PlacedSegment | null,
  ): { ring: RenditionRing; segment: PlacedSegment } | null {
    let oldest: { ring: RenditionRing; segment: PlacedSegment } | null = null;
    for (const ring of this.#rings) {
      const segment = of(ring);
      if (segment !== null && segment.sequence < (oldest?.segment.sequence ?? Infinity))
        oldest = { ring, segment };
    }
    return oldest;
  }

  // ---- disk

  get shifted(): number {
    return sum(this.#rings, ({ shifted }) => shifted);
  }

  get shiftedListed(): number {
    return sum(this.#rings, ({ shiftedListed }) => shiftedListed);
  }

  unshifted(): Unshifted | null {
    const oldest = this.#oldest((ring) => ring.unshifted());
    if (oldest?.segment.memory == null) return null;
    const { ring, segment } = oldest;
    const { data } = oldest.segment.memory;
    return { data, shifted: (bytes) => this.#place(ring, segment, bytes) };
  }

  #place(ring: RenditionRing, segment: PlacedSegment, bytes: ShiftedBytes | null): void {
    ring.place(segment, bytes);
    this.enforce();
  }

  unlistShifted(): boolean {
    const oldest = this.#oldest((ring) => {
      const segment = ring.onDisk.find(({ until }) => until === null);
      return segment !== undefined && segment.sequence <= ring.last - WANTED ? segment : null;
    });
    if (oldest !== null) this.#retireThrough(oldest.segment.sequence);
    return oldest !== null;
  }

  shedShifted(): Extent | null {
    const oldest = this.#oldest((ring) => ring.onDisk[0] ?? null);
    const extent = oldest?.segment.disk?.extent ?? null;
    if (extent === null) return null;
    extent.doomed = true;
    this.#leaveDisk((segment) => segment.disk?.extent === extent);
    return extent;
  }

  forgetShifted(): void {
    this.#leaveDisk(() => true);
  }

  /** What has no other copy leaves the playlists, with all before it. */
  #leaveDisk(test: (segment: PlacedSegment) => boolean): void {
    for (const ring of this.#rings) {
      const leaving = ring.onDisk.filter(test);
      const gone = leaving.findLast(({ memory, until }) => memory === null && until === null);
      if (gone !== undefined) this.#retireThrough(gone.sequence);
      for (const segment of leaving) ring.leaveDisk(segment);
    }
  }
}

function sum(rings: readonly RenditionRing[], of: (ring: RenditionRing) => number): number {
  return rings.reduce((total, ring) => total + of(ring), 0);
}
