import type { Clock } from "../../kernel/clock.ts";
import type { DoorProtocol, RouterWord } from "./door-protocol.ts";

/** A better protocol may take so much longer than one that answered, ms. */
const SETTLE_MS = 3000;

/**
 * Asks a router by every protocol at once.
 * @param protocols the best first
 * @param heard is told each answer, also one that comes after the result
 * @returns those that it answered, the best first, as soon as no better one can come, or has taken too long; empty: none
 */
export function probeAll(
  protocols: readonly DoorProtocol[],
  clock: Clock,
  signal: AbortSignal,
  heard: (word: RouterWord) => void,
): Promise<DoorProtocol[]> {
  return new Promise((resolve) => {
    const settled = new Map<DoorProtocol, boolean>();
    let timer: { cancel(): void } | null = null;
    const answered = (): DoorProtocol[] => protocols.filter((protocol) => settled.get(protocol) === true);
    const end = (): void => {
      timer?.cancel();
      resolve(answered());
    };
    if (protocols.length === 0) return end();
    for (const protocol of protocols) {
      void protocol.probe(signal).then((word) => {
        settled.set(protocol, word !== null);
        if (word !== null) {
          heard(word);
          timer ??= clock.after(SETTLE_MS, end);
        }
        const [best] = answered();
        const open = best === undefined ? protocols : protocols.slice(0, protocols.indexOf(best));
        if (open.every((other) => settled.has(other))) end();
      });
    }
  });
}
