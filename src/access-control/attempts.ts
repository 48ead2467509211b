import { networkOf } from "../kernel/network-address.ts";
import { RecentMap } from "../kernel/recent-map.ts";

const HOUR = 3_600_000;
/** Senders whose wrong proofs are remembered; whoever has more than that is stopped by the box's own limit alone. */
const SENDERS = 4096;

/** Counts wrong proofs of the last hour, per sender and for the box. */
export class Attempts {
  readonly #perSender: number;
  readonly #perBox: number;
  /** When each of the last wrong proofs came, of a sender; monotonic ms, as many as count at the most. */
  readonly #bySender = new RecentMap<readonly number[]>(SENDERS);
  /** When each guess came, monotonic ms. */
  #guesses: readonly number[] = [];
  #locked = false;

  constructor(perSender: number, perBox: number) {
    this.#perSender = perSender;
    this.#perBox = perBox;
  }

  /** Pairing is closed until {@link unlock}, however long that takes and whatever anybody sends. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Whether this address is still heard. @param now monotonic ms */
  heard(address: string | null, now: number): boolean {
    const wrong = this.#bySender.get(addressBucket(address)) ?? [];
    return !this.#locked && ofLastHour(wrong, now).length < this.#perSender;
  }

  /**
   * @param guess it was aimed at an open offer: one that names an offer that is not there could never have hit, and must
   *   not let a stranger close pairing for the whole box
   * @returns true when this wrong proof closed pairing
   */
  countWrong(address: string | null, now: number, guess: boolean): boolean {
    const sender = addressBucket(address);
    const wrong = [...ofLastHour(this.#bySender.get(sender) ?? [], now), now];
    this.#bySender.set(sender, wrong.slice(-this.#perSender));
    if (!guess || this.#locked) return false;
    this.#guesses = [...ofLastHour(this.#guesses, now), now];
    this.#locked = this.#guesses.length >= this.#perBox;
    return this.#locked;
  }

  /** Somebody stands at the box. */
  unlock(): void {
    if (!this.#locked) return;
    this.#locked = false;
    this.#guesses = [];
    this.#bySender.clear();
  }
}

function ofLastHour(times: readonly number[], now: number): readonly number[] {
  return times.filter((at) => now - at < HOUR);
}

/** What counts as one sender: an IPv4 address, an IPv6 /64, or everybody behind the tunnel. */
export function addressBucket(address: string | null): string {
  return address === null ? "tunnel" : networkOf(address);
}
