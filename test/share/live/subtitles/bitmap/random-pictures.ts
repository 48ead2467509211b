import type { Bits } from "./subtitle-builder.ts";

/** Pictures that are the same in each run: runs of all lengths, as text and boxes have them. */
export class RandomPictures {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0..below-1 */
  next(below: number): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  /** Lines of pixel codes. */
  lines(width: number, height: number, bits: Bits): number[][] {
    return Array.from({ length: height }, () => {
      const line: number[] = [];
      while (line.length < width) {
        const longest = [2, 6, 12, 30, 300][this.next(5)] ?? 1;
        const code = this.next(3) === 0 ? 0 : this.next(2 ** bits);
        const length = Math.min(width - line.length, 1 + this.next(longest));
        for (let pixel = 0; pixel < length; pixel++) line.push(code);
      }
      return line;
    });
  }

  byte(): number {
    return this.next(256);
  }
}
