import type { BitmapRegion } from "./bitmap-subtitles.ts";

/**
 * The part of a region that can be seen: broadcasters send regions as wide as the screen, mostly empty.
 * @returns null when there is nothing to see
 */
export function cropRegion(region: BitmapRegion): BitmapRegion | null {
  const { width, height, palette, pixels } = region;
  const visible = new Uint8Array(256);
  for (let entry = 0; entry * 4 < palette.length; entry++) visible[entry] = palette[entry * 4 + 3] ?? 0;
  let left = width;
  let right = -1;
  let top = -1;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    const line = y * width;
    let first = 0;
    while (first < width && visible[pixels[line + first] ?? 0] === 0) first++;
    if (first === width) continue;
    let last = width - 1;
    while (visible[pixels[line + last] ?? 0] === 0) last--;
    if (top < 0) top = y;
    bottom = y;
    left = Math.min(left, first);
    right = Math.max(right, last);
  }
  if (right < 0) return null;
  const size = { width: right - left + 1, height: bottom - top + 1 };
  const part = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    const from = (top + y) * width + left;
    part.set(pixels.subarray(from, from + size.width), y * size.width);
  }
  return { ...size, x: region.x + left, y: region.y + top, palette, pixels: part };
}
