import { TellyportError, isTellyportError, messageOf } from "../../kernel/errors.ts";
import type { DnsPublisher, NameRecords } from "../ports.ts";

/** What became of the names of a batch. */
export interface Outcome {
  readonly published: readonly string[];
  /** Each with what the name server says against it. */
  readonly refused: ReadonlyMap<string, string>;
}

/** So many names that are refused by themselves, and not one that is taken: it is not the names. */
const ENOUGH = 3;

/**
 * Publishes names. When the name server refuses them all together, the ones at fault are looked for by halves: one bad name must not keep
 * ninety-nine good ones out.
 * @throws TellyportError `dns-unavailable`; `dns-refused` when every name is refused
 */
export async function publishBatch(
  publisher: DnsPublisher,
  zone: string,
  names: readonly NameRecords[],
  signal: AbortSignal,
): Promise<Outcome> {
  const published: string[] = [];
  const refused = new Map<string, string>();
  const open: (readonly NameRecords[])[] = [names];
  let last: unknown;
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    signal.throwIfAborted();
    const [first] = part;
    if (first === undefined) continue;
    try {
      await publisher.publish(zone, part, signal);
      published.push(...part.map(({ name }) => name));
    } catch (error) {
      if (!isTellyportError(error, "dns-refused")) throw error;
      last = error;
      if (part.length === 1) refused.set(first.name, messageOf(error));
      else open.push(part.slice(part.length / 2), part.slice(0, part.length / 2));
    }
    const hopeless = published.length === 0 && (refused.size >= ENOUGH || refused.size === names.length);
    if (hopeless) throw last;
  }
  return { published, refused };
}

/** A publisher must throw the two codes of its port; whatever else it throws is worth another try. */
export function asDnsError(error: unknown): TellyportError {
  return isTellyportError(error)
    ? error
    : new TellyportError("dns-unavailable", `The name server cannot be told (${messageOf(error)}).`, {
        cause: error,
      });
}
