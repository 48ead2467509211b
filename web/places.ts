import type { Channel } from "../src/protocol/api.ts";
import { Problem, UNREACHABLE } from "./api/problem.ts";
import { connection } from "./here.ts";
import * as own from "./live/own.ts";
import { capabilities } from "./player/browser-media.ts";
import { Player } from "./player/player.ts";
import * as state from "./state.ts";
import { watchedIn, watchFragment } from "./watch-address.ts";

/** What plays; null: nobody watches. */
export const player = { current: null as Player | null };

/** Where one can be without watching. */
export type Place = "channels" | "guide" | "search";
const PLACES: Readonly<Record<string, Place>> = { "#/guide": "guide", "#/search": "search" };

/** The place that the address names, or the list. */
export function showPlace(): void {
  player.current = null;
  own.noteTuned(null);
  state.screen.value = { name: PLACES[location.hash] ?? "channels" };
}

/** The box does not answer: what that may be, and what can be done. */
export function showAway(): void {
  state.screen.value = { name: "error", problem: new Problem(UNREACHABLE) };
}

/** Whether that is shown. */
export function isAway(): boolean {
  return state.screen.value.name === "error" && state.screen.value.problem.code === UNREACHABLE;
}

/** Shows what the address names: a channel, or one of the places. */
export function followAddress(): void {
  state.opening.value = null;
  if (connection.session === null) return;
  const id = watchedIn(location.hash);
  if (id === null) return showPlace();
  const list = state.channels.value;
  if (list === null) return; // once it is here
  const channel = list.find((one) => one.id === id);
  if (channel === undefined) return state.fresh.value ? leaveChannel() : undefined;
  if (player.current?.channel.value?.id !== id) watch(channel);
}

function watch(channel: Channel): void {
  player.current ??= new Player({
    connection,
    capabilities,
    liveOnly: () => state.liveOnly.value,
  });
  player.current.tune(channel);
  own.noteTuned(channel.id);
  state.screen.value = { name: "player" };
}

/** To another place: a step that the back button undoes, but for those back to the list. */
export function go(place: Place): void {
  if (state.screen.value.name === place) return window.scrollTo({ top: 0 });
  const address = place === "channels" ? location.pathname : `#/${place}`;
  if (place === "channels") history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  followAddress();
}

/** From the list: a step that the back button undoes. */
export function openChannel(channel: Channel): void {
  history.pushState({ fromList: true }, "", watchFragment(channel.id));
  // before the box has answered: as soon as it has
  if (connection.session === null) state.opening.value = channel.id;
  else watch(channel);
}

/** From channel to channel: the back button still leads to the list. */
export function switchChannel(channel: Channel): void {
  history.replaceState(history.state, "", watchFragment(channel.id));
  watch(channel);
}

export function leaveChannel(): void {
  if ((history.state as { fromList?: boolean } | null)?.fromList === true) return history.back();
  history.replaceState(null, "", location.pathname);
  followAddress();
}
