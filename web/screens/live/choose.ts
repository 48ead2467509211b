import type { Channel } from "../../../src/protocol/api.ts";
import * as places from "../../places.ts";
import { barrierOf, isCertain } from "../../live/barrier.ts";
import * as state from "../../state.ts";

/** What was opened last, and where: to come back to it. */
let opened: { readonly id: string; readonly from: "list" | "card" } | null = null;

/** Plays a channel; what certainly does not play is explained instead. */
export function choose(channel: Channel, from: "list" | "card"): void {
  opened = { id: channel.id, from };
  if (isCertain(barrierOf(channel))) showChannel(channel);
  else places.openChannel(channel);
}

/** What there is to know about a channel, and to do with it. */
export function showChannel({ id }: Pick<Channel, "id">): void {
  state.openSheet({ name: "channel", channel: id });
}

/** Back from the player: what was opened has the focus, in the middle of the screen. */
export function returnTo(root: HTMLElement | null): void {
  if (opened === null || root === null) return;
  const { id, from } = opened;
  const row = root.querySelector<HTMLElement>(`[data-channel="${CSS.escape(id)}"]`);
  const card = from === "card" ? root.querySelector<HTMLElement>("[data-continue]") : null;
  const button = card ?? row;
  if (card === null && button !== null && !inSight(button)) button.scrollIntoView({ block: "center" });
  button?.focus({ preventScroll: true });
}

/** Pixels that the parts of the list take above, and the tabs below. */
const COVERED = 90;

function inSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= COVERED && bottom <= innerHeight - COVERED;
}
