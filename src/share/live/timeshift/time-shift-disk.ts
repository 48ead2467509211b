import type { Clock, Timer } from "../../../kernel/clock.ts";
import type { Component } from "../../../kernel/lifecycle.ts";
import type { Log } from "../../../kernel/log.ts";
import type { MediaBytes } from "../packaging/ports.ts";
import { diskTrouble, type DiskTroubleKind } from "./disk-trouble.ts";
import type { ExtentFolder } from "./extent-folder.ts";
import { shiftedGone, type Extent, type ExtentOwner, type ShiftedBytes } from "./extent.ts";
import { Extents } from "./extents.ts";
import { Turns } from "./turns.ts";

/** One live stream's part in the disk. */
export interface ShiftHolder {
  /** Bytes on disk, and of these the ones that a playlist lists. */
  readonly shifted: number;
  readonly shiftedListed: number;
  /** The oldest segment that is in memory only. */
  unshifted(): Unshifted | null;
  /** Takes the oldest piece on disk out of the playlists; it stays fetchable. @returns false: nothing to take */
  unlistShifted(): boolean;
  /** Lets the oldest extent go. @returns it; null: there is none */
  shedShifted(): Extent | null;
  /** The disk is gone: nothing on it can be fetched any more. */
  forgetShifted(): void;
}

/** A segment that waits in memory for the disk. */
export interface Unshifted {
  readonly data: MediaBytes;
  /** Takes over the caller's reference. @param bytes null: it will never fit */
  readonly shifted: (bytes: ShiftedBytes | null) => void;
}

/** So much of the limit is listed: what leaves the playlists stays fetchable in the rest for a while (P-05). */
const LISTED = 0.75;
/**
 * Node has four threads for files, names and compression. One writes and two read: a disk that hangs (a network mount) does not
 * take the rest of the box with it.
 */
const READS = 2;
/** Memory of all who read; each has a piece of it within these bounds. Bytes. */
const READ_MEMORY = 16 * 1024 * 1024;
const LEAST_PIECE = 32 * 1024;
const MOST_PIECE = 512 * 1024;
/** After this the folder is looked at again when it failed, ms. */
const FAILED_FOR = 60_000;
/** A disk that was full before our limit is believed to be full for so long, ms. */
const FULL_FOR = 600_000;

export interface TimeShiftDiskOptions {
  readonly folder: ExtentFolder;
  /** Bytes that all files have together at most. */
  readonly limit: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A cache of segments on disk, for all live streams. There is no queue: what waits to be written is what is in memory anyway,
 * and one segment after the other is taken from there. A disk that is too slow gets less, and live streams do not notice.
 *
 * The index is in memory only: a start begins with nothing. Files are removed whole and never synced, for they are worth
 * nothing after a crash.
 */
export class TimeShiftDisk implements Component, ExtentOwner {
  readonly name = "time-shift-disk";
  readers = 0;
  readonly #options: TimeShiftDiskOptions;
  readonly #extents: Extents;
  /** In the order in which it is their turn. */
  readonly #holders = new Set<ShiftHolder>();
  readonly #reads = new Turns(READS);
  #state: "stopped" | "ready" | "failed" = "stopped";
  #limit: number;
  #busy = false;
  #writing = Promise.resolve();
  #retry: Timer | null = null;
  #skipped = 0;
  /** Trouble that was logged; it is over with the next write. */
  #told: DiskTroubleKind | null = null;

  constructor(options: TimeShiftDiskOptions) {
    this.#options = options;
    this.#limit = options.limit;
    this.#extents = new Extents({
      folder: options.folder,
      owner: this,
      limit: options.limit,
      removed: () => this.wake(),
      failed: (error) => this.#trouble(error),
    });
  }

  /** Bytes in files, and the most that there may be. */
  get used(): number {
    return this.#extents.used;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Segments that left the memory before the disk had taken them, since the start. */
  get skipped(): number {
    return this.#skipped;
  }

  /** False: time-shift is what fits into memory. */
  get ready(): boolean {
    return this.#state === "ready";
  }

  /** Removes what an earlier run left. A folder that cannot be used is logged and looked at again later. */
  async start(): Promise<void> {
    if (this.#state === "stopped") await this.#open();
  }

  /** Removes all files. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#retry?.cancel();
    for (const holder of this.#holders) holder.forgetShifted();
    await this.#writing;
    await this.#extents.clear();
  }

  join(holder: ShiftHolder): void {
    this.#holders.add(holder);
  }

  /** The holder let go of everything. */
  leave(holder: ShiftHolder): void {
    this.#holders.delete(holder);
    this.#extents.close(holder);
  }

  /** There may be something to write. */
  wake(): void {
    if (this.#busy || this.#state !== "ready") return;
    this.#busy = true;
    this.#writing = this.#write();
  }

  /** A segment left the memory unwritten. */
  skip(): void {
    if (this.#state !== "ready") return;
    if (this.#skipped++ === 0) this.#options.log.warn({}, "time-shift-disk-too-slow");
  }

  // ---- for extents

  async read(extent: Extent, into: Buffer, position: number): Promise<void> {
    try {
      await this.#reads.take(() => extent.file.read(into, position));
    } catch (error) {
      if (this.#state === "ready") this.#fail(error);
      throw shiftedGone();
    }
  }

  unused(extent: Extent): void {
    this.#extents.remove(extent);
  }

  pieceBytes(): number {
    return Math.min(MOST_PIECE, Math.max(LEAST_PIECE, Math.floor(READ_MEMORY / Math.max(1, this.readers))));
  }

  // ----

  async #open(): Promise<void> {
    try {
      const removed = await this.#options.folder.clear();
      this.#state = "ready";
      if (this.#told === null)
        this.#options.log.info({ limitBytes: this.#limit, leftovers: removed }, "time-shift-disk-ready");
      this.wake();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #write(): Promise<void> {
    try {
      while (this.#state === "ready") {
        const next = this.#next();
        if (next === null || !(await this.#shift(next.holder, next.segment))) return;
      }
    } finally {
      this.#busy = false;
    }
  }

  /** The holder that waited longest has the next turn. */
  #next(): { holder: ShiftHolder; segment: Unshifted } | null {
    for (const holder of this.#holders) {
      const segment = holder.unshifted();
      if (segment === null) continue;
      this.#holders.delete(holder);
      this.#holders.add(holder);
      return { holder, segment };
    }
    return null;
  }

  /** @returns false: there is no room until a reader is done */
  async #shift(holder: ShiftHolder, { data, shifted }: Unshifted): Promise<boolean> {
    const { length, buffers } = data;
    if (length > this.#options.limit * (1 - LISTED)) {
      shifted(null);
      return true;
    }
    data.retain();
    let bytes: ShiftedBytes | null = null;
    try {
      if (!(await this.#makeRoom(length))) return false;
      const extent = await this.#extents.openFor(holder, length);
      bytes = extent.reserve(length);
      await bytes.write(buffers);
      if (this.#told !== null) this.#options.log.info({}, "time-shift-disk-recovered");
      this.#told = null;
      // Meanwhile the stream may have ended, or a reader found the disk broken.
      if (this.#state === "ready" && this.#holders.has(holder)) shifted(bytes);
      else bytes.release();
      return true;
    } catch (error) {
      bytes?.release();
      this.#trouble(error);
      return true;
    } finally {
      data.release();
      if (!this.#holders.has(holder)) this.#extents.close(holder);
    }
  }

  /** Who has most on disk loses its oldest. */
  async #makeRoom(length: number): Promise<boolean> {
    const holders = [...this.#holders];
    const listed = (): number => holders.reduce((sum, { shiftedListed }) => sum + shiftedListed, 0);
    while (listed() + length > this.#limit * LISTED) {
      holders.sort((a, b) => b.shiftedListed - a.shiftedListed);
      if (!holders.some((holder) => holder.unlistShifted())) break;
    }
    while (this.#extents.used - this.#extents.leaving + length > this.#limit) {
      holders.sort((a, b) => b.shifted - a.shifted);
      if (!holders.some((holder) => holder.shedShifted() !== null)) break;
    }
    if (this.#extents.used + length > this.#limit) await this.#extents.settled();
    return this.#extents.used + length <= this.#limit && this.#state === "ready";
  }

  /** Something could not be written or removed. */
  #trouble(error: unknown): void {
    const { kind, code } = diskTrouble(error);
    if (this.#state !== "ready") return;
    if (kind !== "full") return this.#fail(error);
    // Others fill the disk. What is there stays, but it has to do with less for a while.
    this.#limit = Math.max(0, this.#extents.used - this.#extents.extentBytes);
    this.#tell(kind, "time-shift-disk-full", { code, limitBytes: this.#limit });
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(FULL_FOR, () => {
      this.#limit = this.#options.limit;
      this.wake();
    });
  }

  #fail(error: unknown): void {
    const { kind, code } = diskTrouble(error);
    this.#state = "failed";
    this.#limit = this.#options.limit;
    this.#tell(kind, "time-shift-disk-failed", { kind, code });
    for (const holder of this.#holders) {
      holder.forgetShifted();
      this.#extents.close(holder);
    }
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(FAILED_FOR, () => void this.#open());
  }

  /** Once, until it is over or something else is the matter. */
  #tell(what: DiskTroubleKind, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#told === what) return;
    this.#told = what;
    this.#options.log.warn(fields, event);
  }
}
