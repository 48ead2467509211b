import type { LineUp } from "./line-up.ts";
import type { Multiplex } from "./ports.ts";
import { isBroadcast } from "./recovery.ts";

/** A network that says something else about itself so many times has changed. */
const BELIEVED_AFTER = 3;

/** Which transport stream each multiplex is known to carry, until it is seen to carry another for good. */
export class Identities {
  readonly #lineUp: LineUp;
  readonly #contradictions = new Map<string, { transportStreamId: number; times: number }>();

  constructor(lineUp: LineUp) {
    this.#lineUp = lineUp;
  }

  /** transport_stream_id; null where nothing is known, or any will do. */
  of(multiplex: Multiplex): number | null {
    if (!isBroadcast(multiplex.delivery)) return null;
    if ((this.#contradictions.get(multiplex.id)?.times ?? 0) >= BELIEVED_AFTER) return null;
    const received = this.#lineUp.of(multiplex.id).find((service) => service.onAir);
    return received?.key.transportStreamId ?? null;
  }

  /** A visit of its own found another transport stream there. */
  contradicted({ id }: Multiplex, transportStreamId: number | null): void {
    if (transportStreamId === null) return;
    const before = this.#contradictions.get(id);
    const times = before?.transportStreamId === transportStreamId ? before.times + 1 : 1;
    this.#contradictions.set(id, { transportStreamId, times });
  }

  /** The multiplex said who it is, and that is what is known. */
  confirmed({ id }: Multiplex): void {
    this.#contradictions.delete(id);
  }
}
