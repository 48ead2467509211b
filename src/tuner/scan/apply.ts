import { withKnownNames } from "../catalogue.ts";
import type { Service } from "../ports.ts";
import {
  MOST_MISSED,
  placeOf,
  type KnownLineUp,
  type KnownMultiplex,
  type KnownService,
} from "./line-up-known.ts";
import { matchMultiplexes, type Matched } from "./match-multiplexes.ts";
import { isBroadcast } from "./same-multiplex.ts";
import type { MultiplexResult } from "./scanner.ts";

/** Members of a service that a person notices. */
export type ServiceMember = "name" | "provider" | "kind" | "lcn" | "scrambled" | "visible" | "frequency";

export interface LineUpDiff {
  readonly added: readonly Service[];
  /** Also those that had gone and are back: `what` is empty then. */
  readonly changed: readonly { readonly service: Service; readonly what: readonly ServiceMember[] }[];
  readonly gone: readonly Service[];
  readonly unchanged: number;
}

export interface Applied {
  readonly lineUp: KnownLineUp;
  readonly diff: LineUpDiff;
}

/** How long a service that went is remembered, ms. */
const REMEMBER_MS = 90 * 24 * 60 * 60_000;

/**
 * What is known after a scan. A service keeps its multiplex, and thereby all that its owner has set; a name is never replaced by
 * none; what was not found on a multiplex that was received is gone, and what a whole scan has missed stays as it was.
 * @param now epoch ms
 */
export function applyScan(before: KnownLineUp, results: readonly MultiplexResult[], now: number): Applied {
  const received = withoutTwins(results.filter(({ outcome }) => outcome === "ok" || outcome === "partial"));
  const matched = matchMultiplexes(before.multiplexes, received);
  const byId = new Map(matched.map((one) => [one.multiplex.id, one]));
  const missed = missedMultiplexes(before, results, byId);

  const multiplexes = [
    ...before.multiplexes.map((one) => {
      const match = byId.get(one.multiplex.id);
      if (match !== undefined) return afterVisit(match);
      return missed.has(one.multiplex.id) ? { ...one, missed: one.missed + 1 } : one;
    }),
    ...matched.filter(({ known }) => known === null).map(afterVisit),
  ];

  const diff = {
    added: [] as Service[],
    changed: [] as LineUpDiff["changed"][number][],
    gone: [] as Service[],
    unchanged: 0,
  };
  const knownServices = new Map(before.services.map((one) => [placeOf(one.service), one]));
  const services = new Map<string, KnownService>();
  for (const match of matched) {
    for (const found of match.result.services) {
      const service = { ...found, multiplex: match.multiplex };
      const known = knownServices.get(placeOf(service));
      const after = known === undefined ? service : merge(known.service, service, match.result);
      services.set(placeOf(after), { service: after, goneSince: null });
      if (known === undefined) diff.added.push(after);
      else {
        const what = differences(known.service, after);
        if (what.length > 0 || known.goneSince !== null) diff.changed.push({ service: after, what });
        else diff.unchanged++;
      }
    }
  }
  const givenUp = new Set(
    multiplexes.filter((one) => one.missed >= MOST_MISSED).map((one) => one.multiplex.id),
  );
  for (const [place, known] of knownServices) {
    if (services.has(place)) continue;
    const match = byId.get(known.service.multiplex.id);
    const service = match === undefined ? known.service : { ...known.service, multiplex: match.multiplex };
    const offAir = match?.result.offAir.includes(service.key.serviceId) ?? false;
    const isGone = (match !== undefined && !offAir) || givenUp.has(service.multiplex.id);
    if (!isGone) services.set(place, { service, goneSince: offAir ? null : known.goneSince });
    else if (known.goneSince === null) services.set(place, { service, goneSince: now });
    else if (now - known.goneSince < REMEMBER_MS)
      services.set(place, { service, goneSince: known.goneSince });
    if (isGone && known.goneSince === null) diff.gone.push(service);
    else if (known.goneSince === null) diff.unchanged++;
  }
  return { lineUp: { multiplexes, services: [...services.values()] }, diff };
}

/** Those that were visited, and not received, there or anywhere else. */
function missedMultiplexes(
  before: KnownLineUp,
  results: readonly MultiplexResult[],
  received: ReadonlyMap<string, Matched>,
): Set<string> {
  const failed = results.filter(({ outcome }) => outcome === "no-lock" || outcome === "no-data");
  const missed = new Set<string>();
  for (const { multiplex } of before.multiplexes)
    if (!received.has(multiplex.id) && failed.some((result) => result.multiplex.id === multiplex.id))
      missed.add(multiplex.id);
  return missed;
}

function afterVisit({ multiplex, known, result }: Matched): KnownMultiplex {
  return {
    multiplex,
    originalNetworkId: result.originalNetworkId ?? known?.originalNetworkId ?? null,
    transportStreamId: result.transportStreamId ?? known?.transportStreamId ?? null,
    cnr: result.signal?.cnr ?? known?.cnr ?? null,
    missed: 0,
  };
}

/**
 * One transport stream from two transmitters: the stronger counts. Twins have the same numbers and the same names, not the numbers
 * alone: regional editions and unnumbered networks have those in common too.
 */
export function withoutTwins(received: readonly MultiplexResult[]): readonly MultiplexResult[] {
  const best = new Map<string, MultiplexResult>();
  for (const result of received) {
    const { multiplex, originalNetworkId, transportStreamId, services } = result;
    const names = services.map(({ key, name }) => `${key.serviceId} ${name}`).sort();
    // Without an SDT there are no names to recognise it by; files and addresses are what they are.
    const print =
      originalNetworkId === null || !isBroadcast(multiplex.delivery)
        ? multiplex.id
        : JSON.stringify([multiplex.delivery.system, originalNetworkId, transportStreamId, names]);
    const rival = best.get(print);
    if (rival === undefined || (result.signal?.cnr ?? -1) > (rival.signal?.cnr ?? -1))
      best.set(print, result);
  }
  return [...best.values()];
}

function merge(before: Service, found: Service, { originalNetworkId, numbered }: MultiplexResult): Service {
  const named = withKnownNames(before, found);
  const described = originalNetworkId !== null;
  return {
    ...named,
    provider: named.provider ?? before.provider,
    ...(described ? {} : { key: before.key, kind: before.kind }),
    ...(numbered ? {} : { lcn: found.lcn ?? before.lcn, visible: before.visible }),
  };
}

function differences(before: Service, after: Service): ServiceMember[] {
  const what: ServiceMember[] = [];
  for (const member of ["name", "provider", "kind", "lcn", "scrambled", "visible"] as const)
    if (before[member] !== after[member]) what.push(member);
  if (JSON.stringify(before.multiplex.delivery) !== JSON.stringify(after.multiplex.delivery))
    what.push("frequency");
  return what;
}
