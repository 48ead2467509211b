import { inflateSync } from "node:zlib";
import { DEFAULT_MAPS, type Depth } from "./default-cluts.ts";
import {
  END_OF_LINE,
  read2BitString,
  read4BitString,
  read8BitString,
  type RunSink,
} from "./pixel-strings.ts";
import { unfilter } from "./scanlines.ts";

/** Objects drawn into regions. @see EN 300 743 §7.2.5 */

/** Where an object goes. */
export interface Canvas {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly depth: Depth;
}

/** What there is of an object, before it is known which regions want it. */
export type ObjectData =
  | { readonly coding: "fields"; readonly hole: number; readonly top: Buffer; readonly bottom: Buffer }
  | {
      readonly coding: "progressive";
      readonly hole: number;
      readonly width: number;
      readonly height: number;
      readonly compressed: Buffer;
    };

/** The non-modifying colour is entry 1; this is none. */
const NO_HOLE = -1;

/**
 * Strings of characters (coding method 1) are left out: their codes are a private agreement between broadcaster and
 * receiver maker, and the standard has no table. @see EN 300 743 §7.2.5 (character_code)
 * @param body what follows segment_length
 */
export function parseObjectData(body: Buffer): ObjectData | null {
  if (body.length < 7) return null;
  const hole = (body.readUInt8(2) & 0x02) !== 0 ? 1 : NO_HOLE;
  const method = (body.readUInt8(2) >> 2) & 3;
  if (method === 0) {
    const middle = 7 + body.readUInt16BE(3);
    const end = middle + body.readUInt16BE(5);
    if (end > body.length) return null;
    const top = body.subarray(7, middle);
    // An object without a bottom field has the top field's lines twice.
    return { coding: "fields", hole, top, bottom: end === middle ? top : body.subarray(middle, end) };
  }
  if (method === 2 && body.length >= 9) {
    const compressed = body.subarray(9, 9 + body.readUInt16BE(7));
    return {
      coding: "progressive",
      hole,
      width: body.readUInt16BE(3),
      height: body.readUInt16BE(5),
      compressed,
    };
  }
  return null;
}

/** Draws with the object's top left pixel at x, y. What does not fit is clipped. */
export function drawObject(object: ObjectData, canvas: Canvas, x: number, y: number): void {
  if (object.coding === "progressive") {
    drawProgressive(object, canvas, x, y);
    return;
  }
  drawField(object.top, canvas, object.hole, x, y);
  drawField(object.bottom, canvas, object.hole, x, y + 1);
}

/** Puts runs onto one line after another. */
class Pen implements RunSink {
  readonly #canvas: Canvas;
  readonly #hole: number;
  readonly #left: number;
  #x: number;
  #y: number;
  /** Entry of the region's table for each pixel code; null: the code itself. */
  map: ArrayLike<number> | null = null;

  constructor(canvas: Canvas, hole: number, x: number, y: number) {
    this.#canvas = canvas;
    this.#hole = hole;
    this.#left = this.#x = x;
    this.#y = y;
  }

  get full(): boolean {
    return this.#x >= this.#canvas.width;
  }

  run(length: number, code: number): void {
    const { pixels, width, height } = this.#canvas;
    const entry = this.map === null ? code : (this.map[code] ?? 0);
    const from = this.#x;
    this.#x = Math.min(from + length, width);
    if (entry === this.#hole || from >= width || this.#y >= height) return;
    const at = this.#y * width + from;
    if (length === 1) pixels[at] = entry;
    else pixels.fill(entry, at, this.#y * width + this.#x);
  }

  /** The field's next line is the frame's next but one. */
  nextLine(step: number): void {
    this.#x = this.#left;
    this.#y += step;
  }
}

/**
 * One field's sub-blocks. Map tables last until its end; what is not known, or too deep for the region, ends it.
 * @see EN 300 743 §7.2.5.1
 */
function drawField(data: Buffer, canvas: Canvas, hole: number, x: number, y: number): void {
  const pen = new Pen(canvas, hole, x, y);
  let {
    twoToFour,
    twoToEight,
    fourToEight,
  }: Record<keyof typeof DEFAULT_MAPS, ArrayLike<number>> = DEFAULT_MAPS;
  const { depth } = canvas;
  for (let at = 0; at < data.length;) {
    const type = data[at++];
    if (type === 0x10) {
      pen.map = depth === 8 ? twoToEight : depth === 4 ? twoToFour : null;
      at = read2BitString(data, at, pen);
    } else if (type === 0x11 && depth >= 4) {
      pen.map = depth === 8 ? fourToEight : null;
      at = read4BitString(data, at, pen);
    } else if (type === 0x12 && depth === 8) {
      pen.map = null;
      at = read8BitString(data, at, pen);
    } else if (type === 0x20) {
      twoToFour = Array.from(data.subarray(at, at + 2)).flatMap((byte) => [byte >> 4, byte & 15]);
      at += 2;
    } else if (type === 0x21) {
      twoToEight = data.subarray(at, at + 4);
      at += 4;
    } else if (type === 0x22) {
      fourToEight = data.subarray(at, at + 16);
      at += 16;
    } else if (type === END_OF_LINE) pen.nextLine(2);
    else return;
  }
}

/**
 * Scanlines as in PNG, with as many bits a pixel as the region has, or fewer: the length tells.
 * @see EN 300 743 §7.2.5.3
 */
function drawProgressive(
  object: ObjectData & { readonly coding: "progressive" },
  canvas: Canvas,
  x: number,
  y: number,
): void {
  const { width, height } = object;
  // No object is larger than the region that it is for: a few bytes of zlib could promise gigabytes.
  if (width === 0 || width > canvas.width || height === 0 || height > canvas.height) return;
  let filtered: Buffer;
  try {
    filtered = inflateSync(object.compressed, { maxOutputLength: (width + 1) * height });
  } catch {
    return; // damaged on the way: the object stays away
  }
  const lineOf = (bits: number): number => 1 + Math.ceil((width * bits) / 8);
  const bits = [canvas.depth, 8, 4, 2].find(
    (bits) => bits <= canvas.depth && filtered.length === lineOf(bits) * height,
  );
  if (bits === undefined || !unfilter(filtered, lineOf(bits), height)) return;
  const pen = new Pen(canvas, object.hole, x, y);
  for (let line = 0; line < height; line++) {
    const from = line * lineOf(bits) + 1;
    for (let pixel = 0; pixel < width; pixel++) {
      const byte = filtered[from + ((pixel * bits) >> 3)] ?? 0;
      pen.run(1, (byte >> (8 - bits - ((pixel * bits) & 7))) & ((1 << bits) - 1));
    }
    pen.nextLine(1);
  }
}
