import { designate, designated } from "./character-sets.ts";
import { ENHANCEMENT_PACKETS, readEnhancements } from "./enhancements.ts";
import { BROKEN, unhamming2418, unhamming84, unparity } from "./error-protection.ts";
import type { PageHeader } from "./page-header.ts";
import { decodeRow, type TextLine } from "./text-row.ts";

const ROWS = 25;
const SPACE = 0x20;

/** The character sets that an X/28 or M/29 packet names. */
export interface Designation {
  /** 7 bits: region and national option. */
  readonly first: number;
  /** 7 bits, 0x7F: none. */
  readonly second: number;
}

/**
 * @param data of a packet X/28 or M/29
 * @returns null when it is of another format, or damaged
 * @see EN 300 706 §9.4.2.2, §9.5.1
 */
export function readDesignation(data: Uint8Array): Designation | null {
  const code = unhamming84(data[0] ?? 0);
  if (code !== 0 && code !== 4) return null;
  const one = unhamming2418(data, 1);
  const two = unhamming2418(data, 4);
  // Page function 0: a page for display.
  if (one === BROKEN || two === BROKEN || (one & 0x0f) !== 0) return null;
  return { first: (one >> 7) & 0x7f, second: (one >> 14) | ((two & 0x07) << 4) };
}

/** What has been received of one page. Constant size. */
export class PageMemory {
  readonly #language: string | null;
  readonly #rows: (Uint8Array | null)[] = Array.from({ length: ROWS }, () => null);
  readonly #enhancements: (Uint8Array | null)[] = Array.from({ length: ENHANCEMENT_PACKETS }, () => null);
  #designation: Designation | null = null;
  /** Of the magazine: counts where the page has none of its own. */
  #common: Designation | null = null;
  #national = 0;
  #inhibited = false;
  /** Counts headers; rows and enhancements remember in which transmission they changed. */
  #transmission = 0;
  #enhancedIn = 0;
  readonly #changedIn = new Uint32Array(ROWS);

  /** @param language ISO 639-2, for broadcasters that do not designate character sets */
  constructor(language: string | null) {
    this.#language = language;
  }

  begin(header: PageHeader): void {
    if (header.erase) this.erase();
    this.#transmission = (this.#transmission + 1) >>> 0;
    this.#national = header.national;
    this.#inhibited = header.inhibitDisplay;
  }

  /** Packets X/1 to X/28 go. @see EN 300 706 §9.3.1.3 C4 */
  erase(): void {
    this.#rows.fill(null);
    this.#enhancements.fill(null);
    this.#designation = null;
  }

  /** @param number 1..24 */
  setRow(number: number, data: Uint8Array): void {
    const before = this.#rows[number] ?? null;
    const row = before ?? new Uint8Array(data.length).fill(SPACE);
    let changed = before === null;
    for (let i = 0; i < data.length; i++) {
      const code = unparity(data[i] ?? 0);
      // What stood there before is the better guess; after an erasure that is a space.
      if (code === BROKEN || code === row[i]) continue;
      row[i] = code;
      changed = true;
    }
    this.#rows[number] = row;
    if (changed) this.#changedIn[number] = this.#transmission;
  }

  setEnhancement(data: Uint8Array): void {
    const code = unhamming84(data[0] ?? 0);
    if (code === BROKEN) return;
    if (this.#enhancedIn !== this.#transmission) this.#enhancements.fill(null);
    this.#enhancedIn = this.#transmission;
    this.#enhancements[code] = Uint8Array.from(data);
  }

  setDesignation(designation: Designation): void {
    this.#designation = designation;
  }

  setCommonDesignation(designation: Designation): void {
    this.#common = designation;
  }

  /** What a decoder shows of the page laid over the picture. */
  lines(): TextLine[] {
    if (this.#inhibited) return [];
    const designation = this.#designation ?? this.#common;
    const sets = designate(designation?.first ?? null, this.#national, this.#language);
    const second = designation === null ? null : designated(designation.second);
    const enhancements = readEnhancements(this.#enhancements, sets);
    const lines: TextLine[] = [];
    for (let number = 1; number < ROWS; number++) {
      const codes = this.#rows[number];
      if (!codes) continue;
      // A row that came anew after its enhancements has other characters by now.
      const enhanced = (this.#changedIn[number] ?? 0) <= this.#enhancedIn;
      const enhancement = (column: number): string | undefined =>
        enhanced ? enhancements.get(number * 40 + column) : undefined;
      const { line, coversNext } = decodeRow(number, codes, enhancement, sets, second);
      if (line) lines.push(line);
      if (coversNext) number++;
    }
    return lines;
  }
}
