import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError } from "../../kernel/errors.ts";
import type { Database } from "../../kernel/store/database.ts";
import { HashQueue, hashPin } from "./hash-queue.ts";
import { PinTries, lockAfter } from "./pin-tries.ts";

interface StoredPin {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export interface ParentalPinDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** A client has guessed too often. @param waitMs until it may try again */
  readonly onLocked: (client: string, waitMs: number) => void;
}

/** The one PIN of the box, as a salted scrypt hash. */
export class ParentalPin {
  readonly #deps: ParentalPinDeps;
  readonly #queue = new HashQueue();
  readonly #tries: PinTries;
  /** Whoever has a try in the queue has no second one. */
  readonly #trying = new Set<string>();
  #stored: StoredPin | null;

  constructor(deps: ParentalPinDeps) {
    this.#deps = deps;
    this.#tries = new PinTries(deps.database);
    const row = deps.database.prepare("SELECT salt, hash FROM parental_pin").get();
    this.#stored =
      row === undefined
        ? null
        : { salt: Buffer.from(row["salt"] as Uint8Array), hash: Buffer.from(row["hash"] as Uint8Array) };
  }

  get isSet(): boolean {
    return this.#stored !== null;
  }

  /** @param pin null: there is none any more. @throws TellyportError `rate-limited` */
  set(pin: string | null): Promise<void> {
    const { database, random } = this.#deps;
    return this.#queue.run(async () => {
      const salt = random(16);
      const stored = pin === null ? null : { salt, hash: await hashPin(pin, salt) };
      database.transaction(() => {
        database.prepare("DELETE FROM parental_pin").run();
        if (stored !== null)
          database
            .prepare("INSERT INTO parental_pin (only, salt, hash) VALUES (1, ?, ?)")
            .run(stored.salt, stored.hash);
        this.#tries.forgetAll();
      });
      this.#stored = stored;
    });
  }

  /**
   * Resolves when it is the right one.
   * @param who whose tries are counted
   * @throws TellyportError `pin-missing`, `pin-wrong`, `pin-locked`, `rate-limited`
   */
  async verify(who: string, pin: string): Promise<void> {
    this.#mayTry(who);
    if (this.#trying.has(who)) {
      throw new TellyportError("rate-limited", "A PIN of yours is being tried. Wait for the answer.", {
        retryAfterMs: 2000,
      });
    }
    this.#trying.add(who);
    try {
      await this.#queue.run(() => this.#judge(who, pin));
    } finally {
      this.#trying.delete(who);
    }
  }

  async #judge(who: string, pin: string): Promise<void> {
    // Once more: the one before may have changed it.
    const { salt, hash } = this.#mayTry(who);
    const wrong = this.#tries.count(who, this.#deps.clock.now());
    if (timingSafeEqual(await hashPin(pin, salt), hash)) return this.#tries.forget(who);
    const waitMs = lockAfter(wrong);
    if (waitMs > 0) this.#deps.onLocked(who, waitMs);
    throw new TellyportError(
      "pin-wrong",
      waitMs > 0
        ? `The PIN is wrong. Wait ${waitMs / 60_000} min before you try again.`
        : "The PIN is wrong. Try again.",
      waitMs > 0 ? { retryAfterMs: waitMs } : {},
    );
  }

  #mayTry(who: string): StoredPin {
    if (this.#stored === null) {
      throw new TellyportError("pin-missing", "The owner has set no PIN: tellyport pin set, on the box.");
    }
    const wait = this.#tries.wait(who, this.#deps.clock.now());
    if (wait === 0) return this.#stored;
    throw new TellyportError(
      "pin-locked",
      `Too many wrong PINs. Wait ${Math.ceil(wait / 60_000)} min; the owner can set a new one.`,
      { retryAfterMs: wait },
    );
  }
}
