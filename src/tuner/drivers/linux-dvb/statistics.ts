import type { Signal } from "../../ports.ts";
import type { Statistic } from "./abi.ts";

/** What was read of a front end at one time; null where the driver does not tell. */
export interface Reading {
  readonly locked: boolean;
  readonly strength: Statistic | null;
  readonly cnr: Statistic | null;
  /** After the inner decoder; before it where the driver has only that. */
  readonly errorBits: Statistic | null;
  readonly totalBits: Statistic | null;
  readonly errorBlocks: Statistic | null;
  /** FE_READ_SIGNAL_STRENGTH, 0 to 0xffff without a unit. */
  readonly legacyStrength: number | null;
  /** FE_READ_UNCORRECTED_BLOCKS, a counter. */
  readonly legacyBlocks: number | null;
}

/** Makes a {@link Signal} of what front ends tell, whose counters never begin at zero and may start again. */
export class SignalMeter {
  #bits: { errors: bigint; total: bigint } | null = null;
  #ratio: number | null = null;
  #blocks: bigint | null = null;
  #uncorrected = 0;

  /** From now on it is another multiplex, or another lock. */
  reset(): void {
    this.#bits = null;
    this.#ratio = null;
    this.#blocks = null;
    this.#uncorrected = 0;
  }

  take(reading: Reading): Signal {
    const { strength, cnr, legacyStrength } = reading;
    const relative = relativeOf(cnr) ?? relativeOf(strength);
    return {
      locked: reading.locked,
      strength: decibelOf(strength),
      cnr: decibelOf(cnr),
      quality: relative ?? (legacyStrength === null ? null : legacyStrength / 0xffff),
      bitErrorRatio: this.#bitErrors(counterOf(reading.errorBits), counterOf(reading.totalBits)),
      uncorrectedBlocks: this.#uncorrectedBlocks(
        counterOf(reading.errorBlocks) ??
          (reading.legacyBlocks === null ? null : BigInt(reading.legacyBlocks)),
      ),
    };
  }

  #bitErrors(errors: bigint | null, total: bigint | null): number | null {
    if (errors === null || total === null) return null;
    const before = this.#bits;
    this.#bits = { errors, total };
    if (before === null || total < before.total || errors < before.errors) this.#ratio = null;
    // A total that stands still is read again before the driver has counted on.
    else if (total > before.total)
      this.#ratio = Number(errors - before.errors) / Number(total - before.total);
    return this.#ratio;
  }

  #uncorrectedBlocks(blocks: bigint | null): number | null {
    if (blocks === null) return null;
    if (this.#blocks !== null)
      // A counter that starts again has counted from zero.
      this.#uncorrected += Number(blocks >= this.#blocks ? blocks - this.#blocks : blocks);
    this.#blocks = blocks;
    return this.#uncorrected;
  }
}

const decibelOf = (statistic: Statistic | null): number | null =>
  statistic?.scale === "decibel" ? statistic.value : null;
const relativeOf = (statistic: Statistic | null): number | null =>
  statistic?.scale === "relative" ? statistic.value : null;
const counterOf = (statistic: Statistic | null): bigint | null =>
  statistic?.scale === "counter" ? statistic.value : null;
