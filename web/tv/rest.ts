/** What a screen does that nobody touches: a panel of organic diodes keeps what stands on it for hours. */
export interface Rest {
  /** What stands still is shown darker. */
  readonly dim: boolean;
  /** By how much everything is moved, hundredths of the screen's width and height. */
  readonly x: number;
  readonly y: number;
}

/** Milliseconds without a key after which it is dimmed. */
export const DIM_AFTER = 180_000;
/** Milliseconds between two places. */
export const MOVE_EVERY = 60_000;
/** Places around the middle, in an order in which neighbours are far from one another; within the margin that TVs may cut off. */
const PLACES = [
  [0, 0],
  [1, -1],
  [-1, 1],
  [1, 1],
  [-1, -1],
  [0, 1],
  [1, 0],
  [0, -1],
  [-1, 0],
] as const;

/**
 * @param now any clock, ms
 * @param touched when the last key was pressed, by the same clock
 */
export function restAt(now: number, touched: number): Rest {
  const [x, y] = PLACES[Math.floor(now / MOVE_EVERY) % PLACES.length] ?? PLACES[0];
  return { dim: now - touched >= DIM_AFTER, x, y };
}
