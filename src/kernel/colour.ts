/** Least contrast of text that anybody is to read. @see WCAG 2.2 §1.4.3, AA */
export const LEAST_CONTRAST = 4.5;

/** `#0f6e66`. */
export const COLOUR = "^#[0-9a-fA-F]{6}$";

/** @param a `#rrggbb` @returns 1 to 21 @see WCAG 2.2, contrast ratio */
export function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

/** Whether text of this colour can be read on every one of these grounds. */
export function isReadable(colour: string, grounds: readonly string[]): boolean {
  return grounds.every((ground) => contrast(colour, ground) >= LEAST_CONTRAST);
}

/**
 * The nearest of its shades that can be read on these grounds: as much of `towards` is mixed in as it needs.
 * @param towards black or white, whichever is readable itself
 */
export function readableShade(colour: string, towards: string, grounds: readonly string[]): string {
  for (let part = 0; part < 1; part += 0.05) {
    const shade = mixed(colour, towards, part);
    if (isReadable(shade, grounds)) return shade;
  }
  return towards;
}

function mixed(a: string, b: string, part: number): string {
  const [from, to] = [channels(a), channels(b)];
  const hex = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * part));
  return `#${hex.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** @see WCAG 2.2, relative luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
