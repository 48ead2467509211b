import type { Box, Channel, Channels, ServerEvents } from "../src/protocol/api.ts";
import * as access from "./access/follow.ts";
import type { BoxConnection } from "./api/connection.ts";
import type { DeviceStore } from "./api/device-store.ts";
import type { ServerEvent } from "./api/events.ts";
import { followEvents, type EventsHeard } from "./api/follow-events.ts";
import { asProblem, type Problem } from "./api/problem.ts";
import { learnWays, noteReached } from "./away/reached.ts";
import { connection, store } from "./here.ts";
import { bringErrorWords } from "./i18n/index.ts";
import * as own from "./live/own.ts";
import { forgetList, keepList, lastList } from "./live/visit.ts";
import type { Newcomer, PairingProgress } from "./pairing/pair.ts";
import type { PairingSecret } from "./pairing/proof.ts";
import { followAddress, isAway, player, showPlace } from "./places.ts";
import { capabilities as measureCapabilities } from "./player/browser-media.ts";
import { withChanges } from "./player/obstacle.ts";
import { preload } from "./preload.ts";
import { dropScanned, forgetScanned, scanAgain, scanned, takeSeenCode } from "./scanned.ts";
import { keepShell, lookForNewShell } from "./shell/shell.ts";
import * as state from "./state.ts";
import { watchedIn } from "./watch-address.ts";

const CLOCK_TICK = 10_000;
/** Milliseconds without the box after which a person is told what to do. */
const LONG_AWAY = 15_000;
/** Milliseconds after the start for what can wait. */
const AT_LEISURE = 1500;

/** From opening the page to the first screen. */
export async function start(): Promise<void> {
  connection.onSignedOut = (reason) => showPairing(reason);
  connection.onSession = (session) => (state.me.value = session);
  connection.onDistrusted = (problem) => {
    leave();
    state.screen.value = { name: "error", problem };
  };
  window.addEventListener("popstate", followAddress);
  window.addEventListener("hashchange", onHashChange);
  window.addEventListener("online", () => player.current?.onBoxBack());
  setInterval(() => (state.now.value = connection.boxNow()), CLOCK_TICK);
  void bringErrorWords();
  await showLastVisit();
  await connect();
}

/** The list as it was, at once: the box's own follows. */
async function showLastVisit(): Promise<void> {
  const last = lastList();
  if (last === null || scanned?.from === "offer" || !(await store.boxes()).includes(last.box)) return;
  own.useBox(last.box);
  state.channels.value = last.channels;
}

/** Asks the box who it is and takes up the session with it, if there is one. */
export async function connect(): Promise<void> {
  if (state.channels.value === null || watchedIn(location.hash) !== null)
    state.screen.value = { name: "starting" };
  else showPlace();
  try {
    const box = await connection.call<Box>("GET", "/api/v1/box", { open: true });
    state.box.value = box;
    if (box.branding) import("./branding.ts").then((it) => it.wear(box)).catch(() => undefined);
    state.now.value = connection.boxNow();
    if (!state.fresh.value && lastList()?.box !== box.id) state.channels.value = null;
    const session = scanned?.from === "offer" ? null : await store.load(box.id);
    connection.use(box.id, session);
    if (session !== null) {
      dropScanned();
      await enter();
    } else if (scanned === null && (await store.boxes()).length > 0) {
      state.screen.value = { name: "stranger", kept: await keptForOthers() };
    } else showPairing(null);
  } catch (error) {
    fail(asProblem(error));
  }
}

/** Cookies go to whatever answers at this host: what is left to the person depends on whether one is all that counts. */
async function keptForOthers(): Promise<"key" | "cookie"> {
  const sessions = await Promise.all((await store.boxes()).map((id) => store.load(id)));
  return sessions.every((session) => session?.kind === "key") ? "key" : "cookie";
}

function fail(problem: Problem): void {
  if (state.screen.value.name === "pair") return; // signed out meanwhile: that screen says why
  state.screen.value = { name: "error", problem };
}

function showPairing(reason: Problem | null): void {
  leave();
  state.screen.value = { name: "pair", reason };
}

/** Forgets what only a paired phone sees. */
function leave(): void {
  following?.abort();
  state.sheetHeld.value = false;
  state.sheet.value = [];
  state.channels.value = null;
  state.fresh.value = false;
  state.longAway.value = false;
  forgetList();
  access.forget();
  player.current = null;
}

/** Another box stands where the known one stood: the known one's session is given up for it. */
export async function takeNewBox(): Promise<void> {
  for (const id of await store.boxes()) await store.forget(id);
  await connect();
}

/** @throws Problem when pairing fails; the screen stays */
export async function pairWith(
  secret: PairingSecret,
  device: Newcomer,
  progress: PairingProgress,
): Promise<void> {
  const { pair } = await import("./pairing/pair.ts");
  await comeIn((to, keep, box) => pair(to, keep, box, secret, device, progress));
}

/** Comes in by whichever way pairs this device. @throws what that throws */
export async function comeIn(
  way: (to: BoxConnection, keep: DeviceStore, box: Box) => Promise<{ lasting: boolean }>,
): Promise<void> {
  const box = state.box.value ?? (await connection.call<Box>("GET", "/api/v1/box", { open: true }));
  const { lasting } = await way(connection, store, box);
  state.unlasting.value = !lasting;
  forgetScanned();
  await enter();
}

async function enter(): Promise<void> {
  void measureCapabilities().then((found) => {
    state.capabilities.value = found;
    preload();
  });
  if (state.box.value !== null) own.useBox(state.box.value.id);
  followAddress();
  following?.abort();
  following = new AbortController();
  void followEvents(connection, heard, following.signal);
  try {
    const { channels } = await connection.call<Channels>("GET", "/api/v1/channels");
    takeList(channels);
    followAddress();
    void access.learn(connection);
    setTimeout(settle, AT_LEISURE);
    answerTelevision();
  } catch (error) {
    if (state.channels.value === null) throw error;
  }
}

/** What makes the next start quicker, and a box that is not there easier to find. */
function settle(): void {
  if (connection.session === null) return;
  void learnWays(connection);
  void keepShell().then(lookForNewShell);
  void import("./screens/away/index.tsx").catch(() => undefined);
}

function takeList(channels: readonly Channel[]): void {
  state.channels.value = channels;
  state.fresh.value = true;
  const box = state.box.value;
  if (box !== null) keepList(box.id, box.name, state.watchable.value ?? []);
}

/** An owner has scanned what a television shows: the question who it is to be comes at once. */
function answerTelevision(): void {
  if (!state.isOwner.value) return;
  const code = takeSeenCode();
  if (code !== null) state.openSheet({ name: "add", waiting: null, code });
}

let following: AbortController | null = null;

const heard: EventsHeard = {
  onOpen: () => {
    const wasAway = !state.live.value;
    state.live.value = true;
    state.longAway.value = false;
    if (!wasAway) return;
    player.current?.onBoxBack();
    setTimeout(() => void lookForNewShell(), AT_LEISURE);
  },
  onHeard: () => {
    if (state.box.value !== null) noteReached(state.box.value);
  },
  onEvent,
  onAway: (missed) => {
    state.live.value = false;
    state.longAway.value = missed > LONG_AWAY;
  },
};

function onEvent({ event, data }: ServerEvent): void {
  if (event === "snapshot") {
    takeList((JSON.parse(data) as ServerEvents["snapshot"]).channels);
    if (state.screen.value.name === "starting" || isAway()) followAddress();
  } else if (event === "channels") {
    const changed = (JSON.parse(data) as ServerEvents["channels"]).channels;
    takeList(withChanges(state.channels.value ?? [], changed));
  } else if (event === "playback-ended") {
    player.current?.onEnded(JSON.parse(data) as ServerEvents["playback-ended"]);
  } else if (event === "watching") {
    state.watchers.value++;
  } else access.onEvent(event, data, connection);
}

/** A QR code scanned while the page is already open changes only the fragment. */
function onHashChange(): void {
  const found = scanAgain();
  if (connection.session !== null) answerTelevision();
  if (found) void connect();
}

/** Gives up this phone's place at the box, there as well as here; here even when the box does not answer. */
export async function forgetBox(): Promise<void> {
  const { session } = connection;
  const id = state.box.value?.id;
  if (session !== null)
    await connection
      .call("DELETE", `/api/v1/clients/${encodeURIComponent(session.client)}`)
      .catch(() => undefined);
  if (id !== undefined) {
    await store.forget(id);
    connection.use(id, null);
  }
  history.replaceState(null, "", location.pathname);
  showPairing(null);
}
