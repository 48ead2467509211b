import type { Multiplex, Service } from "../ports.ts";

/** A multiplex as it is remembered. */
export interface KnownMultiplex {
  readonly multiplex: Multiplex;
  /** What it carried when it was received last; null before. */
  readonly originalNetworkId: number | null;
  readonly transportStreamId: number | null;
  /** Carrier to noise at the last scan, dB; null when unknown. */
  readonly cnr: number | null;
  /** Scans in a row in which it was visited and not received. */
  readonly missed: number;
}

/** A service as it is remembered. */
export interface KnownService {
  readonly service: Service;
  /** Since when it is not there any more, epoch ms; null while it is. */
  readonly goneSince: number | null;
}

/** What the box knows of what can be received: the last good line-up. */
export interface KnownLineUp {
  readonly multiplexes: readonly KnownMultiplex[];
  readonly services: readonly KnownService[];
}

/** Scans without a multiplex before its services count as gone: weather and works on a mast pass. */
export const MOST_MISSED = 3;

export const EMPTY_LINE_UP: KnownLineUp = { multiplexes: [], services: [] };

/**
 * Where a service is, within all that is known. The original_network_id is left out: it becomes known later than the rest (from
 * the SDT), and within one multiplex the other two are unique.
 */
export function placeOf({ key, multiplex }: Pick<Service, "key" | "multiplex">): string {
  return `${multiplex.id}\n${key.transportStreamId}.${key.serviceId}`;
}
