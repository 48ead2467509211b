import type { Sample } from "./prometheus.ts";

type Labels = Readonly<Record<string, string>>;

interface Series {
  readonly labels: Labels;
  /** Observations per bound, each counted in the first that it fits into; the last one has what is above all bounds. */
  readonly counts: number[];
  sum: number;
}

/** Label sets at most: whoever observes has few, and a fault of ours must not fill the memory. */
const MOST_SERIES = 64;

/** How observations are spread, by label set. @see https://prometheus.io/docs/concepts/metric_types/#histogram */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  /** @param bounds upper bounds, inclusive, ascending, in the metric's unit; the one without end is added */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  /** @param value in the metric's unit; what is not finite is left out */
  observe(value: number, labels: Labels = {}): void {
    if (!Number.isFinite(value)) return;
    const series = this.#of(labels);
    if (series === null) return;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? this.#bounds.length : at;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += value;
  }

  /** The samples of a metric of type `histogram`: each bound counts what is at or below it. */
  samples(): Sample[] {
    return [...this.#series.values()].flatMap(({ labels, counts, sum }) => {
      let below = 0;
      const buckets = counts.map((count, index): Sample => {
        const bound = this.#bounds[index];
        const le = bound === undefined ? "+Inf" : String(bound);
        return { suffix: "_bucket", labels: { ...labels, le }, value: (below += count) };
      });
      return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: below }];
    });
  }

  #of(labels: Labels): Series | null {
    const key = JSON.stringify(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MOST_SERIES) return null;
    const counts = Array.from({ length: this.#bounds.length + 1 }, () => 0);
    const series = { labels, counts, sum: 0 };
    this.#series.set(key, series);
    return series;
  }
}
