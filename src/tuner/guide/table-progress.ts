/** Sections of a segment. @see ETSI TS 101 211 §4.1.4 */
export const SECTIONS_PER_SEGMENT = 8;
/** A segment covers three hours, ms. @see ETSI TS 101 211 §4.1.4 */
export const SEGMENT_MS = 3 * 60 * 60_000;
/** Segments of a table: four days. */
export const SEGMENTS_PER_TABLE = 32;

/**
 * Which sections of one sub-table (a table_id of one service) were seen: a byte of bits for each segment. What is not
 * known to be missing counts as missing: a segment of which no section came has at least one.
 * @see EN 300 468 §5.2.4
 */
export class TableProgress {
  readonly version: number;
  readonly lastSectionNumber: number;
  /** A bit for each section seen. */
  readonly #seen = new Uint8Array(SEGMENTS_PER_TABLE);
  /** A bit for each section that there is, of segments of which one came. */
  readonly #wanted = new Uint8Array(SEGMENTS_PER_TABLE);

  constructor(version: number, lastSectionNumber: number) {
    this.version = version;
    this.lastSectionNumber = lastSectionNumber;
  }

  /** @param section section_number, 0..255 */
  has(section: number): boolean {
    return ((this.#seen[section >> 3] ?? 0) & (1 << (section & 7))) !== 0;
  }

  /**
   * @param segmentLast segment_last_section_number; one that lies outside of the segment means that the broadcaster has no
   *   segments, and sections go on to last_section_number
   */
  note(section: number, segmentLast: number): void {
    const segment = section >> 3;
    const last = segmentLast >> 3 === segment ? segmentLast & 7 : this.#unsegmentedLast(segment);
    this.#seen[segment] = (this.#seen[segment] ?? 0) | (1 << (section & 7));
    this.#wanted[segment] = (1 << (Math.max(last, section & 7) + 1)) - 1;
  }

  /** Every section of the segment was seen. */
  hasSegment(segment: number): boolean {
    const wanted = this.#wanted[segment] ?? 0;
    return wanted !== 0 && ((this.#seen[segment] ?? 0) & wanted) === wanted;
  }

  /** @param from segments before this one are over, and need not have been sent; 0..32 */
  completeFrom(from: number): boolean {
    const last = this.lastSectionNumber >> 3;
    for (let segment = 0; segment <= last; segment++) {
      if (segment < from && (this.#wanted[segment] ?? 0) === 0) continue;
      if (!this.hasSegment(segment)) return false;
    }
    return true;
  }

  #unsegmentedLast(segment: number): number {
    return this.lastSectionNumber >> 3 === segment ? this.lastSectionNumber & 7 : 7;
  }
}
