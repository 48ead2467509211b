/**
 * Prometheus' text exposition, version 0.0.4.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

/** For the `content-type` of an answer. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export interface Sample {
  /** Of a histogram: which of its lines this is. */
  readonly suffix?: "_bucket" | "_sum" | "_count";
  readonly labels?: Readonly<Record<string, string>>;
  /** Null: not known, and left out. */
  readonly value: number | null;
}

/** One metric with all its samples. */
export interface Metric {
  /** `[a-zA-Z_:][a-zA-Z0-9_:]*`, with its unit behind it. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** Metrics without a sample are left out. */
export function expose(metrics: readonly Metric[]): string {
  return metrics.map(exposeOne).join("");
}

function exposeOne({ name, type, help, samples }: Metric): string {
  const known = samples.filter(({ value }) => value !== null);
  if (known.length === 0) return "";
  const lines = known.map(
    ({ suffix = "", labels, value }) => `${name}${suffix}${labelsOf(labels ?? {})} ${numberOf(value ?? 0)}\n`,
  );
  return `# HELP ${name} ${escape(help, /[\\\n]/g)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escape(value, /[\\\n"]/g)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(text: string, special: RegExp): string {
  return text.replace(special, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

function numberOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
