/**
 * Teletext's eight colours under the names that WebVTT gives them. A segment brings no STYLE block for them: ffmpeg 5.1, and mpv with it,
 * loses every cue behind one, and hls.js drops it. Who shows the cues knows the default classes, or has rules of its own, as our page may
 * (`::cue(.yellow) { color: #ff0 }`).
 * @see W3C WebVTT §5.1 "Default classes for WebVTT caption or subtitle cue components", EN 300 706 §12.4
 */
const COLOURS = ["black", "red", "lime", "yellow", "blue", "magenta", "cyan", "white"] as const;

const BLACK = 0;
const WHITE = 7;

/** @param foreground 0..7 @param background 0..7 @returns e.g. `.yellow.bg_blue`; empty for white on black, which is how players write */
export function colourClasses(foreground: number, background: number): string {
  const ink = COLOURS[foreground] ?? "white";
  const paper = COLOURS[background] ?? "black";
  return (foreground === WHITE ? "" : `.${ink}`) + (background === BLACK ? "" : `.bg_${paper}`);
}
