import { crc32, deflateSync } from "node:zlib";
import type { BitmapRegion } from "./bitmap-subtitles.ts";

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const INDEXED = 3;
/** Text of a few colours compresses as well at a low level, in less than half the time. */
const COMPRESSION_LEVEL = 4;

/**
 * An indexed picture. Colours that no pixel has are left out, so that most subtitles take four bits a pixel.
 * @param region as a rule what {@link cropRegion} left of one; at least one pixel
 * @see ISO/IEC 15948 §11.2
 */
export function encodePng(region: BitmapRegion): Buffer {
  const { width, height } = region;
  const { palette, entries } = usedColours(region);
  const colours = palette.length / 4;
  const bits = colours <= 2 ? 1 : colours <= 4 ? 2 : colours <= 16 ? 4 : 8;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(bits, 8);
  header.writeUInt8(INDEXED, 9);
  const rgb = Buffer.alloc(colours * 3);
  const alpha = Buffer.alloc(colours);
  for (let colour = 0; colour < colours; colour++) {
    rgb.set(palette.subarray(colour * 4, colour * 4 + 3), colour * 3);
    alpha[colour] = palette[colour * 4 + 3] ?? 0;
  }
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", rgb),
    chunk("tRNS", alpha),
    chunk("IDAT", deflateSync(scanlines(region, entries, bits), { level: COMPRESSION_LEVEL })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The colours that pixels have, each once; and for each entry of the region's palette its place among them. */
function usedColours({ palette, pixels }: BitmapRegion): { palette: Uint8Array; entries: Uint8Array } {
  const used = new Uint8Array(256);
  for (const entry of pixels) used[entry] = 1;
  const entries = new Uint8Array(256);
  const places = new Map<number, number>();
  const colours: number[] = [];
  for (let entry = 0; entry < 256; entry++) {
    if (used[entry] === 0) continue;
    const rgba = palette.subarray(entry * 4, entry * 4 + 4);
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba;
    // All that cannot be seen is one colour.
    const key = alpha === 0 ? 0 : ((red * 256 + green) * 256 + blue) * 256 + alpha;
    const place = places.get(key) ?? places.size;
    if (place === places.size) colours.push(...(alpha === 0 ? [0, 0, 0, 0] : [red, green, blue, alpha]));
    places.set(key, place);
    entries[entry] = place;
  }
  return { palette: Uint8Array.from(colours), entries };
}

/** Lines of packed pixels, each behind a filter type of 0: filters do not help where numbers stand for colours. */
function scanlines({ width, height, pixels }: BitmapRegion, entries: Uint8Array, bits: number): Uint8Array {
  const lineBytes = 1 + Math.ceil((width * bits) / 8);
  const lines = new Uint8Array(lineBytes * height);
  for (let y = 0; y < height; y++) {
    let at = y * lineBytes + 1;
    let shift = 8;
    let byte = 0;
    for (let pixel = y * width; pixel < (y + 1) * width; pixel++) {
      shift -= bits;
      byte |= (entries[pixels[pixel] ?? 0] ?? 0) << shift;
      if (shift > 0) continue;
      lines[at++] = byte;
      shift = 8;
      byte = 0;
    }
    if (shift < 8) lines[at] = byte;
  }
  return lines;
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, "latin1");
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
