export interface TurnsOptions {
  /** From one still of a channel to the next, ms. */
  readonly periodMs: number;
  /** First wait after one that did not come about, ms; doubles up to the longest. */
  readonly retryMs: number;
  readonly longestRetryMs: number;
}

interface Past {
  /** Monotonic ms of the last still; null: never. */
  readonly tookAt: number | null;
  readonly notBefore: number;
  readonly failures: number;
}

const NEVER: Past = { tookAt: null, notBefore: -Infinity, failures: 0 };

/** Finite, so that two that never had one can be subtracted. */
const sinceOf = ({ tookAt }: Past): number => tookAt ?? -Number.MAX_VALUE;

/** Whose turn it is: who never had one, then who had theirs longest ago. Pure; times are monotonic ms. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #past = new Map<string, Past>();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Those of these whose time has come, in the order of their turns; among equals as given. */
  due(ids: Iterable<string>, now: number): string[] {
    return [...ids]
      .map((id) => ({ id, past: this.#past.get(id) ?? NEVER }))
      .filter(({ past }) => past.notBefore <= now)
      .sort((a, b) => sinceOf(a.past) - sinceOf(b.past) || a.past.failures - b.past.failures)
      .map(({ id }) => id);
  }

  took(id: string, now: number): void {
    this.#past.set(id, { tookAt: now, notBefore: now + this.#options.periodMs, failures: 0 });
  }

  missed(id: string, now: number): void {
    const { tookAt, failures } = this.#past.get(id) ?? NEVER;
    const { retryMs, longestRetryMs } = this.#options;
    const wait = Math.min(longestRetryMs, retryMs * 2 ** Math.min(failures, 30));
    this.#past.set(id, { tookAt, notBefore: now + wait, failures: failures + 1 });
  }

  /** Forgets all others. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of [...this.#past.keys()]) if (!ids.has(id)) this.#past.delete(id);
  }
}
