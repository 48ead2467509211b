import type { Teardown } from "../helpers/temporary.ts";

/** One measured line of `npm run bench`. */
export interface Figure {
  /** A row of docs/benchmarks.md. */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** What must hold, e.g. `<= 0.1`, or `ratio <= 0.5` when it is about the ratio; `print` when nothing must. */
  readonly goal: string;
  /** Ours divided by the peer's, of the same run. */
  readonly ratio?: number;
  /** The peer and its own figure. */
  readonly peer?: string;
}

/** @returns NaN of nothing */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank. @param share 0..1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** What a person sees of a run; standard output is for figures alone. */
export function note(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

/** Runs `work` with the teardown that the test helpers want: all is undone afterwards, the latest first. */
export async function withTeardown<T>(work: (t: Teardown) => Promise<T>): Promise<T> {
  const undo: (() => unknown)[] = [];
  try {
    return await work({ teardown: (callback) => void undo.push(callback) });
  } finally {
    for (const callback of undo.reverse()) await callback();
  }
}
