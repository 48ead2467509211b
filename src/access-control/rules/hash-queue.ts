import { scrypt } from "node:crypto";
import { TellyportError } from "../../kernel/errors.ts";

/** Cost of a guess at a stolen PIN: about 0.1 s of a fast processor and 16 MB. @see RFC 7914 §2 */
const COST = { N: 2 ** 14, r: 8, p: 1 };
const BYTES = 32;
/** Who waits for a hash, at most: about a second on a fast processor. */
const MOST_WAITING = 8;

/** One expensive hash at a time, and few who wait for theirs: PINs are no way to keep the processor busy. */
export class HashQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @returns what `work` gives, in its turn. @throws TellyportError `rate-limited` when too many wait */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING) {
      throw new TellyportError("rate-limited", "Too many PINs are being tried. Try again in a moment.", {
        retryAfterMs: 2000,
      });
    }
    this.#waiting++;
    const turn = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** scrypt (RFC 7914) of a PIN. */
export function hashPin(pin: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    scrypt(pin, salt, BYTES, COST, (error, hash) => (error === null ? resolve(hash) : reject(error))),
  );
}
