import type { Role } from "../protocol/principal.ts";
import type { ClientRecord } from "./clients.ts";
import { isLimited } from "./rules/limits.ts";

/*
 * A line: the client that paired by an offer, and all that came of it by hand-off, each of the one before. It is one person's,
 * who is not to keep in one browser what was taken away in another. Values in, values out.
 */

/**
 * Who gets a new role, or another end of its stay, with a client: all of its line, but for two. An owner stays what it is when
 * one of its browsers is changed that is none, for want of a key. And a browser that was made a kid's or guest's does not
 * become more with the others.
 * @param role that the client gets
 * @param active those that may use the box
 */
export function changedWith(
  client: ClientRecord,
  role: Role,
  active: readonly ClientRecord[],
): ClientRecord[] {
  const limited = isLimited(client.role);
  return active.filter((one) => {
    if (one.id === client.id || one.user !== client.user) return false;
    if (isLimited(one.role)) return limited || isLimited(role);
    return !limited && (one.role !== "owner" || client.role === "owner");
  });
}

/**
 * Who goes with a client that an owner removes: whoever came of it by hand-off, and of those again, whether those between are
 * there still or not. Not the one that asks, nor what came of that: it has moved away from the one that is removed.
 * @param all that are remembered
 */
export function removedWith(
  client: ClientRecord,
  asking: string,
  all: readonly ClientRecord[],
): ReadonlySet<string> {
  const gone = new Set([client.id]);
  // A set may grow while it is gone through.
  for (const parent of gone)
    for (const { id, handedOverFrom } of all) if (handedOverFrom === parent && id !== asking) gone.add(id);
  gone.delete(client.id);
  return gone;
}
