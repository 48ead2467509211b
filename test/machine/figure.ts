import type { Test } from "tap";

/** Says a figure in the log of the test, and at once to whoever waits. */
export function figure(t: Test, text: string): void {
  t.comment(text);
  for (const line of text.split("\n")) console.error(`    ${line}`);
}
