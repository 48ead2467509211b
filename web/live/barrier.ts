import type { Channel } from "../../src/protocol/api.ts";
import { obstacleOf, type Obstacle } from "../player/obstacle.ts";
import * as state from "../state.ts";

/** Why a channel cannot be watched here now: the channel, this device, or who one is. */
export type Barrier = Obstacle | { readonly kind: "age"; readonly age: number };

export function barrierOf(channel: Channel): Barrier | null {
  const age = state.tooOldFor(channel);
  return age === null ? obstacleOf(channel, state.capabilities.value) : { kind: "age", age };
}

/** What asking the box would not change: a player would only fail. */
const CERTAIN: ReadonlySet<Barrier["kind"]> = new Set(["scrambled", "no-signal", "age", "data"]);

export function isCertain(barrier: Barrier | null): boolean {
  return barrier !== null && CERTAIN.has(barrier.kind);
}

export function canWatch(channel: Channel): boolean {
  return barrierOf(channel) === null;
}
