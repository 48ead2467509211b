/**
 * Teletext subtitles as a broadcaster sends them: one page whose line changes and is cleared again, in PES packets that
 * fill one transport packet each.
 * @see EN 300 472 §4, EN 300 706 §7, §9
 */

/** Length of PES_header_data that makes the header 45 bytes. @see EN 300 472 §4.2 */
export const TELETEXT_HEADER_DATA_LENGTH = 0x24;

const DATA_IDENTIFIER = 0x10;
const SUBTITLE_UNIT = 0x03;
const STUFFING_UNIT = 0xff;
const UNIT_LENGTH = 44;
const UNITS = 3;
const FRAMING_CODE = 0x27;
const COLUMNS = 40;
/** Lines of the field-blanking interval that the three packets pretend to come from: first field, 7 to 9. */
const FIRST_LINE = 7;

const HAMMING_8_4 = [
  0x15, 0x02, 0x49, 0x5e, 0x64, 0x73, 0x38, 0x2f, 0xd0, 0xc7, 0x8c, 0x9b, 0xa1, 0xb6, 0xfd, 0xea,
];
const START_BOX = 0x0b;
const END_BOX = 0x0a;
const DOUBLE_HEIGHT = 0x0d;

/** French national option subset. @see EN 300 706 table 36 */
const FRENCH: Readonly<Record<string, number>> = {
  é: 0x23,
  ï: 0x24,
  à: 0x40,
  ë: 0x5b,
  ê: 0x5c,
  ù: 0x5d,
  î: 0x5e,
  è: 0x60,
  â: 0x7b,
  ô: 0x7c,
  û: 0x7d,
  ç: 0x7e,
};
/** C12..C14 of French, in the nibble behind C11. */
const FRENCH_OPTION = 0b0010;

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let mirror = 0;
  for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 1) mirror |= 0x80 >> bit;
  return mirror;
});

const hamming = (nibble: number): number => HAMMING_8_4[nibble & 0x0f] ?? 0;

function oddParity(character: number): number {
  let ones = 0;
  for (let bit = 0; bit < 7; bit++) ones += (character >> bit) & 1;
  return ones % 2 === 0 ? character | 0x80 : character;
}

/** One data unit; `content` are the 42 bytes behind the framing code, first bit lowest. */
function unit(line: number, content: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 + UNIT_LENGTH);
  bytes.set([SUBTITLE_UNIT, UNIT_LENGTH, 0xe0 | line, reversed[FRAMING_CODE] ?? 0]);
  content.forEach((byte, index) => (bytes[4 + index] = reversed[byte] ?? 0));
  return bytes;
}

const address = (magazine: number, row: number): number[] => [
  hamming((magazine & 7) | ((row & 1) << 3)),
  hamming(row >> 1),
];

/** Row 0: page number and control bits; erase (C4), subtitle (C6), suppress header (C7), update (C8). */
function header(line: number, page: number, tensAndUnits: number): Buffer {
  const control = [0, 0b1000, 0, 0b1000, 0b0011, FRENCH_OPTION];
  return unit(line, [
    ...address(Math.trunc(page / 100), 0),
    hamming(tensAndUnits & 0x0f),
    hamming(tensAndUnits >> 4),
    ...control.map(hamming),
    ...Array<number>(32).fill(oddParity(0x20)),
  ]);
}

function textRow(line: number, page: number, row: number, text: string): Buffer {
  const characters = [...text].map((sign) => FRENCH[sign] ?? sign.charCodeAt(0) & 0x7f);
  const cells = [DOUBLE_HEIGHT, START_BOX, START_BOX, ...characters, END_BOX, END_BOX];
  const padded = [...cells, ...Array<number>(Math.max(0, COLUMNS - cells.length)).fill(0x20)].slice(
    0,
    COLUMNS,
  );
  return unit(line, [...address(Math.trunc(page / 100), row), ...padded.map(oddParity)]);
}

/**
 * What one PES packet carries.
 * @param text at most 35 characters of ASCII and French letters to show, "" to clear the page, null to send nothing but stuffing
 * @param page 100..899
 */
export function teletextData(page: number, text: string | null): Buffer {
  const units: Buffer[] = [];
  if (text !== null) {
    const tensAndUnits = ((Math.trunc(page / 10) % 10) << 4) | (page % 10);
    units.push(header(FIRST_LINE, page, tensAndUnits));
    if (text !== "") units.push(textRow(FIRST_LINE + 1, page, 22, text));
    // The next header of the magazine says that the page is complete; 0xFF is no page. @see EN 300 706 §9.3.1.1
    units.push(header(FIRST_LINE + 2, page, 0xff));
  }
  while (units.length < UNITS) {
    units.push(Buffer.concat([Buffer.from([STUFFING_UNIT, UNIT_LENGTH]), Buffer.alloc(UNIT_LENGTH, 0xff)]));
  }
  return Buffer.concat([Buffer.from([DATA_IDENTIFIER]), ...units]);
}

/** Packets in one turn of the subtitles, and how many pictures each of them stands for. */
export const TELETEXT_PACKETS = 64;
export const TELETEXT_PICTURES = 4;

/**
 * One turn of subtitles, as long as the pictures' loop: a line at counter 0, 64, 128, 192 that names the value of the
 * counter it belongs to, cleared 48 pictures later.
 */
export function teletextTurn(page: number): Buffer[] {
  return Array.from({ length: TELETEXT_PACKETS }, (_, slot) => {
    const counter = slot * TELETEXT_PICTURES;
    if (counter % 64 === 0) return teletextData(page, `Télétexte : image ${counter}`);
    return teletextData(page, counter % 64 === 48 ? "" : null);
  });
}
