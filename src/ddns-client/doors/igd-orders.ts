import type { IgdOrder } from "./igd.ts";

/** A TCP mapping from any machine of the internet. */
export interface IgdMapping {
  /** The box's own, towards the gateway. */
  readonly client: string;
  readonly internalPort: number;
  readonly externalPort: number;
  /** s; 0: until somebody takes it away, or the router forgets it */
  readonly lifetime: number;
  /** For people who look at their router's list. */
  readonly description: string;
}

export const GET_ADDRESS: IgdOrder = { action: "GetExternalIPAddress", arguments: [] };

/** @see WANIPConnection:2 §2.5.16; `AddAnyPortMapping`, §2.5.18, gives another port where that one is taken, and is of version 2 alone */
export function addMapping(
  mapping: IgdMapping,
  action: "AddPortMapping" | "AddAnyPortMapping" = "AddPortMapping",
): IgdOrder {
  return {
    action,
    arguments: [
      ["NewRemoteHost", ""],
      ["NewExternalPort", mapping.externalPort],
      ["NewProtocol", "TCP"],
      ["NewInternalPort", mapping.internalPort],
      ["NewInternalClient", mapping.client],
      ["NewEnabled", 1],
      ["NewPortMappingDescription", mapping.description],
      ["NewLeaseDuration", mapping.lifetime],
    ],
  };
}

/** @see WANIPConnection:2 §2.5.15 */
export function getMapping(externalPort: number): IgdOrder {
  return { action: "GetSpecificPortMappingEntry", arguments: entry(externalPort) };
}

/** @see WANIPConnection:2 §2.5.17 */
export function deleteMapping(externalPort: number): IgdOrder {
  return { action: "DeletePortMapping", arguments: entry(externalPort) };
}

function entry(externalPort: number): IgdOrder["arguments"] {
  return [
    ["NewRemoteHost", ""],
    ["NewExternalPort", externalPort],
    ["NewProtocol", "TCP"],
  ];
}

/** @see WANIPv6FirewallControl:1 §2.5.1 */
export const GET_FIREWALL: IgdOrder = { action: "GetFirewallStatus", arguments: [] };

/** Protocol numbers are IANA's. @see WANIPv6FirewallControl:1 §2.5.3 */
export function addPinhole(client: string, port: number, lifetime: number): IgdOrder {
  return {
    action: "AddPinhole",
    arguments: [
      ["RemoteHost", ""],
      ["RemotePort", 0],
      ["InternalClient", client],
      ["InternalPort", port],
      ["Protocol", 6],
      ["LeaseTime", lifetime],
    ],
  };
}

/** @param id of the pinhole, as the router gave it. @see WANIPv6FirewallControl:1 §2.5.4 */
export function updatePinhole(id: number, lifetime: number): IgdOrder {
  return {
    action: "UpdatePinhole",
    arguments: [
      ["UniqueID", id],
      ["NewLeaseTime", lifetime],
    ],
  };
}

/** @see WANIPv6FirewallControl:1 §2.5.5 */
export function deletePinhole(id: number): IgdOrder {
  return { action: "DeletePinhole", arguments: [["UniqueID", id]] };
}
