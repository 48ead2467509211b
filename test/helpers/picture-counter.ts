import { COUNTER_GEOMETRY, counterValue } from "../../src/tuner/drivers/mock/counter-geometry.ts";

/** Share of a block's width and height around its middle that is looked at: its edges blur when a picture is scaled. */
const CORE = 0.5;
/** Difference of luma between white and black below which this is no counter. */
const CONTRAST = 80;

/**
 * Reads the mock's frame counter out of a picture of any size from about 160 x 90 on: a canvas, a screenshot of the video
 * alone, a decoded frame.
 * @param rgba four bytes per pixel, row by row
 * @returns 0..255, or null when there is no counter to be read
 */
export function readCounter(rgba: Uint8Array, width: number, height: number): number | null {
  if (rgba.length < width * height * 4) return null;
  const { left, blockWidth, top, height: rowHeight, blocks } = COUNTER_GEOMETRY;
  const luma = blocks.map((_, index) =>
    meanLuma(rgba, width, {
      x: (left + (index + (1 - CORE) / 2) * blockWidth) * width,
      y: (top + ((1 - CORE) / 2) * rowHeight) * height,
      w: CORE * blockWidth * width,
      h: CORE * rowHeight * height,
    }),
  );
  const whites = luma.filter((_, index) => blocks[index] === "white");
  const blacks = luma.filter((_, index) => blocks[index] === "black");
  const white = Math.min(...whites);
  const black = Math.max(...blacks);
  if (white - black < CONTRAST) return null;
  return counterValue(luma.map((value) => value > (white + black) / 2));
}

function meanLuma(
  rgba: Uint8Array,
  width: number,
  area: { x: number; y: number; w: number; h: number },
): number {
  let sum = 0;
  let count = 0;
  for (let y = Math.floor(area.y); y <= Math.floor(area.y + area.h); y++) {
    for (let x = Math.floor(area.x); x <= Math.floor(area.x + area.w); x++) {
      const at = (y * width + x) * 4;
      sum += 0.299 * (rgba[at] ?? 0) + 0.587 * (rgba[at + 1] ?? 0) + 0.114 * (rgba[at + 2] ?? 0);
      count++;
    }
  }
  return sum / count;
}
