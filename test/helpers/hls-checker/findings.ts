/** One thing that is wrong with a stream. */
export interface Finding {
  /** Number of the assertion in `docs/hls-conformance.md`: "P-02", "L-09". */
  readonly rule: string;
  /** Which playlist, segment or part. */
  readonly where: string;
  readonly what: string;
  /** Milliseconds since the check began. */
  readonly at: number;
}

/** Holds of an assertion or not; every call counts as an examination of the rule. */
export type Expect = (rule: string, holds: boolean, where: string, what: string) => void;

/** A stream that is wrong everywhere says so no more than this often per rule. */
const MOST_PER_RULE = 25;

/** Collects what is wrong, and how often each rule was really looked at: one that never was proves nothing. */
export class Findings {
  readonly list: Finding[] = [];
  readonly counts: Record<string, number> = {};
  readonly #perRule = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #now: () => number;
  readonly #allow: (finding: Finding) => boolean;

  /** @param now ms since the check began; @param allow findings that are known and waived */
  constructor(now: () => number = () => 0, allow: (finding: Finding) => boolean = () => false) {
    this.#now = now;
    this.#allow = allow;
  }

  readonly expect: Expect = (rule, holds, where, what) => {
    this.counts[rule] = (this.counts[rule] ?? 0) + 1;
    if (holds) return;
    const key = `${rule} ${where} ${what}`;
    const known = this.#perRule.get(rule) ?? 0;
    if (known >= MOST_PER_RULE || this.#seen.has(key)) return;
    const finding = { rule, where, what, at: Math.round(this.#now()) };
    if (this.#allow(finding)) return;
    this.#perRule.set(rule, known + 1);
    this.#seen.add(key);
    this.list.push(finding);
  };
}
