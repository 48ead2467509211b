import type { Principal, Role } from "../../protocol/principal.ts";
import { WEIGHTS, type WeightClass } from "../../tuner/index.ts";

/** What a role weighs for the arbiter. */
export const WEIGHT_OF: Record<Role, WeightClass> = {
  owner: "owner",
  viewer: "viewer",
  kid: "viewer",
  guest: "guest",
};

/**
 * Who has to go first for somebody: who is lightest, of the client that has most, the oldest of it. Pure.
 * @param all in order of their start
 * @param role of the one who comes
 * @returns undefined when nobody is lighter
 */
export function lightestBelow<T extends { readonly principal: Principal }>(
  all: readonly T[],
  role: Role,
): T | undefined {
  const weigh = ({ principal }: T): number => WEIGHTS[WEIGHT_OF[principal.role]];
  const lighter = all.filter((one) => weigh(one) < WEIGHTS[WEIGHT_OF[role]]);
  const counts = new Map<string, number>();
  for (const { principal } of lighter) counts.set(principal.client, (counts.get(principal.client) ?? 0) + 1);
  const count = ({ principal }: T): number => counts.get(principal.client) ?? 0;
  // The sort is stable: what is equal stays in order of its start.
  return lighter.sort((a, b) => weigh(a) - weigh(b) || count(b) - count(a))[0];
}
