/** Teletext packets for tests, made from the standard's formulas and not from what is tested. @see EN 300 706 */

/** 42 bytes behind the framing code, first transmitted bit lowest. */
export type Line = readonly number[];

const ones = (value: number): number => [...value.toString(2)].filter((digit) => digit === "1").length;
const bit = (value: number, index: number): number => (value >> index) & 1;

/** @see EN 300 706 §8.1 */
export const parity = (code: number): number => (ones(code & 0x7f) % 2 ? code & 0x7f : code | 0x80);

/** @see EN 300 706 §8.2 */
export function hamming84(nibble: number): number {
  const [d1, d2, d3, d4] = [0, 1, 2, 3].map((index) => bit(nibble, index)) as [
    number,
    number,
    number,
    number,
  ];
  const p1 = (1 + d1 + d3 + d4) % 2;
  const p2 = (1 + d1 + d2 + d4) % 2;
  const p3 = (1 + d1 + d2 + d3) % 2;
  const p4 = (1 + p1 + d1 + p2 + d2 + p3 + d3 + d4) % 2;
  return [p1, d1, p2, d2, p3, d3, p4, d4].reduce((byte, value, index) => byte | (value << index), 0);
}

/** @see EN 300 706 §8.3 */
export function hamming2418(value: number): number[] {
  const bits: number[] = new Array<number>(25).fill(0);
  const data = [3, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23];
  data.forEach((place, index) => (bits[place] = bit(value, index)));
  for (const test of [1, 2, 4, 8, 16]) {
    let sum = 1;
    for (let place = 1; place <= 23; place++) if (place & test && place !== test) sum += bits[place] ?? 0;
    bits[test] = sum % 2;
  }
  bits[24] = (1 + bits.reduce((sum, one) => sum + one, 0)) % 2;
  return [1, 9, 17].map((from) =>
    bits.slice(from, from + 8).reduce((byte, one, index) => byte | (one << index), 0),
  );
}

const address = (magazine: number, number: number): number[] => [
  hamming84((magazine & 7) | ((number & 1) << 3)),
  hamming84(number >> 1),
];

export interface HeaderSpec {
  /** 1..8 */
  readonly magazine: number;
  /** 0x00..0xFF */
  readonly page: number;
  /** C4, default true. */
  readonly erase?: boolean;
  /** C5, default false. */
  readonly newsflash?: boolean;
  /** C6, default true. */
  readonly subtitle?: boolean;
  /** C8, default false. */
  readonly update?: boolean;
  /** C10, default false. */
  readonly inhibit?: boolean;
  /** C11, default false. */
  readonly serial?: boolean;
  /** C12..C14, default 0. */
  readonly national?: number;
}

export function header(spec: HeaderSpec): Line {
  const { erase = true, subtitle = true, national = 0 } = spec;
  const control = [
    erase ? 8 : 0,
    0,
    (spec.newsflash ? 4 : 0) | (subtitle ? 8 : 0),
    1 | (spec.update ? 2 : 0) | (spec.inhibit ? 8 : 0),
    (spec.serial ? 1 : 0) | (bit(national, 2) << 1) | (bit(national, 1) << 2) | (bit(national, 0) << 3),
  ] as const;
  return [
    ...address(spec.magazine, 0),
    hamming84(spec.page & 15),
    hamming84(spec.page >> 4),
    hamming84(0),
    hamming84(control[0]),
    hamming84(control[1]),
    hamming84(control[2]),
    hamming84(control[3]),
    hamming84(control[4]),
    ...codes("THE HEADER IS NOT SHOWN         ").map(parity),
  ];
}

/** Ends a page: "time filling". @see EN 300 706 §3.1 */
export const filling = (magazine: number, serial = false): Line =>
  header({ magazine, page: 0xff, subtitle: false, erase: false, serial });

/** ASCII, or codes as they are. */
export const codes = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));

/** @param content codes 0..0x7F from column 0 on */
export const row = (magazine: number, number: number, content: readonly number[]): Line => [
  ...address(magazine, number),
  ...[...content, ...new Array<number>(40).fill(0x20)].slice(0, 40).map(parity),
];

export const START_BOX = [0x0b, 0x0b];
export const END_BOX = [0x0a, 0x0a];
export const DOUBLE_HEIGHT = [0x0d];

/** A row as subtitles have it. @param column at which the text begins, from 3 on, or 2 without double height */
export function boxed(
  magazine: number,
  number: number,
  content: readonly number[] | string,
  { column = 8, doubleHeight = true } = {},
): Line {
  const before = [...(doubleHeight ? DOUBLE_HEIGHT : []), ...START_BOX];
  const lead = new Array<number>(Math.max(0, column - before.length)).fill(0x20);
  const text = typeof content === "string" ? codes(content) : content;
  return row(magazine, number, [...lead, ...before, ...text, ...END_BOX]);
}

export interface Triplet {
  /** 0..39 columns, 40..63 rows. */
  readonly address: number;
  readonly mode: number;
  readonly data: number;
}

/** A character over one of a row's. */
export const character = (column: number, mode: number, code: number): Triplet => ({
  address: column,
  mode,
  data: code,
});
export const activeRow = (number: number): Triplet => ({
  address: 40 + (number % 24),
  mode: 0x04,
  data: 0,
});
export const G2 = 0x0f;
/** @param accent 0 none, 1 grave, 2 acute, ... 15 caron */
export const accent = (index: number): number => 0x10 + index;

/** X/26; what is left over is filled with termination markers. @param code designation, 0..15 */
export function enhancement(magazine: number, code: number, triplets: readonly Triplet[]): Line {
  const end: Triplet = { address: 63, mode: 0x1f, data: 0x07 };
  const all = [...triplets, ...new Array<Triplet>(13).fill(end)].slice(0, 13);
  return [
    ...address(magazine, 26),
    hamming84(code),
    ...all.flatMap((triplet) => hamming2418(triplet.address | (triplet.mode << 6) | (triplet.data << 11))),
  ];
}

/** X/28/0 or M/29/0 of format 1, or /4. @param first region * 8 + national option @param second 0x7F: none */
export function designation(magazine: number, number: 28 | 29, first: number, second = 0x7f, code = 0): Line {
  const bits = [(first << 7) | ((second & 0x0f) << 14), second >> 4];
  const triplets = [...bits, ...new Array<number>(11).fill(0)].flatMap(hamming2418);
  return [...address(magazine, number), hamming84(code), ...triplets];
}

const turned = (byte: number): number =>
  [0, 1, 2, 3, 4, 5, 6, 7].reduce((all, index) => all | (bit(byte, index) << (7 - index)), 0);

/** @param id 0x03 subtitle, 0x02 other teletext @see EN 300 472 §4.4 */
export const dataUnit = (line: Line, id = 0x03, lineOffset = 7): Buffer =>
  Buffer.from([id, 44, 0xe0 | lineOffset, 0xe4, ...line.map(turned)]);

/** Filled with stuffing data units to a whole number of transport packets. @see EN 300 472 §4.2 */
export function pesData(lines: readonly Line[], id = 0x03): Buffer {
  const units = lines.map((line, index) => dataUnit(line, id, 7 + (index % 16)));
  const stuffing = Buffer.concat([Buffer.from([0xff, 44]), Buffer.alloc(44, 0xff)]);
  while (units.length % 4 !== 3) units.push(stuffing);
  return Buffer.concat([Buffer.from([0x10]), ...units]);
}
