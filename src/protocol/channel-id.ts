import { createHash } from "node:crypto";

/**
 * A channel's id: a hash of where it is. The original_network_id is left out because it becomes known (from the SDT) later
 * than the rest, and the id must not change then; inside one multiplex the other two are unique.
 * @param multiplex its id
 */
export function channelIdOf(multiplex: string, transportStreamId: number, serviceId: number): string {
  return createHash("sha256")
    .update(`${multiplex}\n${transportStreamId}\n${serviceId}`)
    .digest("hex")
    .slice(0, 16);
}
