/** Pixels of the longer side: sharp on a television, and small. */
export const LOGO_SIDE = 256;
/** Bytes that the box takes. */
export const LOGO_BYTES = 64 * 1024;

/** The size to draw a picture in, whole pixels: none is made larger. */
export function logoSize(width: number, height: number, side = LOGO_SIDE): { width: number; height: number } {
  const scale = Math.min(1, side / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
