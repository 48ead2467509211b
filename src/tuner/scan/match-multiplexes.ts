import type { Multiplex } from "../ports.ts";
import type { KnownMultiplex } from "./line-up-known.ts";
import { familyOf, isBroadcast, nameMultiplex, sameMultiplex } from "./same-multiplex.ts";
import type { MultiplexResult } from "./scanner.ts";

/** Which known multiplex each received one is. */
export interface Matched {
  readonly result: MultiplexResult;
  /** With the id that it keeps, or a new one. */
  readonly multiplex: Multiplex;
  readonly known: KnownMultiplex | null;
}

/**
 * Recognises multiplexes. In this order, each known one at most once:
 * 1. where it was, with the transport stream that it had;
 * 2. on another frequency, with the transport stream that it had: it was moved (two may even have changed places);
 * 3. where one was whose transport stream is not known, or has another number now.
 *
 * Transport streams that several multiplexes claim to be (networks that number nothing) are recognised by place alone.
 */
export function matchMultiplexes(
  known: readonly KnownMultiplex[],
  received: readonly MultiplexResult[],
): readonly Matched[] {
  const free = new Set(known);
  const matches = new Map<MultiplexResult, KnownMultiplex>();
  const claim = (fits: (one: KnownMultiplex, result: MultiplexResult) => boolean): void => {
    for (const result of received) {
      if (matches.has(result)) continue;
      for (const one of free) {
        if (!fits(one, result)) continue;
        matches.set(result, one);
        free.delete(one);
        break;
      }
    }
  };
  const counts = countStreams(received);
  const knownCounts = countStreams(known.map((one) => ({ ...one, result: null })));
  const sameStream = (one: KnownMultiplex, result: MultiplexResult): boolean =>
    streamOf(one) === streamOf(result);
  const unique = (result: MultiplexResult): boolean =>
    result.transportStreamId !== null &&
    result.originalNetworkId !== null &&
    counts.get(streamOf(result)) === 1 &&
    knownCounts.get(streamOf(result)) === 1;
  claim((one, result) => samePlace(one, result) && sameStream(one, result));
  claim((one, result) => unique(result) && sameStream(one, result));
  claim((one, result) => samePlace(one, result));

  const taken = new Set(known.map(({ multiplex }) => multiplex.id));
  return received.map((result) => {
    const one = matches.get(result) ?? null;
    if (one === null) return { result, known: null, multiplex: named(result.multiplex, taken) };
    // Details that differ are no reason to interrupt who watches.
    const moved = !sameMultiplex(one.multiplex.delivery, result.multiplex.delivery);
    return {
      result,
      known: one,
      multiplex: moved ? { id: one.multiplex.id, delivery: result.multiplex.delivery } : one.multiplex,
    };
  });
}

function samePlace(one: KnownMultiplex, { multiplex }: MultiplexResult): boolean {
  if (!isBroadcast(multiplex.delivery)) return one.multiplex.id === multiplex.id;
  return sameMultiplex(one.multiplex.delivery, multiplex.delivery);
}

interface Carrying {
  readonly multiplex: Multiplex;
  readonly originalNetworkId: number | null;
  readonly transportStreamId: number | null;
}

/** The same numbers may be in use on cable and on air. */
function streamOf({ multiplex, originalNetworkId, transportStreamId }: Carrying): string {
  return `${familyOf(multiplex.delivery)} ${originalNetworkId}.${transportStreamId}`;
}

function countStreams(all: readonly Carrying[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(streamOf(one), (counts.get(streamOf(one)) ?? 0) + 1);
  return counts;
}

/** @param taken gains the new id */
function named(multiplex: Multiplex, taken: Set<string>): Multiplex {
  if (!isBroadcast(multiplex.delivery)) return multiplex;
  const id = nameMultiplex(multiplex.delivery, taken);
  taken.add(id);
  return { id, delivery: multiplex.delivery };
}
