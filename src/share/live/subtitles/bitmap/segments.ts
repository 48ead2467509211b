import type { Depth } from "./default-cluts.ts";

/** The segments of a subtitle stream, read and checked. @see EN 300 743 §7.1, §7.2 */

export const SegmentType = {
  pageComposition: 0x10,
  regionComposition: 0x11,
  clutDefinition: 0x12,
  objectData: 0x13,
  displayDefinition: 0x14,
  alternativeClut: 0x16,
  endOfDisplaySet: 0x80,
} as const;

const DATA_IDENTIFIER = 0x20;
const SYNC_BYTE = 0x0f;
const HEADER = 6;
/** Objects of one region: a line of text has one, some broadcasters have one per word. Bounds memory. */
const MOST_OBJECTS = 512;

export interface Segment {
  /** {@link SegmentType}, or one that nobody here needs. */
  readonly type: number;
  readonly page: number;
  /** What follows segment_length. Valid during the call. */
  readonly body: Buffer;
}

/** The whole segments of a PES packet's data, in order; ends at what is not one. */
export function* segmentsOf(pesData: Buffer): Generator<Segment> {
  if (pesData[0] !== DATA_IDENTIFIER) return;
  // subtitle_stream_id is 0; other values were never defined.
  for (let at = 2; at + HEADER <= pesData.length && pesData[at] === SYNC_BYTE;) {
    const end = at + HEADER + pesData.readUInt16BE(at + 4);
    if (end > pesData.length) return;
    yield {
      type: pesData.readUInt8(at + 1),
      page: pesData.readUInt16BE(at + 2),
      body: pesData.subarray(at + HEADER, end),
    };
    at = end;
  }
}

/** @see EN 300 743 §7.2.1 */
export interface DisplayDefinition {
  readonly width: number;
  readonly height: number;
  /** Where the display window begins: region addresses count from there. */
  readonly x: number;
  readonly y: number;
}

/** The display of a service that defines none. @see EN 300 743 §7.2.3 (region_width, region_height) */
export const STANDARD_DISPLAY: DisplayDefinition = { width: 720, height: 576, x: 0, y: 0 };
const LARGEST = 4096;

/** @returns null when it is cut short or out of range */
export function parseDisplayDefinition(body: Buffer): DisplayDefinition | null {
  if (body.length < 5) return null;
  const windowed = (body.readUInt8(0) & 0x08) !== 0;
  const width = body.readUInt16BE(1) + 1;
  const height = body.readUInt16BE(3) + 1;
  if (width > LARGEST || height > LARGEST || (windowed && body.length < 13)) return null;
  if (!windowed) return { width, height, x: 0, y: 0 };
  const [x, right, y, bottom] = [5, 7, 9, 11].map((at) => body.readUInt16BE(at));
  if (x === undefined || y === undefined || right === undefined || bottom === undefined) return null;
  return x > right || right >= width || y > bottom || bottom >= height ? null : { width, height, x, y };
}

/** @see EN 300 743 §7.2.2 */
export interface PageComposition {
  /** Seconds, 0..255. */
  readonly timeOut: number;
  /** `normal`: only what changes; `acquisition`: everything; `mode change`: everything, and a new epoch. */
  readonly state: "normal" | "acquisition" | "mode change";
  readonly regions: readonly { readonly id: number; readonly x: number; readonly y: number }[];
}

export function parsePageComposition(body: Buffer): PageComposition | null {
  if (body.length < 2) return null;
  const state = (body.readUInt8(1) >> 2) & 3;
  const regions = [];
  for (let at = 2; at + 6 <= body.length && regions.length < 256; at += 6)
    regions.push({ id: body.readUInt8(at), x: body.readUInt16BE(at + 2), y: body.readUInt16BE(at + 4) });
  return {
    timeOut: body.readUInt8(0),
    state: state === 1 ? "acquisition" : state === 2 ? "mode change" : "normal",
    regions,
  };
}

/** @see EN 300 743 §7.2.3 */
export interface RegionComposition {
  readonly id: number;
  readonly fill: boolean;
  readonly width: number;
  readonly height: number;
  readonly depth: Depth;
  readonly clut: number;
  /** Entry of the colour table of this depth. */
  readonly background: number;
  /** Bitmaps of the stream; characters and objects of a receiver's ROM are left out. */
  readonly objects: readonly { readonly id: number; readonly x: number; readonly y: number }[];
}

const DEPTHS: readonly (Depth | undefined)[] = [undefined, 2, 4, 8];

/** @returns null when it is cut short, empty, or has a reserved depth */
export function parseRegionComposition(body: Buffer): RegionComposition | null {
  if (body.length < 10) return null;
  const width = body.readUInt16BE(2);
  const height = body.readUInt16BE(4);
  const depth = DEPTHS[(body.readUInt8(6) >> 2) & 7];
  if (depth === undefined || width === 0 || height === 0) return null;
  const codes = body.readUInt8(9);
  const objects = [];
  for (let at = 10; at + 6 <= body.length && objects.length < MOST_OBJECTS;) {
    const position = body.readUInt16BE(at + 2);
    const type = position >> 14;
    const provided = ((position >> 12) & 3) === 0;
    if (type === 0 && provided)
      objects.push({
        id: body.readUInt16BE(at),
        x: position & 0xfff,
        y: body.readUInt16BE(at + 4) & 0xfff,
      });
    // Characters bring their two colours along.
    at += type === 1 || type === 2 ? 8 : 6;
  }
  return {
    id: body.readUInt8(0),
    fill: (body.readUInt8(1) & 0x08) !== 0,
    width,
    height,
    depth,
    clut: body.readUInt8(7),
    background: depth === 8 ? body.readUInt8(8) : depth === 4 ? codes >> 4 : (codes >> 2) & 3,
    objects,
  };
}
