import type { ExtentFolder } from "./extent-folder.ts";
import { Extent, type ExtentOwner } from "./extent.ts";

/** Bytes of an extent. */
const MOST = 64 * 1024 * 1024;
const LEAST = 256 * 1024;
/** A small limit has so many extents, a large one no more than so many: each has a descriptor open. */
const OF_A_SMALL_LIMIT = 32;
const OF_A_LARGE_LIMIT = 512;

export interface ExtentsOptions {
  readonly folder: ExtentFolder;
  readonly owner: ExtentOwner;
  /** Bytes. */
  readonly limit: number;
  /** A file is gone, and its bytes are free. */
  readonly removed: () => void;
  /** One could not be removed. */
  readonly failed: (error: unknown) => void;
}

/**
 * The files: one that is written for each live stream, and those that are full. A file has one stream's segments alone, so that
 * the end of its window and the end of the stream free whole files; streams in one file would keep each other's bytes. Each
 * file is written from its beginning to its end, with a segment at a time.
 */
export class Extents {
  readonly extentBytes: number;
  readonly #options: ExtentsOptions;
  readonly #all = new Set<Extent>();
  readonly #open = new Map<object, Extent>();
  readonly #removing = new Set<Promise<void>>();
  #leaving = 0;

  constructor(options: ExtentsOptions) {
    this.#options = options;
    const { limit } = options;
    const wanted = Math.min(MOST, Math.floor(limit / OF_A_SMALL_LIMIT));
    this.extentBytes = Math.max(LEAST, wanted, Math.ceil(limit / OF_A_LARGE_LIMIT));
  }

  /** Bytes in files, those that are being removed among them. */
  get used(): number {
    let sum = this.#leaving;
    for (const { size } of this.#all) sum += size;
    return sum;
  }

  /** Of these, bytes that will be free soon: as soon as nobody reads them. */
  get leaving(): number {
    let sum = this.#leaving;
    for (const { doomed, size } of this.#all) if (doomed) sum += size;
    return sum;
  }

  /** The extent that a stream's next segment goes to. A segment is whole in one; one that is larger has its own. */
  async openFor(stream: object, length: number): Promise<Extent> {
    const open = this.#open.get(stream);
    if (open !== undefined && open.size + length <= this.extentBytes) return open;
    this.close(stream);
    const extent = new Extent(await this.#options.folder.create(), this.#options.owner);
    this.#all.add(extent);
    this.#open.set(stream, extent);
    return extent;
  }

  /** Nothing more is written to the stream's extent. */
  close(stream: object): void {
    const open = this.#open.get(stream);
    this.#open.delete(stream);
    if (open?.uses === 0) this.remove(open);
  }

  /** May be called more than once. */
  remove(extent: Extent): void {
    if (!this.#all.delete(extent)) return;
    for (const [stream, open] of this.#open) if (open === extent) this.#open.delete(stream);
    this.#leaving += extent.size;
    const removing = extent.file
      .remove()
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        this.#leaving -= extent.size;
        this.#removing.delete(removing);
        this.#options.removed();
      });
    this.#removing.add(removing);
  }

  /** Resolves once what is being removed is gone. */
  async settled(): Promise<void> {
    while (this.#removing.size > 0) await Promise.all(this.#removing);
  }

  /** Removes all of them, those that are still read too. */
  async clear(): Promise<void> {
    for (const extent of [...this.#all]) this.remove(extent);
    await this.settled();
  }
}
