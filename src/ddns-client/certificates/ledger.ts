import { createPublicKey } from "node:crypto";
import * as Type from "typebox";
import type { Static } from "typebox";
import { Value } from "typebox/value";
import { keyHash } from "./chain.ts";

/** What is remembered of orders: the one in progress, and what bounds the next. Written before anything is asked for. */

const WEEK = 7 * 86_400_000;
/** Keys that are known again in public logs; at one every month that is eight years. */
const MOST_KEYS = 100;

const Names = Type.Array(Type.String({ maxLength: 253 }), { maxItems: 20 });
const Time = Type.Number({ minimum: 0 });

const OrderInProgress = Type.Object({
  /** {@link CertificateAuthority.id} */
  authority: Type.String(),
  names: Names,
  /** Of the certificate to come; PKCS #8, PEM. */
  key: Type.String(),
  /** Null: asked for, and no answer was written down. */
  url: Type.Union([Type.String(), Type.Null()]),
});
export type OrderInProgress = Static<typeof OrderInProgress>;

export const Ledger = Type.Object({
  order: Type.Union([OrderInProgress, Type.Null()]),
  /** When orders were made, in the last seven days; oldest first. */
  made: Type.Array(Time, { maxItems: 1000 }),
  /** SHA-256 of the public keys that certificates were asked for; oldest first. */
  keys: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" }), { maxItems: MOST_KEYS }),
  /** In a row, for these names. */
  failures: Type.Integer({ minimum: 0 }),
  failedNames: Names,
  failedAt: Type.Union([Time, Type.Null()]),
  /** Not before; null: at once. */
  retryAt: Type.Union([Time, Type.Null()]),
  /** The authority said so: whatever the names. */
  heldUntil: Type.Union([Time, Type.Null()]),
});
export type Ledger = Static<typeof Ledger>;

export const EMPTY_LEDGER: Ledger = {
  order: null,
  made: [],
  keys: [],
  failures: 0,
  failedNames: [],
  failedAt: null,
  retryAt: null,
  heldUntil: null,
};

/** @throws Error when it is none */
export function parseLedger(text: string): Ledger {
  const value: unknown = JSON.parse(text);
  if (!Value.Check(Ledger, value)) throw new Error("it is no ledger of orders");
  return value;
}

/** Of the order's key, as certificates have it. @throws Error when the key cannot be read */
export function keyHashOf({ key }: OrderInProgress): string {
  return keyHash(createPublicKey(key));
}

/** An order is about to be made. @param keyHash of its key */
export function begun(ledger: Ledger, order: OrderInProgress, keyHash: string, now: number): Ledger {
  return {
    ...ledger,
    order,
    made: [...recent(ledger.made, now), now],
    keys: [...ledger.keys, keyHash].slice(-MOST_KEYS),
  };
}

/** Those of the last seven days; a clock that was ahead has made none. */
export function recent(made: readonly number[], now: number): number[] {
  return made.filter((at) => at > now - WEEK && at <= now);
}

/** When one more may be made, if `limit` are allowed in seven days; 0: now. */
export function freeAt(made: readonly number[], limit: number, now: number): number {
  const counted = recent(made, now);
  const oldest = counted[counted.length - limit];
  return oldest === undefined ? 0 : oldest + WEEK;
}

/** The certificate is written down. @param again not before, unless for other names */
export function fulfilled(ledger: Ledger, again: number): Ledger {
  const names = ledger.order?.names ?? [];
  return {
    ...ledger,
    order: null,
    failures: 0,
    failedNames: names,
    failedAt: null,
    retryAt: again,
    heldUntil: null,
  };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** After the first failures in a row; then an hour, and twice that each time, to a day. */
const QUICK = [MINUTE, 5 * MINUTE, 15 * MINUTE];

/**
 * How long to wait after so many failures in a row, ms.
 * @param failures 1 or more
 * @param refused nothing changes by itself: an hour at least
 * @param luck 0 to 1; up to a quarter is added by it, so that boxes do not come back together
 */
export function backOff(failures: number, refused: boolean, luck: number): number {
  const slow = Math.min(HOUR * 2 ** Math.max(0, failures - QUICK.length - 1), 24 * HOUR);
  const wait = refused ? slow : (QUICK[failures - 1] ?? slow);
  return wait * (1 + luck / 4);
}
