import type { AccessUnit } from "../../media-source.ts";

/** Access units that wait, copied, oldest first. Bounded in time and bytes: beyond that the oldest go. */
export class UnitBacklog {
  readonly #limits: { readonly ticks: number; readonly bytes: number };
  #units: AccessUnit[] = [];
  #bytes = 0;

  constructor(limits: { readonly ticks: number; readonly bytes: number }) {
    this.#limits = limits;
  }

  /** The next unit may cost the oldest. */
  get full(): boolean {
    const first = this.#units[0];
    const last = this.#units.at(-1);
    if (first === undefined || last === undefined) return false;
    return this.#bytes > this.#limits.bytes / 2 || last.pts - first.pts > this.#limits.ticks / 2;
  }

  add(unit: AccessUnit): void {
    this.#units.push({ ...unit, data: Buffer.from(unit.data) });
    this.#bytes += unit.data.length;
    for (let first = this.#units[0]; first !== undefined && first.pts !== unit.pts; first = this.#units[0]) {
      if (this.#bytes <= this.#limits.bytes && unit.pts - first.pts <= this.#limits.ticks) break;
      this.#units.shift();
      this.#bytes -= first.data.length;
    }
  }

  /** Hands out everything and is empty. */
  drain(take: (unit: AccessUnit) => void): void {
    const units = this.#units;
    this.clear();
    units.forEach(take);
  }

  clear(): void {
    this.#units = [];
    this.#bytes = 0;
  }
}
