/** Where something lies on the screen, px. */
export interface Place {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * Which of several things an arrow key leads to: the nearest in that direction, where what lies straight ahead counts as
 * nearer than what lies aside.
 * @returns its index; -1 when there is nothing in that direction
 */
export function inDirection(key: string, from: Place, places: readonly Place[]): number {
  let best = -1;
  let least = Infinity;
  places.forEach((to, index) => {
    const [ahead, aside] = distances(key, from, to);
    if (ahead <= 0) return;
    const cost = ahead + 3 * aside;
    if (cost < least) [least, best] = [cost, index];
  });
  return best;
}

/** How far ahead, between middles; and how far aside, between edges. */
function distances(key: string, from: Place, to: Place): readonly [ahead: number, aside: number] {
  const down = (to.top + to.bottom - from.top - from.bottom) / 2;
  const right = (to.left + to.right - from.left - from.right) / 2;
  const across = Math.max(0, to.left - from.right, from.left - to.right);
  const along = Math.max(0, to.top - from.bottom, from.top - to.bottom);
  // what overlaps in height lies beside, and not below
  const beside = Math.min(from.bottom, to.bottom) - Math.max(from.top, to.top) > 1;
  switch (key) {
    case "ArrowDown":
      return [beside ? 0 : down, across];
    case "ArrowUp":
      return [beside ? 0 : -down, across];
    case "ArrowRight":
      return [beside ? right : 0, along];
    case "ArrowLeft":
      return [beside ? -right : 0, along];
    default:
      return [0, 0];
  }
}
