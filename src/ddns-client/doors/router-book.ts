import type { Clock } from "../../kernel/clock.ts";
import type { DoorProtocol, RouterWord } from "./door-protocol.ts";
import { probeAll, type Probing } from "./probe.ts";

/** What one router says of itself, by each protocol. */
export class RouterBook {
  readonly #protocols: readonly DoorProtocol[];
  readonly #clock: Clock;
  #words = new Map<string, RouterWord>();

  /** @param protocols the best first */
  constructor(protocols: readonly DoorProtocol[], clock: Clock) {
    this.#protocols = protocols;
    this.#clock = clock;
  }

  /** Asks anew; what is not said again is forgotten when all have answered. */
  probe(signal: AbortSignal): Probing {
    const words = new Map<string, RouterWord>();
    const probing = probeAll(this.#protocols, this.#clock, signal, (word) => {
      words.set(word.protocol, word);
      this.#words.set(word.protocol, word);
    });
    void probing.all.then(() => {
      if (!signal.aborted) this.#words = words;
    });
    return probing;
  }

  /** The best protocol's first. */
  get words(): RouterWord[] {
    return this.#protocols.flatMap(({ name }) => this.#words.get(name) ?? []);
  }

  /** Its address towards the internet; null when it has not said. */
  get address(): string | null {
    return this.words.find(({ externalAddress }) => externalAddress !== null)?.externalAddress ?? null;
  }
}
