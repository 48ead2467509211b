import { createHash } from "node:crypto";
import type { Multiplex, Service, ServiceKey } from "./ports.ts";

/** From here on original_network_ids are for whoever likes one. @see ETSI TS 101 162 §5.2 */
const PRIVATE_NETWORKS = 0xff00;
/** Above what sections can hold: no broadcaster has such an id. */
const OWN_NETWORKS = 0x10000;

/**
 * The original_network_id under which the services of a multiplex are known. Senders on a network give all their streams the same
 * triplet (1.1.1, or their encoder's default), and only the list tells them apart: then it is made of the multiplex's id, the same in
 * each run. Broadcasters' own ids stay.
 * @param told as the SDT has it, or 0
 * @param programs how many the PAT has
 */
export function networkIdOf({ id, delivery, listed }: Multiplex, told: number, programs: number): number {
  const { system } = delivery;
  if (listed === undefined || (system !== "http" && system !== "udp" && system !== "rtp")) return told;
  if (programs !== 1 && told !== 0 && told < PRIVATE_NETWORKS) return told;
  return OWN_NETWORKS + createHash("sha256").update(id).digest().readUInt32BE();
}

/** What a list calls the only service of a multiplex holds against the tables: it is what its owner wrote or chose. */
export function asListed(service: Service, programs: number): Service {
  const { listed } = service.multiplex;
  if (listed === undefined || programs !== 1) return service;
  return { ...service, name: listed.name, lcn: listed.number ?? service.lcn };
}

/** What was said about a multiplex's own services goes to where these are. */
export function listedEvents<Said extends { readonly service: ServiceKey }>(
  said: Said[],
  own: { readonly originalNetworkId: number; readonly transportStreamId: number },
  known: number,
): Said[] {
  if (own.originalNetworkId === known) return said;
  return said.map((one) =>
    one.service.originalNetworkId === own.originalNetworkId &&
    one.service.transportStreamId === own.transportStreamId
      ? { ...one, service: { ...one.service, originalNetworkId: known } }
      : one,
  );
}
