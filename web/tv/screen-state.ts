import { signal } from "@preact/signals";
import type { OfferStates, WatchingNow } from "../../src/protocol/access-api.ts";
import type { Box, Client } from "../../src/protocol/api.ts";
import { parseScreenFragment } from "../../src/protocol/pairing.ts";
import { connection } from "../here.ts";
import type { PairingSecret } from "../pairing/proof.ts";
import * as state from "../state.ts";

export type ScreenSecret = PairingSecret & { kind: "qr" };

/** What the link of `tellyport tv` brought; taken out of the address bar at once. */
export function takeScreenLink(): ScreenSecret | null {
  const found = parseScreenFragment(location.hash);
  if (found !== null) history.replaceState(null, "", location.pathname);
  return found === null ? null : { kind: "qr", ...found };
}

/** Whether this is the box's own screen; null while it is not known. */
export const atScreen = signal<boolean | null>(null);
/** Who watches what; null: not known, or nothing that this page may know. */
export const watching = signal<WatchingNow["watching"] | null>(null);

/** Asks who this page is to the box, and what it may show. Nothing of it is worth an error: it is asked again. */
export async function learn(): Promise<void> {
  if (connection.session === null) return;
  const [self] = await Promise.all([
    connection.call<Client>("GET", "/api/v1/clients/self").catch(() => null),
    learnBox(),
  ]);
  if (self === null) return;
  atScreen.value = self.screen === true;
  state.self.value = self;
  if (atScreen.value) await Promise.all([learnWatching(), learnWaiting()]);
}

/** The box again, with what it tells those it knows. */
export async function learnBox(): Promise<void> {
  await connection
    .call<Box>("GET", "/api/v1/box")
    .then((box) => (state.box.value = box))
    .catch(() => undefined);
}

export async function learnWatching(): Promise<void> {
  await connection
    .call<WatchingNow>("GET", "/api/v1/watching")
    .then((found) => (watching.value = found.watching))
    .catch(() => undefined);
}

/** Somebody may wait for a yes since before this page was opened, or came back. */
async function learnWaiting(): Promise<void> {
  await connection
    .call<OfferStates>("GET", "/api/v1/offers")
    .then(({ offers }) => (state.offer.value = offers.find((one) => one.state === "waiting") ?? null))
    .catch(() => undefined);
}

/** Nobody is signed in any more. */
export function forget(): void {
  atScreen.value = null;
  watching.value = null;
}
