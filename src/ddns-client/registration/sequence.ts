import type { Facts } from "../ports.ts";

/** A cloud may not send the box so far ahead that it runs out of numbers. */
const MOST = Number.MAX_SAFE_INTEGER - 2 ** 32;

/**
 * The numbers of the box's requests to one cloud: each is larger than all before, also after a power cut, since it is on disk
 * before it is used.
 */
export class Sequence {
  readonly #facts: Facts;
  readonly #name: string;

  /** @param cloud origin: each cloud counts for itself */
  constructor(facts: Facts, cloud: string) {
    this.#facts = facts;
    this.#name = `sequence ${cloud}`;
  }

  next(): number {
    const next = this.#last() + 1;
    this.#facts.set(this.#name, String(next));
    return next;
  }

  /** The cloud has seen this number already: a box whose state came from a backup goes on behind it. */
  raiseTo(seen: number): void {
    if (Number.isSafeInteger(seen) && seen <= MOST && seen > this.#last())
      this.#facts.set(this.#name, String(seen));
  }

  #last(): number {
    const last = Number(this.#facts.get(this.#name) ?? "0");
    return Number.isSafeInteger(last) && last > 0 ? last : 0;
  }
}
