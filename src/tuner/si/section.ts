import { crc32Mpeg } from "../../kernel/crc32.ts";

/** What every section with section_syntax_indicator 1 begins with. @see ISO/IEC 13818-1 §2.4.4.11 */
export interface SectionHeader {
  /** 0..31; another one means other content. */
  readonly version: number;
  /** current_next_indicator: valid now, not only announced. */
  readonly current: boolean;
  /** 0..255 */
  readonly sectionNumber: number;
  /** 0..255 */
  readonly lastSectionNumber: number;
}

/** A section opened for reading: its header and where its body lies. */
export interface OpenSection extends SectionHeader {
  readonly tableId: number;
  /** table_id_extension: transport_stream_id, program_number, service_id, ... by table. */
  readonly extension: number;
  /** Offset behind the last byte of the body, where CRC_32 begins. The body begins at {@link BODY}. */
  readonly end: number;
}

/** Offset of the first byte behind last_section_number. */
export const BODY = 8;
const CRC_LENGTH = 4;

/** Longest section of PAT, PMT, NIT, SDT, TOT, in bytes. @see ISO/IEC 13818-1 §2.4.4.3, EN 300 468 §5.1.1 */
export const MAX_SECTION = 1024;
/** Longest section of an EIT or of private data, in bytes. @see EN 300 468 §5.1.1 */
export const MAX_LONG_SECTION = 4096;

/**
 * Reads the header of a long-form section. The CRC is the section assembler's business and is not checked again.
 * A buffer shorter than section_length says is read as far as it goes.
 * @param minimumBody bytes that the body must have
 * @returns null when it is not of one of these tables, or too short to say anything
 */
export function openSection(
  section: Buffer,
  isTable: (tableId: number) => boolean,
  minimumBody: number,
): OpenSection | null {
  if (section.length < BODY + minimumBody + CRC_LENGTH) return null;
  const tableId = section.readUInt8(0);
  const flagsAndLength = section.readUInt16BE(1);
  if (!isTable(tableId) || (flagsAndLength & 0x8000) === 0) return null;
  const end = Math.min(3 + (flagsAndLength & 0x0fff), section.length) - CRC_LENGTH;
  if (end < BODY + minimumBody) return null;
  const versionAndCurrent = section.readUInt8(5);
  return {
    tableId,
    extension: section.readUInt16BE(3),
    version: (versionAndCurrent >> 1) & 0x1f,
    current: (versionAndCurrent & 1) === 1,
    sectionNumber: section.readUInt8(6),
    lastSectionNumber: section.readUInt8(7),
    end,
  };
}

/** The loop of `length` bytes at `start`, or what there is of it before `end`. */
export function loopWithin(section: Buffer, start: number, length: number, end: number): Buffer {
  const stop = Math.min(start + length, end);
  return section.subarray(Math.min(start, stop), stop);
}

/**
 * Makes a long-form section: header, body, CRC_32.
 * @param extension table_id_extension
 * @param body its parts in order
 * @param dvb true for tables of EN 300 468, where the bit behind section_syntax_indicator is 1, and 0 in those of 13818-1
 * @throws RangeError when the section would be longer than `limit` bytes: divide the table into more sections
 */
export function sealSection(
  tableId: number,
  extension: number,
  header: SectionHeader,
  body: readonly Buffer[],
  dvb: boolean,
  limit = MAX_SECTION,
): Buffer {
  const bodyLength = body.reduce((sum, part) => sum + part.length, 0);
  const section = Buffer.alloc(BODY + bodyLength + CRC_LENGTH);
  if (section.length > limit) {
    throw new RangeError(`a section of table ${tableId} would be ${section.length} bytes, ${limit} at most`);
  }
  section.writeUInt8(tableId, 0);
  section.writeUInt16BE((dvb ? 0xf000 : 0xb000) | (section.length - 3), 1);
  section.writeUInt16BE(extension, 3);
  section.writeUInt8(0xc0 | ((header.version & 0x1f) << 1) | (header.current ? 1 : 0), 5);
  section.writeUInt8(header.sectionNumber, 6);
  section.writeUInt8(header.lastSectionNumber, 7);
  let at = BODY;
  for (const part of body) at += part.copy(section, at);
  section.writeUInt32BE(crc32Mpeg(section, 0, at), at);
  return section;
}

/** A 16-bit number whose upper bits hold `flags` and whose lower 12 a length: how every loop of PSI/SI begins. */
export function loopLength(flags: number, length: number): Buffer {
  if (length > 0x0fff) throw new RangeError(`a loop of ${length} bytes, 4095 at most`);
  return uint16(flags | length);
}

/** Two bytes, big endian. */
export function uint16(value: number): Buffer {
  const two = Buffer.alloc(2);
  two.writeUInt16BE(value);
  return two;
}
