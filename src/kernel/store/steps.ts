/**
 * A step of a module's tables to what they are now. Forward only: append, never edit one that was released.
 *
 * As text it is one that older releases can live with: it adds tables, indices or columns that may be left out (NULL, or with a
 * default). What changes or takes away something that an older release reads or writes `breaks` it: after an update with such a
 * step there is no way back to a release from before it, so that it is better taken in a release of its own, some time after the
 * last that needed what goes.
 */
export type Step = string | { readonly sql: string; readonly breaks: true };

/** What takes away, or renames, what somebody may read. A column that must be given breaks whoever does not know it. */
const BREAKING =
  /\b(DROP\s+(TABLE|COLUMN|VIEW)|RENAME)\b|\bADD\s+(COLUMN\s+)?\w+[^;,]*\bNOT\s+NULL\b(?![^;]*\bDEFAULT\b)/i;

/**
 * The text of a step.
 * @throws RangeError when it takes something away and does not say that it breaks older releases
 */
export function sqlOf(step: Step): string {
  if (typeof step !== "string") return step.sql;
  if (BREAKING.test(step)) throw new RangeError(`a step breaks older releases and does not say so: ${step}`);
  return step;
}

/**
 * How many steps a release must know to read what these have made.
 * @param count of the steps that were taken
 * @returns 1 where nothing was changed that any of them knows
 */
export function oldestReader(steps: readonly Step[], count: number): number {
  return Math.max(1, steps.slice(0, count).findLastIndex((step) => typeof step !== "string") + 1);
}
