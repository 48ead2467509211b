/** Of the channels that were watched since the page began: the last one, and the one before it. */
let last: string | null = null;
let before: string | null = null;

/** @param id of what is watched from now on */
export function watched(id: string): void {
  if (id === last) return;
  before = last;
  last = id;
}

/** Id of the channel that was watched before this one; null: none. */
export function previousChannel(): string | null {
  return before;
}
