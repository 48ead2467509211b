/**
 * Undoes PNG's filters in place, for pixels of at most one byte.
 * @param data lines of `lineBytes`: a filter type, then the filtered bytes
 * @returns false when there is a filter type that PNG does not have
 * @see ISO/IEC 15948 §9
 */
export function unfilter(data: Uint8Array, lineBytes: number, lines: number): boolean {
  for (let line = 0; line < lines; line++) {
    const start = line * lineBytes;
    const type = data[start] ?? 0;
    if (type > 4) return false;
    if (type === 0) continue;
    for (let at = start + 1; at < start + lineBytes; at++) {
      const first = at === start + 1;
      const left = first ? 0 : (data[at - 1] ?? 0);
      const up = line === 0 ? 0 : (data[at - lineBytes] ?? 0);
      const upLeft = first || line === 0 ? 0 : (data[at - lineBytes - 1] ?? 0);
      data[at] = (data[at] ?? 0) + predicted(type, left, up, upLeft);
    }
  }
  return true;
}

function predicted(type: number, left: number, up: number, upLeft: number): number {
  if (type === 1) return left;
  if (type === 2) return up;
  if (type === 3) return (left + up) >> 1;
  const estimate = left + up - upLeft;
  const toLeft = Math.abs(estimate - left);
  const toUp = Math.abs(estimate - up);
  const toUpLeft = Math.abs(estimate - upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}
