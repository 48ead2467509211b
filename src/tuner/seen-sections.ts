/** Sections that are remembered; a full week's schedule of a large network has about as many. */
const LIMIT = 20_000;

/** Tells new EIT sections from repeated ones by their place and CRC, without decoding them. */
export class SeenSections {
  readonly #crcs = new Map<number, number>();

  /** Whether this section was not there before, or has changed; remembers it. */
  isNew(section: Buffer): boolean {
    if (section.length < 18) return false;
    const service = section.readUInt16BE(8) * 0x10000 + section.readUInt16BE(3);
    const place = service * 0x10000 + ((section.readUInt8(0) << 8) | section.readUInt8(6));
    const crc = section.readUInt32BE(section.length - 4);
    if (this.#crcs.get(place) === crc) return false;
    if (this.#crcs.size >= LIMIT) this.#crcs.clear();
    this.#crcs.set(place, crc);
    return true;
  }
}
