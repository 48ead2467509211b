import type { PackagedPart, PackagedSegment, Rendition, SegmentStart } from "../packaging/ports.ts";
import type { ShiftedBytes } from "../timeshift/extent.ts";
import { PlacedSegment, remove } from "../timeshift/placed-segment.ts";
import { BitRateMeter } from "./bit-rates.ts";
import type { MediaPlaylist, RenditionReport } from "./media-playlist.ts";

/** The segment that is being filled. */
interface OpenSegment extends SegmentStart {
  readonly parts: PackagedPart[];
}

/**
 * One rendition's segments: those that its playlist lists, the one that is being filled, and those that stay fetchable for a
 * while. Parts are kept as long as their segment is in memory: it is the same memory.
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
  /** Bytes on disk, whether in memory too or not. */
  shifted = 0;
  /** Of these, bytes that the playlist lists. */
  shiftedListed = 0;
  /** A segment began without a random access point: the one before it was cut for its length. */
  cutShort = false;
  readonly meter = new BitRateMeter();
  readonly #listed: PlacedSegment[] = [];
  readonly #retired: PlacedSegment[] = [];
  /** Listed or retired. */
  readonly #fetchable = new Map<number, PlacedSegment>();
  readonly #inMemory: PlacedSegment[] = [];
  readonly #onDisk: PlacedSegment[] = [];
  /** Not offered to the disk yet. */
  #unshifted: PlacedSegment[] = [];
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
    this.update(rendition, discontinuities);
  }

  get listed(): readonly PlacedSegment[] {
    return this.#listed;
  }

  /** Oldest first. */
  get inMemory(): readonly PlacedSegment[] {
    return this.#inMemory;
  }

  /** Oldest first. */
  get onDisk(): readonly PlacedSegment[] {
    return this.#onDisk;
  }

  /** Number of the first segment listed, null: none is. */
  get first(): number | null {
    return this.#listed[0]?.sequence ?? null;
  }

  /** Number of the newest whole segment, 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Number of the first of the last segments that are so many and so long, in seconds; of all when there are fewer; 0: none is listed. */
  lastFew(least: number, seconds: number): number {
    let count = 0;
    let duration = 0;
    for (let index = this.#listed.length - 1; index >= 0; index--) {
      const segment = this.#listed[index];
      count++;
      duration += segment?.duration ?? 0;
      if (segment !== undefined && count >= least && duration >= seconds) return segment.sequence;
    }
    return this.first ?? 0;
  }

  /** Whether there is anything of it, a part at least. */
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

  /** @param discontinuities of the stream so far: counted, where this rendition was away meanwhile */
  update(rendition: Rendition, discontinuities: number): void {
    if (!this.current) this.#discontinuities = discontinuities;
    this.rendition = rendition;
    this.current = true;
    this.#inits.set(rendition.initVersion, rendition.init);
  }

  init(version: number): Buffer | undefined {
    return this.#inits.get(version);
  }

  find(sequence: number): PlacedSegment | undefined {
    return this.#fetchable.get(sequence);
  }

  findPart(serial: number): PackagedPart | undefined {
    const isIt = (part: PackagedPart): boolean => part.serial === serial;
    const whole = this.#inMemory.findLast(({ parts }) => (parts[0]?.serial ?? Infinity) <= serial);
    return this.#open?.parts.find(isIt) ?? whole?.parts.find(isIt);
  }

  /** Takes over the caller's reference. @param monotonic now, ms */
  addPart(part: PackagedPart, monotonic: number): void {
    this.#follow(part, monotonic);
    this.#open ??= { ...part, parts: [] };
    this.#open.parts.push(part);
    this.#nextPart = part.serial + 1;
    this.held += part.data.length;
    this.version++;
  }

  /** Takes over the caller's reference. @param monotonic now, ms */
  add(segment: PackagedSegment, monotonic: number): void {
    this.#follow(segment, monotonic);
    const parts = this.#open?.parts ?? [];
    for (const { data } of parts) this.held -= data.length;
    this.#open = null;
    const placed = new PlacedSegment({ ...segment, parts, discontinuities: this.#discontinuities });
    this.#listed.push(placed);
    this.#fetchable.set(placed.sequence, placed);
    this.#inMemory.push(placed);
    this.#unshifted.push(placed);
    this.#count(placed, 1);
    this.#last = segment.sequence;
    this.#duration += segment.duration;
    this.meter.add(segment.data.length, segment.duration);
    if (!segment.independent && !segment.gap) this.cutShort = true;
    this.version++;
  }

  /** A segment begins, or goes on. A playlist numbers its segments one after another: it begins anew behind a hole. */
  #follow(start: SegmentStart, monotonic: number): void {
    if (this.#open !== null && this.#open.sequence !== start.sequence) this.#dropOpen();
    if (this.#open !== null) return;
    if (start.discontinuity) this.#discontinuities++;
    if (start.sequence !== this.#last + 1) this.retireThrough(this.#last, monotonic);
  }

  /** Takes segments out of the playlist, up to this one; they stay fetchable for their own and the playlist's duration. */
  retireThrough(sequence: number, monotonic: number): void {
    const until = monotonic + this.#duration * 1000;
    for (
      let first = this.#listed[0];
      first !== undefined && first.sequence <= sequence;
      first = this.#listed[0]
    ) {
      this.#listed.shift();
      this.#duration -= first.duration;
      this.#count(first, -1);
      first.until = until + first.duration * 1000;
      this.#count(first, 1);
      this.#retired.push(first);
      this.version++;
    }
    if (this.#listed.length === 0) this.#duration = 0;
  }

  /** Lets go what was retired long enough ago. */
  expire(monotonic: number): void {
    for (let oldest = this.#retired[0]; (oldest?.until ?? Infinity) <= monotonic; oldest = this.#retired[0])
      if (oldest !== undefined) this.#letGo(oldest);
  }

  #letGo(segment: PlacedSegment): void {
    this.leaveMemory(segment);
    this.leaveDisk(segment);
    remove(this.#retired, segment);
  }

  /** The oldest segment that is in memory only and that somebody may still ask for in a while. */
  unshifted(): PlacedSegment | null {
    this.#unshifted = this.#unshifted.filter(({ memory, until }) => memory !== null && until === null);
    return this.#unshifted[0] ?? null;
  }

  /** Takes over the caller's reference. @param bytes null: the disk does not take it */
  place(segment: PlacedSegment, bytes: ShiftedBytes | null): void {
    this.#unshifted = this.#unshifted.filter((waiting) => waiting !== segment);
    if (bytes === null) return;
    // It may have gone while it was written.
    if (segment.memory === null) return bytes.release();
    this.#count(segment, -1);
    segment.disk = bytes;
    this.#count(segment, 1);
    this.#onDisk.push(segment);
  }

  /** Lets its memory go. It is gone when it is not on disk: not to be called for what is listed and has no other copy. */
  leaveMemory(segment: PlacedSegment): void {
    const { memory } = segment;
    if (memory === null) return;
    this.#count(segment, -1);
    segment.memory = null;
    this.#count(segment, 1);
    remove(this.#inMemory, segment);
    remove(this.#unshifted, segment);
    memory.data.release();
    for (const { data } of memory.parts) data.release();
    if (segment.disk === null) this.#gone(segment);
  }

  /** Lets its bytes on disk go; as {@link leaveMemory}. */
  leaveDisk(segment: PlacedSegment): void {
    const { disk } = segment;
    if (disk === null) return;
    this.#count(segment, -1);
    segment.disk = null;
    this.#count(segment, 1);
    remove(this.#onDisk, segment);
    disk.release();
    if (segment.memory === null) this.#gone(segment);
  }

  clear(): void {
    this.retireThrough(Infinity, 0);
    for (const segment of [...this.#retired]) this.#letGo(segment);
    this.#dropOpen();
    this.#unshifted = [];
    this.version++;
  }

  #dropOpen(): void {
    for (const { data } of this.#open?.parts ?? []) {
      this.held -= data.length;
      data.release();
    }
    this.#open = null;
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
    const { track, partTarget, format } = this.rendition;
    const open = this.#open;
    const opens = open?.discontinuity === true ? 1 : 0;
    return {
      format,
      targetDuration,
      mediaSequence: first?.sequence ?? open?.sequence ?? this.#last + 1,
      discontinuitySequence:
        first === undefined
          ? this.#discontinuities - opens
          : first.discontinuities - (first.discontinuity ? 1 : 0),
      independentSegments: track.kind !== "video",
      segments: this.#listed,
      open,
      parts: partTarget === null ? null : { target: partTarget, next: this.#nextPart },
      reports,
    };
  }

  #gone(segment: PlacedSegment): void {
    this.#fetchable.delete(segment.sequence);
    remove(this.#retired, segment);
    if (this.#inits.size < 2) return;
    const needed = new Set([this.rendition.initVersion, this.#open?.initVersion]);
    for (const { initVersion } of this.#fetchable.values()) needed.add(initVersion);
    for (const version of this.#inits.keys()) if (!needed.has(version)) this.#inits.delete(version);
  }

  /** Puts its bytes into the sums, or takes them out before it changes. */
  #count({ memory, disk, length, until }: PlacedSegment, sign: 1 | -1): void {
    const bytes = sign * length;
    if (memory !== null) this.held += bytes;
    if (memory !== null && until !== null) this.retired += bytes;
    if (disk !== null) this.shifted += bytes;
    if (disk !== null && until === null) this.shiftedListed += bytes;
  }
}
