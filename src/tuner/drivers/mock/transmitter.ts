import type { Clock, Timer } from "../../../kernel/clock.ts";
import type { Milliseconds } from "../../../kernel/units.ts";
import { Broadcaster, TICKS_PER_SECOND } from "./broadcaster.ts";
import { CounterSkips, losePackets, seeded } from "./faults.ts";
import type { MockMultiplex } from "./lineup.ts";
import type { Loops } from "./loops.ts";

const TICK_MS = 20;
const TICKS_PER_MS = TICKS_PER_SECOND / 1000;
/** Further behind than this, the receivers have lost something: nobody gets seconds of broadcast in one go. */
const CATCH_UP_MS = 3000;

/** A tuner that listens. */
export interface Receiver {
  /** Memory of the transmitter, overwritten after the call. */
  packets(chunk: Buffer, at: Milliseconds): void;
  overflow(): void;
}

interface Impairment {
  readonly ratio: number;
  readonly random: () => number;
}

/**
 * One multiplex on air. It broadcasts whether or not anybody listens: whoever tunes in at a moment gets what is sent from
 * then on, all receivers the same. Packets are made only while there is one.
 */
export class Transmitter {
  readonly broadcaster: Broadcaster;
  readonly #clock: Clock;
  /** Monotonic time of broadcast time 0. */
  readonly #origin: number;
  readonly #receivers = new Set<Receiver>();
  #timer: Timer | null = null;
  #sentUntil = 0;
  #loss: Impairment | null = null;
  #skips: Impairment | null = null;
  #counters = new CounterSkips();
  /** No packets leave, though the signal is there. */
  silent = false;

  constructor(options: { clock: Clock; multiplex: MockMultiplex; loops: Loops; startsAt: number }) {
    this.#clock = options.clock;
    this.broadcaster = new Broadcaster(options);
    this.#origin = this.#clock.monotonic() - (this.#clock.now() - options.startsAt);
  }

  /** Time of the broadcast now, ticks of 27 MHz. */
  now(): number {
    return Math.max(0, (this.#clock.monotonic() - this.#origin) * TICKS_PER_MS);
  }

  join(receiver: Receiver): void {
    // Who was there already gets what is due before the new one is among them.
    if (this.#receivers.size > 0) this.#send();
    else this.#start();
    this.#receivers.add(receiver);
  }

  leave(receiver: Receiver): void {
    this.#receivers.delete(receiver);
    if (this.#receivers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  losePackets(ratio: number, seed: number): void {
    this.#loss = ratio > 0 ? { ratio, random: seeded(seed) } : null;
  }

  skipCounters(ratio: number, seed: number): void {
    this.#skips = ratio > 0 ? { ratio, random: seeded(seed) } : null;
    if (ratio === 0) this.#counters = new CounterSkips();
  }

  #start(): void {
    this.#sentUntil = this.now();
    this.broadcaster.seek(this.#sentUntil);
    this.#timer = this.#clock.every(TICK_MS, () => this.#send());
  }

  #send(): void {
    const now = this.now();
    if (now - this.#sentUntil > CATCH_UP_MS * TICKS_PER_MS) {
      this.broadcaster.seek(now);
      for (const receiver of this.#receivers) receiver.overflow();
    }
    this.#sentUntil = now;
    const at = this.#clock.monotonic();
    for (;;) {
      let chunk = this.broadcaster.generate(now);
      if (chunk.length === 0) return;
      if (this.silent) continue;
      if (this.#skips !== null) this.#counters.apply(chunk, this.#skips.ratio, this.#skips.random);
      if (this.#loss !== null) chunk = losePackets(chunk, this.#loss.ratio, this.#loss.random);
      if (chunk.length > 0) for (const receiver of [...this.#receivers]) receiver.packets(chunk, at);
    }
  }
}
