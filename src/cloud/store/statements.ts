/** Whether a statement gives rows. */
export function givesRows(text: string): boolean {
  return /^\s*(SELECT|WITH|VALUES)\b|\bRETURNING\b/i.test(text);
}

/** `$1` as SQLite numbers its parameters, `?1`; there are no other uses of the dollar in our statements. */
export function numbered(text: string): string {
  return text.replace(/\$(\d+)/g, "?$1");
}

/** `$1, $2, $3` for a list. @param from number of the first parameter */
export function parameters(count: number, from = 1): string {
  return Array.from({ length: count }, (_, index) => `$${from + index}`).join(", ");
}
