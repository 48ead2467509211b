import type { DoorLease, DoorProtocol, DoorRefusal, DoorWish } from "./door-protocol.ts";
import type { Probing } from "./probe.ts";

/** An open door, or what the router said against it. */
export type Opened =
  | { readonly kind: "open"; readonly protocol: DoorProtocol; readonly lease: DoorLease }
  | {
      readonly kind: "shut";
      /** None: it was silent. */
      readonly refusals: readonly DoorRefusal[];
      /** That the router has, as it said in refusing. */
      readonly externalAddress: string | null;
    };

const MOST_REFUSALS = 8;
/** Many routers give nobody a port below this, that well-known services have. */
const FREE_PORTS = 1024;

/**
 * Asks a router for a door by each protocol that it answered, until one gives it.
 * @param wish for each port that is asked for, in their order
 * @param heldBy a lease of that protocol that may still be there
 */
export async function openDoor(
  probing: Probing,
  wish: Omit<DoorWish, "externalPort"> & { readonly externalPorts: readonly number[] },
  heldBy: (protocol: DoorProtocol) => DoorLease | null,
  signal: AbortSignal,
): Promise<Opened> {
  const { externalPorts, ...common } = wish;
  const refusals: DoorRefusal[] = [];
  const asked = new Set<DoorProtocol>();
  let externalAddress: string | null = null;
  // Who has refused once has had time: then those are asked too that were slower to answer.
  for (const answered of [probing.best, probing.all])
    for (const protocol of await answered) {
      if (asked.has(protocol)) continue;
      asked.add(protocol);
      for (const externalPort of externalPorts) {
        const answer = await protocol.open({ ...common, externalPort }, heldBy(protocol), signal);
        if (answer.kind === "open") return { kind: "open", protocol, lease: answer.lease };
        if (signal.aborted || answer.kind === "silent") break;
        const { refusal } = answer;
        if (refusals.at(-1)?.words !== refusal.words && refusals.length < MOST_REFUSALS)
          refusals.push(refusal);
        if (answer.kind !== "refused") continue;
        externalAddress ??= answer.externalAddress;
        if (refusal.reason !== "not-allowed" || externalPort >= FREE_PORTS) break;
      }
    }
  return { kind: "shut", refusals, externalAddress };
}
