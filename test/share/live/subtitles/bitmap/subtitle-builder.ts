/** DVB subtitle streams for tests, exact to the bit. @see EN 300 743 §7.2 */

export type Bits = 2 | 4 | 8;

const DEPTH_CODE: Record<Bits, number> = { 2: 1, 4: 2, 8: 3 };

const u16 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value & 0xffff, index * 2));
  return bytes;
};

/** @param page default 1 */
export const segment = (type: number, body: Buffer, page = 1): Buffer =>
  Buffer.concat([Buffer.from([0x0f, type]), u16(page, body.length), body]);

/** The data of a PES packet, with its end marker. */
export const pesData = (...segments: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([0x20, 0x00]), ...segments, Buffer.from([0xff])]);

export const STATE = { normal: 0, acquisition: 1, modeChange: 2 } as const;

export interface PageSpec {
  readonly page?: number;
  /** Default 10 s. */
  readonly timeOut?: number;
  /** Default 0. */
  readonly version?: number;
  /** Default mode change. */
  readonly state?: number;
  /** Region id, x, y. */
  readonly regions?: readonly (readonly [number, number, number])[];
}

export const pageComposition = (spec: PageSpec = {}): Buffer =>
  segment(
    0x10,
    Buffer.concat([
      Buffer.from([
        spec.timeOut ?? 10,
        ((spec.version ?? 0) << 4) | ((spec.state ?? STATE.modeChange) << 2) | 3,
      ]),
      ...(spec.regions ?? []).map(([id, x, y]) => Buffer.concat([Buffer.from([id, 0xff]), u16(x, y)])),
    ]),
    spec.page,
  );

export interface RegionSpec {
  readonly page?: number;
  /** Default 0. */
  readonly id?: number;
  readonly version?: number;
  /** Default true. */
  readonly fill?: boolean;
  readonly width: number;
  readonly height: number;
  /** Default 4. */
  readonly bits?: Bits;
  /** Default 0. */
  readonly clut?: number;
  /** Entry that the region is filled with; default 0. */
  readonly background?: number;
  readonly objects?: readonly {
    readonly id: number;
    readonly x?: number;
    readonly y?: number;
    /** 0 bitmap (default), 1 character, 2 string. */
    readonly type?: number;
  }[];
}

export function regionComposition(spec: RegionSpec): Buffer {
  const bits = spec.bits ?? 4;
  const background = spec.background ?? 0;
  // The codes for the other depths are all ones: nobody may take them.
  const codes = {
    2: [0xff, 0xf3 | (background << 2)],
    4: [0xff, (background << 4) | 0x0f],
    8: [background, 0xff],
  }[bits];
  return segment(
    0x11,
    Buffer.concat([
      Buffer.from([spec.id ?? 0, ((spec.version ?? 0) << 4) | ((spec.fill ?? true) ? 8 : 0) | 7]),
      u16(spec.width, spec.height),
      Buffer.from([(DEPTH_CODE[bits] << 5) | (DEPTH_CODE[bits] << 2) | 3, spec.clut ?? 0, ...codes]),
      ...(spec.objects ?? []).map(({ id, x = 0, y = 0, type = 0 }) =>
        Buffer.concat([u16(id, (type << 14) | x, 0xf000 | y), Buffer.from(type === 0 ? [] : [1, 2])]),
      ),
    ]),
    spec.page,
  );
}

export interface Colour {
  readonly entry: number;
  readonly bits: Bits;
  readonly y: number;
  readonly cr: number;
  readonly cb: number;
  readonly t: number;
  /** full_range_flag, default true; else the lower bits are lost. */
  readonly full?: boolean;
}

export const clutDefinition = (id: number, colours: readonly Colour[], page = 1, version = 0): Buffer =>
  segment(
    0x12,
    Buffer.concat([
      Buffer.from([id, (version << 4) | 0x0f]),
      ...colours.map(({ entry, bits, y, cr, cb, t, full = true }) => {
        const flags = ({ 2: 0x80, 4: 0x40, 8: 0x20 } as const)[bits] | 0x1e | (full ? 1 : 0);
        const short = ((y >> 2) << 10) | ((cr >> 4) << 6) | ((cb >> 4) << 2) | (t >> 6);
        return Buffer.concat([Buffer.from([entry, flags]), full ? Buffer.from([y, cr, cb, t]) : u16(short)]);
      }),
    ]),
    page,
  );

export interface ObjectSpec {
  readonly page?: number;
  readonly id?: number;
  readonly version?: number;
  /** non_modifying_colour_flag, default false. */
  readonly hole?: boolean;
  readonly top: Buffer;
  /** Default: none, the top field's lines come twice. */
  readonly bottom?: Buffer;
}

export const objectData = (spec: ObjectSpec): Buffer =>
  segment(
    0x13,
    Buffer.concat([
      u16(spec.id ?? 0),
      Buffer.from([((spec.version ?? 0) << 4) | (spec.hole ? 2 : 0) | 1]),
      u16(spec.top.length, spec.bottom?.length ?? 0),
      spec.top,
      spec.bottom ?? Buffer.alloc(0),
    ]),
    spec.page,
  );

/** Coding method 2. @param compressed zlib stream of PNG's filtered scanlines */
export const progressiveObject = (
  id: number,
  width: number,
  height: number,
  compressed: Buffer,
  hole = false,
): Buffer =>
  segment(
    0x13,
    Buffer.concat([
      u16(id),
      Buffer.from([0x08 | (hole ? 2 : 0)]),
      u16(width, height, compressed.length),
      compressed,
    ]),
  );

/** @param window left, right, top, bottom, all inclusive */
export const displayDefinition = (
  width: number,
  height: number,
  window?: readonly [number, number, number, number],
  page = 1,
): Buffer =>
  segment(
    0x14,
    Buffer.concat([
      Buffer.from([window === undefined ? 0x07 : 0x0f]),
      u16(width - 1, height - 1),
      u16(...(window ?? [])),
    ]),
    page,
  );

export const endOfDisplaySet = (page = 1): Buffer => segment(0x80, Buffer.alloc(0), page);

class BitWriter {
  readonly #bits: number[] = [];

  put(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push((value >> bit) & 1);
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, at) => (bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (bit << (7 - (at & 7)))));
    return bytes;
  }
}

/** Length of the run that begins at `from`. */
function runLength(line: ArrayLike<number>, from: number): number {
  let to = from + 1;
  while (to < line.length && line[to] === line[from]) to++;
  return to - from;
}

/** A code for each length range, the longest that fits first: [least, most, write]. */
type RunCode = readonly [number, number, (writer: BitWriter, length: number, code: number) => void];

const CODES: Record<Bits, (code: number) => readonly RunCode[]> = {
  2: (code) => [
    [29, 284, (w, n, c) => (w.put(3, 6), w.put(n - 29, 8), w.put(c, 2))],
    [12, 27, (w, n, c) => (w.put(2, 6), w.put(n - 12, 4), w.put(c, 2))],
    [3, 10, (w, n, c) => (w.put(1, 3), w.put(n - 3, 3), w.put(c, 2))],
    ...(code === 0
      ? ([
          [2, 2, (w) => w.put(1, 6)],
          [1, 1, (w) => w.put(1, 4)],
        ] satisfies RunCode[])
      : ([[1, 1, (w, _, c) => w.put(c, 2)]] satisfies RunCode[])),
  ],
  4: (code) => [
    [25, 280, (w, n, c) => (w.put(0x0f, 8), w.put(n - 25, 8), w.put(c, 4))],
    [9, 24, (w, n, c) => (w.put(0x0e, 8), w.put(n - 9, 4), w.put(c, 4))],
    ...(code === 0
      ? ([
          [3, 9, (w, n) => w.put(n - 2, 8)],
          [2, 2, (w) => w.put(0x0d, 8)],
          [1, 1, (w) => w.put(0x0c, 8)],
        ] satisfies RunCode[])
      : ([
          [4, 7, (w, n, c) => (w.put(2, 6), w.put(n - 4, 2), w.put(c, 4))],
          [1, 1, (w, _, c) => w.put(c, 4)],
        ] satisfies RunCode[])),
  ],
  8: (code) =>
    code === 0
      ? [[1, 127, (w, n) => w.put(n, 16)]]
      : [
          [3, 127, (w, n, c) => (w.put(0x80 | n, 16), w.put(c, 8))],
          [1, 1, (w, _, c) => w.put(c, 8)],
        ],
};

const TYPE: Record<Bits, number> = { 2: 0x10, 4: 0x11, 8: 0x12 };
const END: Record<Bits, number> = { 2: 6, 4: 8, 8: 16 };

/** data_type and code string of one line. @see EN 300 743 §11 */
export function codeString(line: ArrayLike<number>, bits: Bits): Buffer {
  const writer = new BitWriter();
  for (let at = 0; at < line.length;) {
    const code = line[at] ?? 0;
    const run = runLength(line, at);
    const fitting = CODES[bits](code).find(([least]) => run >= least);
    if (fitting === undefined) throw new RangeError(`no code for ${run} pixels`);
    const length = Math.min(run, fitting[1]);
    fitting[2](writer, length, code);
    at += length;
  }
  writer.put(0, END[bits]);
  return Buffer.concat([Buffer.from([TYPE[bits]]), writer.bytes()]);
}

/** One field: each line's code string and the end of line code. */
export const field = (lines: readonly ArrayLike<number>[], bits: Bits): Buffer =>
  Buffer.concat(lines.flatMap((line) => [codeString(line, bits), Buffer.from([0xf0])]));

/** An object as two fields, from the lines of the frame. */
export const interlaced = (
  lines: readonly ArrayLike<number>[],
  bits: Bits,
): { readonly top: Buffer; readonly bottom: Buffer } => ({
  top: field(
    lines.filter((_, line) => line % 2 === 0),
    bits,
  ),
  bottom: field(
    lines.filter((_, line) => line % 2 === 1),
    bits,
  ),
});
