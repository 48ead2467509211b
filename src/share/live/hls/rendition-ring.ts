import type { PackagedPart, PackagedSegment, Rendition, SegmentStart } from "../packaging/ports.ts";
import { BitRateMeter } from "./bit-rates.ts";
import type { MediaPlaylist, RenditionReport } from "./media-playlist.ts";

/** A segment in memory. */
export interface StoredSegment extends PackagedSegment {
  /** Discontinuities of the stream up to and including this segment. */
  readonly discontinuities: number;
  /** In order; none where the rendition came in whole segments. */
  readonly parts: readonly PackagedPart[];
}

/** The segment that is being filled. */
interface OpenSegment extends SegmentStart {
  readonly parts: PackagedPart[];
}

interface Retired {
  readonly segment: StoredSegment;
  /** Monotonic ms until which it stays fetchable (P-05). */
  readonly until: number;
}

/**
 * One rendition's segments: those that its playlist lists, the one that is being filled, and those that stay fetchable for a
 * while. Parts are kept as long as their segment: it is the same memory.
 */
export class RenditionRing {
  rendition: Rendition;
  /** Whether the stream still has it. */
  current = true;
  /** Goes up when the playlist changes. */
  version = 0;
  /** Bytes in memory. */
  held = 0;
  /** Of these, bytes that the playlist lists no more. */
  retired = 0;
  /** A segment began without a random access point: the one before it was cut for its length. */
  cutShort = false;
  readonly meter = new BitRateMeter();
  readonly #listed: StoredSegment[] = [];
  readonly #retired: Retired[] = [];
  readonly #inits = new Map<number, Buffer>();
  #open: OpenSegment | null = null;
  #discontinuities: number;
  #last = 0;
  #nextPart = 0;
  #duration = 0;

  /** @param discontinuities of the stream before this rendition's first segment */
  constructor(rendition: Rendition, discontinuities: number) {
    this.rendition = rendition;
    this.#discontinuities = discontinuities;
    this.update(rendition);
  }

  get listed(): readonly StoredSegment[] {
    return this.#listed;
  }

  /** Number of the newest whole segment, 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Whether anything can be played. */
  get started(): boolean {
    return this.#last > 0 || this.#open !== null;
  }

  get discontinuities(): number {
    return this.#discontinuities;
  }

  /** Seconds listed in whole segments. */
  get duration(): number {
    return this.#duration;
  }

  /** Serial number of the part that comes next. */
  get nextPart(): number {
    return this.#nextPart;
  }

  /** Whether a playlist with this segment, or with this part of it, can be given. @param part index; null: the whole segment */
  reached(sequence: number, part: number | null): boolean {
    if (part === null) return this.#last >= sequence;
    if (this.#last > sequence) return true;
    // Beyond the end of a whole segment: the first part of the next one.
    if (this.#last === sequence)
      return part < (this.#listed.at(-1)?.parts.length ?? 0) || this.#open !== null;
    return this.#open?.sequence === sequence && this.#open.parts.length > part;
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

  findPart(serial: number): PackagedPart | undefined {
    const among = (parts: readonly PackagedPart[]): PackagedPart | undefined =>
      parts.find((part) => part.serial === serial);
    const open = among(this.#open?.parts ?? []);
    if (open !== undefined) return open;
    for (let index = this.#listed.length - 1; index >= 0; index--) {
      const parts = this.#listed[index]?.parts ?? [];
      if (parts.length > 0 && (parts[0]?.serial ?? 0) <= serial) return among(parts);
    }
    for (const { segment } of this.#retired) {
      const part = among(segment.parts);
      if (part !== undefined) return part;
    }
    return undefined;
  }

  /** Takes over the caller's reference. */
  addPart(part: PackagedPart): void {
    if (this.#open === null) {
      this.#begin(part);
      this.#open = { ...part, parts: [] };
    }
    this.#open.parts.push(part);
    this.#nextPart = part.serial + 1;
    this.held += part.data.length;
    this.version++;
  }

  /** Takes over the caller's reference. */
  add(segment: PackagedSegment): void {
    const parts = this.#open?.parts ?? [];
    if (this.#open === null) this.#begin(segment);
    this.#open = null;
    this.#listed.push({ ...segment, parts, discontinuities: this.#discontinuities });
    this.#last = segment.sequence;
    this.#duration += segment.duration;
    this.held += segment.data.length - parts.reduce((sum, { data }) => sum + data.length, 0);
    this.meter.add(segment.data.length, segment.duration);
    if (!segment.independent && !segment.gap) this.cutShort = true;
    this.version++;
  }

  #begin(start: SegmentStart): void {
    if (start.discontinuity) this.#discontinuities++;
  }

  /** Takes the oldest segment out of the playlist; it stays fetchable for its own and the playlist's duration. */
  retire(monotonic: number): void {
    const duration = this.#duration;
    const segment = this.#listed.shift();
    if (segment === undefined) return;
    this.#duration -= segment.duration;
    this.retired += segment.data.length;
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
    this.retired -= oldest.segment.data.length;
    this.#release(oldest.segment);
    return true;
  }

  get oldestRetired(): number | null {
    return this.#retired[0]?.segment.sequence ?? null;
  }

  clear(): void {
    while (this.dropRetired());
    for (const segment of this.#listed.splice(0)) this.#release(segment);
    for (const { data } of this.#open?.parts ?? []) {
      this.held -= data.length;
      data.release();
    }
    this.#open = null;
    this.#duration = 0;
    this.version++;
  }

  /** Where this rendition is, for the playlists of the others. */
  report(): RenditionReport | null {
    const { id } = this.rendition;
    const open = this.#open;
    if (open !== null) return { id, sequence: open.sequence, part: open.parts.length - 1 };
    const last = this.#listed.at(-1);
    if (last === undefined) return null;
    return { id, sequence: last.sequence, part: last.parts.length > 0 ? last.parts.length - 1 : null };
  }

  playlist(targetDuration: number, reports: readonly RenditionReport[]): MediaPlaylist {
    const first = this.#listed[0];
    const { track, partTarget } = this.rendition;
    const open = this.#open;
    const opens = open?.discontinuity === true ? 1 : 0;
    return {
      format: "fmp4",
      targetDuration,
      mediaSequence: first?.sequence ?? open?.sequence ?? this.#last + 1,
      discontinuitySequence:
        first === undefined
          ? this.#discontinuities - opens
          : first.discontinuities - (first.discontinuity ? 1 : 0),
      independentSegments: track.kind === "audio",
      segments: this.#listed,
      open,
      parts: partTarget === null ? null : { target: partTarget, next: this.#nextPart },
      reports,
    };
  }

  #release(segment: StoredSegment): void {
    this.held -= segment.data.length;
    segment.data.release();
    for (const { data } of segment.parts) data.release();
    const needed = new Set([
      this.rendition.initVersion,
      ...this.#listed.map(({ initVersion }) => initVersion),
      ...this.#retired.map((retired) => retired.segment.initVersion),
      ...(this.#open === null ? [] : [this.#open.initVersion]),
    ]);
    for (const version of this.#inits.keys()) if (!needed.has(version)) this.#inits.delete(version);
  }
}
