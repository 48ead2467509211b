import type { Registration } from "../../protocol/registration.ts";

const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const ZONE = new RegExp(`^(${LABEL}\\.)+${LABEL}$`);
const ONE_LABEL = new RegExp(`^${LABEL}$`);
/** Characters of a zone: with a box's names below it is a name still. @see RFC 1035 §3.1 */
const LONGEST_ZONE = 190;

/**
 * Whether a cloud speaks of this box, and of names in one zone alone: what it calls the box is let in as a host, and gets a certificate.
 * @param boxId of this box
 */
export function isOfBox({ box, name, lanName, alias, hosts }: Registration, boxId: string): boolean {
  const zone = name.slice(boxId.length + 1);
  if (box !== boxId || name !== `${boxId}.${zone}` || lanName !== `lan.${name}`) return false;
  if (zone.length > LONGEST_ZONE || !ZONE.test(zone)) return false;
  const isInZone = (one: string): boolean =>
    one.endsWith(`.${zone}`) && ONE_LABEL.test(one.slice(0, -zone.length - 1));
  return (alias === null || isInZone(alias)) && hosts.every(isInZone);
}
