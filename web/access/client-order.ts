import type { Client } from "../../src/protocol/api.ts";

/** This one first, then who was here last. */
export function inOrder(list: readonly Client[]): readonly Client[] {
  const seen = ({ lastSeenAt, pairedAt }: Client): string => lastSeenAt ?? pairedAt;
  return [...list].sort(
    (one, other) => Number(other.current) - Number(one.current) || seen(other).localeCompare(seen(one)),
  );
}

/** Whether it is the only one that may administer the box. */
export function isLastOwner(list: readonly Client[], id: string): boolean {
  const owners = list.filter(({ role }) => role === "owner");
  return owners.length === 1 && owners[0]?.id === id;
}

/** Whether nobody could administer the box if it had another role, and its person's other devices with it. */
export function isLastPerson(list: readonly Client[], { id, role, changedWith = [] }: Client): boolean {
  const changed = new Set([id, ...changedWith]);
  return role === "owner" && list.every((one) => one.role !== "owner" || changed.has(one.id));
}
