import type { SectionHeader } from "./si/section.ts";

/** Follows the sections of one table through its versions. @see ISO/IEC 13818-1 §2.4.4.5 */
export class TableVersion {
  #version = -1;
  #extension = -1;
  #seen = new Set<number>();
  #last = 0;
  #announced = { version: -1, extension: -1 };

  /** Every section of the newest version was seen. */
  get complete(): boolean {
    return this.#version >= 0 && this.#seen.size > this.#last;
  }

  /** The section that {@link accepts} was asked about is the first of its version. */
  get begins(): boolean {
    return this.#announced.version !== this.#version || this.#announced.extension !== this.#extension;
  }

  /**
   * @param extension table_id_extension
   * @returns whether the section is of a new version, or not yet seen of this one
   */
  accepts(section: SectionHeader, extension: number): boolean {
    this.#announced = { version: section.version, extension };
    return this.begins || !this.#seen.has(section.sectionNumber);
  }

  /** The accepted section was taken in. */
  note(section: SectionHeader): void {
    if (this.begins) {
      this.#version = this.#announced.version;
      this.#extension = this.#announced.extension;
      this.#seen = new Set();
    }
    this.#last = section.lastSectionNumber;
    this.#seen.add(section.sectionNumber);
  }
}
