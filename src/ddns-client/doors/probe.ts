import type { Clock, Timer } from "../../kernel/clock.ts";
import type { DoorProtocol, RouterWord } from "./door-protocol.ts";

/** A better protocol may take so much longer than one that answered, ms. */
const SETTLE_MS = 3000;

/** Who answered, as it becomes known. */
export interface Probing {
  /** As soon as no better one can come, or has taken too long, the best first; empty: none answered. */
  readonly best: Promise<readonly DoorProtocol[]>;
  /** When all have answered, or have had so much longer than the first of them. */
  readonly all: Promise<readonly DoorProtocol[]>;
}

/**
 * Asks a router by every protocol at once.
 * @param protocols the best first
 * @param heard is told each answer, also one that comes after the results
 */
export function probeAll(
  protocols: readonly DoorProtocol[],
  clock: Clock,
  signal: AbortSignal,
  heard: (word: RouterWord) => void,
): Probing {
  const settled = new Map<DoorProtocol, boolean>();
  const [best, all] = [later<readonly DoorProtocol[]>(), later<readonly DoorProtocol[]>()];
  let timer: Timer | null = null;
  const answered = (): DoorProtocol[] => protocols.filter((protocol) => settled.get(protocol) === true);
  const end = (): void => {
    timer?.cancel();
    best.resolve(answered());
    all.resolve(answered());
  };
  for (const protocol of protocols) {
    void protocol.probe(signal).then((word) => {
      settled.set(protocol, word !== null);
      if (word !== null) {
        heard(word);
        timer ??= clock.after(SETTLE_MS, end);
      }
      const [first] = answered();
      const better = first === undefined ? protocols : protocols.slice(0, protocols.indexOf(first));
      if (better.every((other) => settled.has(other))) best.resolve(answered());
      if (settled.size === protocols.length) end();
    });
  }
  if (protocols.length === 0) end();
  return { best: best.promise, all: all.promise };
}

function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
