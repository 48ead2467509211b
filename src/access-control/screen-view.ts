import type { OfferState } from "../protocol/access-api.ts";
import type { Principal } from "../protocol/principal.ts";

/** What the box's own screen may know and decide of: nobody becomes an owner by a remote control, once there is one. */
export function isForScreen({ role, state }: Pick<OfferState, "role" | "state">): boolean {
  return role !== "owner" || state !== "waiting";
}

/** Whether somebody may know of an offer, and decide about who waits there. */
export function seesOffer({ role }: Principal, offer: Pick<OfferState, "role" | "state">): boolean {
  return role === "owner" || isForScreen(offer);
}
