const PACKET = 188;
const HEADER = 4;

/**
 * Puts sections into transport packets of one PID: each section begins in a packet of its own with pointer_field 0, the
 * last packet of it is filled with 0xFF. The continuity counter goes on from section to section.
 * @see ISO/IEC 13818-1 §2.4.4.1
 */
export class SectionPacketiser {
  readonly #pid: number;
  #continuity = 0;

  /** @param pid 0..0x1FFE */
  constructor(pid: number) {
    this.#pid = pid;
  }

  /** How many bytes {@link write} needs for a section of this length: a whole number of packets. */
  static size(sectionLength: number): number {
    return Math.ceil((sectionLength + 1) / (PACKET - HEADER)) * PACKET;
  }

  /**
   * Writes the packets of one section into `out` from `offset` on.
   * @returns the offset behind the last packet
   * @throws RangeError when `out` has no room for {@link size} bytes
   */
  write(section: Buffer, out: Buffer, offset: number): number {
    if (offset + SectionPacketiser.size(section.length) > out.length) {
      throw new RangeError("the buffer has no room for the section's packets");
    }
    let taken = 0;
    do {
      const first = taken === 0;
      out[offset] = 0x47;
      out[offset + 1] = (first ? 0x40 : 0) | (this.#pid >> 8);
      out[offset + 2] = this.#pid & 0xff;
      out[offset + 3] = 0x10 | this.#continuity;
      this.#continuity = (this.#continuity + 1) & 0x0f;
      let at = offset + HEADER;
      if (first) out[at++] = 0;
      const copied = section.copy(out, at, taken, taken + (offset + PACKET - at));
      taken += copied;
      out.fill(0xff, at + copied, offset + PACKET);
      offset += PACKET;
    } while (taken < section.length);
    return offset;
  }
}
