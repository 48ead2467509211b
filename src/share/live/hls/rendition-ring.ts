import type { PackagedSegment, Rendition } from "../packaging/ports.ts";
import { BitRateMeter } from "./bit-rates.ts";
import type { MediaPlaylist } from "./media-playlist.ts";

/** A segment in memory. */
export interface StoredSegment extends PackagedSegment {
  /** Discontinuities of the stream up to and including this segment. */
  readonly discontinuities: number;
}

interface Retired {
  readonly segment: StoredSegment;
  /** Monotonic ms until which it stays fetchable (P-05). */
  readonly until: number;
}

/** One rendition's segments: those that its playlist lists, and those that stay fetchable for a while. */
export class RenditionRing {
  rendition: Rendition;
  /** Whether the stream still has it. */
  current = true;
  /** Goes up when the playlist changes. */
  version = 0;
  held = 0;
  /** A segment began without a random access point: the one before it was cut for its length. */
  cutShort = false;
  readonly meter = new BitRateMeter();
  readonly #listed: StoredSegment[] = [];
  readonly #retired: Retired[] = [];
  readonly #inits = new Map<number, Buffer>();
  #discontinuities: number;
  #last = 0;

  /** @param discontinuities of the stream before this rendition's first segment */
  constructor(rendition: Rendition, discontinuities: number) {
    this.rendition = rendition;
    this.#discontinuities = discontinuities;
    this.update(rendition);
  }

  get listed(): readonly StoredSegment[] {
    return this.#listed;
  }

  /** Number of the newest segment, 0 before the first. */
  get last(): number {
    return this.#last;
  }

  get discontinuities(): number {
    return this.#discontinuities;
  }

  /** Seconds listed. */
  get duration(): number {
    return this.#listed.reduce((sum, segment) => sum + segment.duration, 0);
  }

  update(rendition: Rendition): void {
    this.rendition = rendition;
    this.current = true;
    this.#inits.set(rendition.initVersion, rendition.init);
  }

  init(version: number): Buffer | undefined {
    return this.#inits.get(version);
  }

  find(sequence: number): StoredSegment | undefined {
    return (
      this.#listed.find((segment) => segment.sequence === sequence) ??
      this.#retired.find(({ segment }) => segment.sequence === sequence)?.segment
    );
  }

  /** Takes over the caller's reference. */
  add(segment: PackagedSegment): void {
    if (segment.discontinuity) this.#discontinuities++;
    this.#listed.push({ ...segment, discontinuities: this.#discontinuities });
    this.#last = segment.sequence;
    this.held += segment.data.length;
    this.meter.add(segment.data.length, segment.duration);
    if (!segment.independent && !segment.gap) this.cutShort = true;
    this.version++;
  }

  /** Takes the oldest segment out of the playlist; it stays fetchable for its own and the playlist's duration. */
  retire(monotonic: number): void {
    const duration = this.duration;
    const segment = this.#listed.shift();
    if (segment === undefined) return;
    this.#retired.push({ segment, until: monotonic + (segment.duration + duration) * 1000 });
    this.version++;
  }

  /** Lets go what was retired long enough ago. */
  expire(monotonic: number): void {
    while (this.#retired[0] !== undefined && this.#retired[0].until <= monotonic) this.dropRetired();
  }

  /** @returns false when nothing is retired */
  dropRetired(): boolean {
    const oldest = this.#retired.shift();
    if (oldest === undefined) return false;
    this.#release(oldest.segment);
    return true;
  }

  get oldestRetired(): number | null {
    return this.#retired[0]?.segment.sequence ?? null;
  }

  clear(): void {
    while (this.dropRetired());
    for (const segment of this.#listed.splice(0)) this.#release(segment);
    this.version++;
  }

  playlist(targetDuration: number): MediaPlaylist {
    const first = this.#listed[0];
    return {
      targetDuration,
      mediaSequence: first?.sequence ?? this.#last + 1,
      discontinuitySequence:
        first === undefined ? this.#discontinuities : first.discontinuities - (first.discontinuity ? 1 : 0),
      independentSegments: this.rendition.track.kind === "audio",
      segments: this.#listed,
    };
  }

  #release(segment: StoredSegment): void {
    this.held -= segment.data.length;
    segment.data.release();
    const needed = new Set([
      this.rendition.initVersion,
      ...this.#listed.map(({ initVersion }) => initVersion),
      ...this.#retired.map((retired) => retired.segment.initVersion),
    ]);
    for (const version of this.#inits.keys()) if (!needed.has(version)) this.#inits.delete(version);
  }
}
