import { FORGOTTEN, MAY_BE_MENDED, NOT_YET } from "./problem-kinds.ts";

/** Milliseconds after a failure within which the box's return starts the channel again: later nobody may be there. */
const RESUME_WITHIN = 900_000;
/** Milliseconds after the box's return within which the end of what played before, and tuners that are not there yet, are a matter of course. */
const RETURN_SETTLES = 30_000;
/** Milliseconds until the next try when what came back was gone again, or not ready. */
const RETURN_RETRY = 2000;

/** Whether what failed is begun again without anybody asking for it, because the box or the network is back. Times are monotonic ms. */
export class Comeback {
  #failedAt = -Infinity;
  #backAt = -Infinity;

  /** @returns ms after which to begin again; null: it stays as it is */
  failed(code: string, now: number): number | null {
    this.#failedAt = now;
    if (now - this.#backAt > RETURN_SETTLES) return null;
    if (MAY_BE_MENDED.has(code) || NOT_YET.has(code)) return RETURN_RETRY;
    if (!FORGOTTEN.has(code)) return null;
    this.#backAt = -Infinity; // once
    return 0;
  }

  /**
   * The box, or the network, is there again after a break.
   * @param code of what failed; null: it plays
   * @returns whether to begin again
   */
  back(code: string | null, now: number): boolean {
    this.#backAt = now;
    if (code === null || now - this.#failedAt > RESUME_WITHIN) return false;
    return MAY_BE_MENDED.has(code) || FORGOTTEN.has(code);
  }
}
