import type { MuxTables } from "../mux-tables.ts";
import type { Delivery, Multiplex } from "../ports.ts";
import { familyOf, isBroadcast, type Broadcast } from "./same-multiplex.ts";

/**
 * Which other multiplexes the network tables of one that was received name, of those that the same aerial, cable or dish may get:
 * the same family and, from a satellite, the same position in the sky.
 */
export function announcedBy(
  received: Multiplex,
  tables: Pick<MuxTables, "networks" | "transportStreamId" | "originalNetworkId">,
): readonly Broadcast[] {
  const family = familyOf(received.delivery);
  if (!isBroadcast(received.delivery)) return [];
  const streams = tables.networks();
  const own = streams.find(
    (stream) =>
      stream.transportStreamId === tables.transportStreamId &&
      (tables.originalNetworkId === null || stream.originalNetworkId === tables.originalNetworkId),
  );
  const orbital = orbitalOf(received.delivery) ?? orbitalOf(own?.delivery ?? null);
  const found: Broadcast[] = [];
  for (const { delivery } of streams) {
    if (delivery === null || familyOf(delivery) !== family || !isBroadcast(delivery)) continue;
    if (!isPlausible(delivery)) continue;
    if (!("orbital" in delivery)) {
      found.push(delivery);
      continue;
    }
    // Which dish it is, the one that asked for the scan has said; where nobody said, only what is at the same place as this one.
    if (orbital !== null && delivery.orbital !== orbital) continue;
    if (orbital === null && streams.length > 1 && own === undefined) continue;
    found.push({ ...delivery, orbital: orbitalOf(received.delivery) });
  }
  return found;
}

function orbitalOf(delivery: Delivery | null): string | null {
  return delivery !== null && "orbital" in delivery ? delivery.orbital : null;
}

/** Networks write zeros and ones where they do not know. */
function isPlausible(delivery: Broadcast): boolean {
  if ("frequencyKHz" in delivery)
    return (
      delivery.frequencyKHz >= 2_000_000 &&
      delivery.frequencyKHz <= 31_000_000 &&
      delivery.symbolRate >= 1_000_000
    );
  return delivery.frequencyHz >= 42_000_000 && delivery.frequencyHz <= 1_218_000_000;
}
