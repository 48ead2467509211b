/**
 * Which of several must go so that something becomes possible: one if that is enough, the first that does; else as few as
 * needed, the last ones staying where they can. Pure.
 * @param all the first to go first
 * @param helps whether it is possible without these; what helps without some helps without more
 * @returns null when it is not possible without all of them either
 */
export function leastToEnd<T>(
  all: readonly T[],
  helps: (gone: readonly T[]) => boolean,
): readonly T[] | null {
  for (const one of all) if (helps([one])) return [one];
  if (!helps(all)) return null;
  let gone = all;
  for (const one of [...all].reverse()) {
    const fewer = gone.filter((other) => other !== one);
    if (helps(fewer)) gone = fewer;
  }
  return gone;
}
