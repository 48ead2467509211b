/** Run-length coded pixels. @see EN 300 743 §7.2.5.2, §11 */

/** data_type that ends a line of an object. @see EN 300 743 table 21 */
export const END_OF_LINE = 0xf0;

/** Takes the runs of one line, from left to right. */
export interface RunSink {
  /** The line has come to its region's right edge. */
  readonly full: boolean;
  /** @param code pixel code as coded, before any map table */
  run(length: number, code: number): void;
}

/** Symbols of 2, 4 or 8 bits. All fields of a code string are whole symbols; behind the end there are zeros, which end it. */
class Symbols {
  readonly #data: Uint8Array;
  readonly #from: number;
  readonly #bits: number;
  #count = 0;

  constructor(data: Uint8Array, from: number, bits: 2 | 4 | 8) {
    this.#data = data;
    this.#from = from;
    this.#bits = bits;
  }

  next(): number {
    const bit = this.#count++ * this.#bits;
    const byte = this.#data[this.#from + (bit >> 3)] ?? 0;
    return (byte >> (8 - this.#bits - (bit & 7))) & ((1 << this.#bits) - 1);
  }

  /** The next whole byte. */
  get end(): number {
    return this.#from + Math.ceil((this.#count * this.#bits) / 8);
  }
}

/** @returns where the next data_type is. @see EN 300 743 §7.2.5.2.1, table 42 */
export function read2BitString(data: Uint8Array, from: number, sink: RunSink): number {
  const symbols = new Symbols(data, from, 2);
  for (;;) {
    singlePixels(symbols, sink);
    const first = symbols.next();
    if (first === 1) sink.run(1, 0);
    else if (first > 1) sink.run((((first & 1) << 2) | symbols.next()) + 3, symbols.next());
    else {
      const second = symbols.next();
      if (second === 0) return symbols.end;
      if (second === 1) sink.run(2, 0);
      else if (second === 2) sink.run(number(symbols, 2, 2) + 12, symbols.next());
      else sink.run(number(symbols, 4, 2) + 29, symbols.next());
    }
  }
}

/** @returns where the next data_type is. @see EN 300 743 §7.2.5.2.2, table 43 */
export function read4BitString(data: Uint8Array, from: number, sink: RunSink): number {
  const symbols = new Symbols(data, from, 4);
  for (;;) {
    singlePixels(symbols, sink);
    const what = symbols.next();
    if (what === 0) return symbols.end;
    if (what < 8) sink.run(what + 2, 0);
    else if (what < 12) sink.run((what & 3) + 4, symbols.next());
    else if (what < 14) sink.run(what - 11, 0);
    else if (what === 14) sink.run(symbols.next() + 9, symbols.next());
    else sink.run(number(symbols, 2, 4) + 25, symbols.next());
  }
}

/**
 * ffmpeg's encoder ends a string with one zero byte instead of two. The end of line code behind it then looks like a run;
 * but behind the right edge no run can be meant.
 * @returns where the next data_type is
 * @see EN 300 743 §7.2.5.2.3, table 44
 */
export function read8BitString(data: Uint8Array, from: number, sink: RunSink): number {
  const symbols = new Symbols(data, from, 8);
  for (;;) {
    singlePixels(symbols, sink);
    const what = symbols.next();
    if (what === 0) return symbols.end;
    if (what === END_OF_LINE && sink.full) return symbols.end - 1;
    if (what < 0x80) sink.run(what, 0);
    else sink.run(what & 0x7f, symbols.next());
  }
}

/** Pixels that stand for themselves, up to the symbol 0 that a run or the end of the string begins with. */
function singlePixels(symbols: Symbols, sink: RunSink): void {
  for (let code = symbols.next(); code !== 0; code = symbols.next()) sink.run(1, code);
}

/** A field of several symbols. */
function number(symbols: Symbols, count: number, bits: number): number {
  let value = 0;
  for (let symbol = 0; symbol < count; symbol++) value = (value << bits) | symbols.next();
  return value;
}
