import type { Daemon } from "../helpers/daemon.ts";
import type { Family } from "../tuner/exposition.ts";
import { until } from "./app-under-test.ts";
import { metricsOf } from "./zapping.ts";

/** What pages have told the box of how long their people waited: a histogram of /metrics, all its labels together. */
export interface Waits {
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
  /** Upper bounds, seconds, and how many were not above them. */
  readonly upTo: readonly (readonly [bound: number, count: number])[];
}

export type WaitKind = "start" | "zap";

export function waitsIn(families: ReadonlyMap<string, Family>, kind: WaitKind): Waits {
  const name = `tellyport_client_${kind}_seconds`;
  const samples = families.get(name)?.samples ?? [];
  const sum = (suffix: string): number =>
    samples.filter((one) => one.name === name + suffix).reduce((all, { value }) => all + value, 0);
  const upTo = new Map<number, number>();
  for (const { name: line, labels, value } of samples) {
    if (line !== `${name}_bucket`) continue;
    const bound = labels["le"] === "+Inf" ? Infinity : Number(labels["le"]);
    upTo.set(bound, (upTo.get(bound) ?? 0) + value);
  }
  return { count: sum("_count"), sum: sum("_sum"), upTo: [...upTo].sort(([a], [b]) => a - b) };
}

/**
 * The bound below which so much of them lies, straight lines between bounds, as Prometheus' histogram_quantile has it.
 * @param share 0..1 @returns seconds; NaN of nothing
 */
export function quantileOf({ count, upTo }: Waits, share: number): number {
  const rank = count * share;
  let [below, before] = [0, 0];
  for (const [bound, upToHere] of upTo) {
    if (upToHere >= rank && upToHere > before)
      return bound === Infinity ? below : below + ((bound - below) * (rank - before)) / (upToHere - before);
    [below, before] = [bound, upToHere];
  }
  return Number.NaN;
}

/** Those of a box that has heard of so many zaps; waited for. @throws Error when it does not hear of them in a minute */
export async function waitsOf(box: Daemon, zaps: number): Promise<Record<WaitKind, Waits>> {
  const families = await until(
    () => metricsOf(box),
    (now) => waitsIn(now, "zap").count >= zaps,
    60_000,
  );
  return { start: waitsIn(families, "start"), zap: waitsIn(families, "zap") };
}
