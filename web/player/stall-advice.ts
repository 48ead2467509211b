import { QUALITIES, type Quality } from "./quality.ts";

/** So many times within so many ms the picture stands still before a smaller one is spoken of. */
const TIMES = 3;
const WITHIN = 120_000;

/** Says when it is time to speak of a smaller picture; once for what is watched. */
export class StallAdvice {
  #times: number[] = [];
  #spoken = false;

  /** Another channel, or quality. */
  begin(): void {
    this.#times = [];
    this.#spoken = false;
  }

  /** @param now ms that never jump @returns whether to speak */
  stalled(now: number): boolean {
    this.#times = [...this.#times.filter((time) => now - time < WITHIN), now];
    if (this.#spoken || this.#times.length < TIMES) return false;
    return (this.#spoken = true);
  }
}

/** The next smaller one; null: there is none. */
export function smaller(quality: Quality): Quality | null {
  return QUALITIES[QUALITIES.indexOf(quality) + 1] ?? null;
}
