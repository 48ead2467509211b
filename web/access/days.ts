/** Things of one day, under one heading. */
export interface DayOf<T> {
  /** When the first of them was, ISO 8601. */
  readonly at: string;
  readonly entries: readonly T[];
}

/** Splits what is ordered by time into days where the viewer is. */
export function byDay<T extends { readonly at: string }>(entries: readonly T[]): readonly DayOf<T>[] {
  const days: { at: string; entries: T[] }[] = [];
  for (const entry of entries) {
    const last = days.at(-1);
    if (last !== undefined && new Date(last.at).toDateString() === new Date(entry.at).toDateString())
      last.entries.push(entry);
    else days.push({ at: entry.at, entries: [entry] });
  }
  return days;
}
