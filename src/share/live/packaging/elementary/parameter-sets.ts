/**
 * The parameter sets of a stream: which a decoder that follows it holds now, and which the init segment gave it. Sets
 * equal to the init segment's are taken out of the stream; others must stay in it. @see ISO/IEC 14496-15 §5.3.1
 */
export class ParameterSets<Parsed> {
  readonly #current = new Map<number, { readonly nal: Buffer; readonly parsed: Parsed }>();
  #configured = new Map<number, Buffer>();

  get(id: number): Parsed | undefined {
    return this.#current.get(id)?.parsed;
  }

  /** Whether the decoder already holds exactly this set. */
  holds(id: number, nal: Buffer): boolean {
    return this.#current.get(id)?.nal.equals(nal) ?? false;
  }

  /** Whether one of the sets that the decoder holds is this: broadcasts repeat them at each random access point. */
  repeats(nal: Buffer): boolean {
    for (const held of this.#current.values()) if (held.nal.equals(nal)) return true;
    return false;
  }

  /** Whether the set may be left out: the init segment has it and nothing has replaced it since. */
  redundant(id: number, nal: Buffer): boolean {
    return this.holds(id, nal) && (this.#configured.get(id)?.equals(nal) ?? false);
  }

  set(id: number, nal: Buffer, parsed: Parsed): void {
    this.#current.set(id, { nal, parsed });
  }

  /** A new init segment is made of the current sets. @returns them in order of id */
  configure(): Buffer[] {
    this.#configured = new Map([...this.#current].map(([id, { nal }]) => [id, nal]));
    return [...this.#configured].sort(([a], [b]) => a - b).map(([, nal]) => nal);
  }
}

/** A parameter set that came with a picture and holds from that picture on. */
export interface StagedSet<Parsed> {
  readonly id: number;
  readonly nal: Buffer;
  readonly parsed: Parsed;
}

/** @returns the set as the picture that is being put together sees it */
export function lookUp<Parsed>(
  sets: ParameterSets<Parsed>,
  staged: readonly StagedSet<Parsed>[],
  id: number,
): Parsed | undefined {
  return staged.findLast((set) => set.id === id)?.parsed ?? sets.get(id);
}
