import type { Way } from "./gateway.ts";
import type { DoorLease, DoorProtocolName, DoorRefusal, RouterWord } from "./door-protocol.ts";

/**
 * How a door stands. `off`: nothing was begun; `no-router`: the box has no way out; `looking`: the router is being asked; `watching`:
 * it is asked for its address alone; `silent`: it speaks none of the protocols.
 */
export type MappingStatus = "off" | "no-router" | "looking" | "watching" | "open" | "refused" | "silent";

/** What a person can be shown of a door. */
export interface MappingState {
  readonly status: MappingStatus;
  /** Addresses of the router and of the box towards it. */
  readonly gateway: string | null;
  readonly client: string | null;
  /** The one that the door is open by, or that the router's address is known by. */
  readonly protocol: DoorProtocolName | null;
  /** The router's towards the internet; of IPv6 the box's own. */
  readonly externalAddress: string | null;
  readonly internalPort: number;
  /** Null: no door is open. */
  readonly externalPort: number | null;
  /** Until when the router promised it, ms since 1970; null: nothing is open, or for good. */
  readonly until: number | null;
  /** Protocols that the router answered by. */
  readonly router: readonly RouterWord[];
  /** Why not, in the router's own words; the protocol's that was tried first, first. */
  readonly refusals: readonly DoorRefusal[];
}

/** Whether two say the same; a later end of the same door is no news. */
export function isSameState(a: MappingState, b: MappingState): boolean {
  return JSON.stringify({ ...a, until: null }) === JSON.stringify({ ...b, until: null });
}

/** A door that is not open, towards the router of that way. */
export function shutDoor(status: MappingStatus, way: Way | null, internalPort: number): MappingState {
  return {
    status,
    gateway: way?.gateway ?? null,
    client: way?.client ?? null,
    protocol: null,
    externalAddress: null,
    internalPort,
    externalPort: null,
    until: null,
    router: [],
    refusals: [],
  };
}

/** One that is open. @param until ms since 1970; null: for good */
export function openState(
  way: Way | null,
  lease: DoorLease,
  until: number | null,
  router: readonly RouterWord[],
): MappingState {
  return {
    ...shutDoor("open", way, lease.internalPort),
    protocol: lease.protocol,
    externalAddress: lease.externalAddress,
    externalPort: lease.externalPort,
    until,
    router,
  };
}

/**
 * One that is shut, with what the router says.
 * @param refusals of the order to open; none: those of its words
 * @param address that the router named in refusing
 */
export function heardState(
  shut: MappingState,
  router: readonly RouterWord[],
  refusals: readonly DoorRefusal[],
  address: string | null,
): MappingState {
  const refused = router.flatMap(({ refusal }) => (refusal === null ? [] : [refusal]));
  const named = router.find(({ externalAddress }) => externalAddress !== null)?.externalAddress ?? null;
  return {
    ...shut,
    protocol: router[0]?.protocol ?? null,
    externalAddress: named ?? address,
    router,
    refusals: refusals.length > 0 ? refusals : refused,
  };
}
