import type { Box, Channel, Channels, ServerEvents } from "../src/protocol/api.ts";
import {
  handOffFragment,
  pairingFragment,
  parseAskFragment,
  parseHandOffFragment,
  parsePairingFragment,
} from "../src/protocol/pairing.ts";
import { BoxConnection } from "./api/connection.ts";
import { createDeviceStore, type DeviceStore } from "./api/device-store.ts";
import { backOff, createEventParser, type ServerEvent } from "./api/events.ts";
import { Problem, UNREACHABLE, asProblem } from "./api/problem.ts";
import { sayLast } from "./api/say-last.ts";
import { canHoldKey } from "./pairing/can-hold-key.ts";
import type { Newcomer, PairingProgress } from "./pairing/pair.ts";
import { bringErrorWords } from "./i18n/index.ts";
import { nameIn, withName } from "./pairing/handed-name.ts";
import type { PairingSecret } from "./pairing/proof.ts";
import * as access from "./access/follow.ts";
import { learnWays, noteReached } from "./away/reached.ts";
import * as own from "./live/own.ts";
import { forgetList, keepList, lastList } from "./live/visit.ts";
import { recall, remember } from "./memory.ts";
import { capabilities as measureCapabilities } from "./player/browser-media.ts";
import { Player } from "./player/player.ts";
import { withChanges } from "./player/obstacle.ts";
import { keepShell, lookForNewShell } from "./shell/shell.ts";
import { preload } from "./preload.ts";
import * as state from "./state.ts";

const WATCH = "#/watch/";

/** Milliseconds without a byte after which the event stream counts as dead. */
const SILENCE = 90_000;
const CLOCK_TICK = 10_000;
/** Milliseconds without the box after which a person is told what to do. */
const LONG_AWAY = 15_000;
/** Milliseconds after the start for what can wait. */
const AT_LEISURE = 1500;

const store = createDeviceStore();
export const connection = new BoxConnection({
  origin: location.origin,
  fetch: (url, init) => fetch(url, { ...init, cache: "no-store" }),
  sayLast,
  store,
  now: () => Date.now(),
  monotonic: () => performance.now(),
});
export const player = { current: null as Player | null };

/** What the page's address brought: an offer from a QR code, or a pass from this person's other browser. */
export interface Scanned {
  readonly from: "offer" | "pass";
  readonly secret: PairingSecret & { kind: "qr" };
  /** How the client is called that handed its place on; empty for an offer. */
  readonly name: string;
}

/** The code of a television that asks to be let in, which an owner's phone has scanned; null: none. */
let seenCode: string | null = null;

/** The pass that was taken up here last. A home-screen icon brings the same one at every start. */
const USED_PASS = "pass";

/** Taken out of the address bar and history at once. */
export let scanned: Scanned | null = takeFragment();

function takeFragment(): Scanned | null {
  const { hash } = location;
  const offer = parsePairingFragment(hash);
  const pass = parseHandOffFragment(hash);
  seenCode = parseAskFragment(hash) ?? seenCode;
  if (/^#[pht]=/.test(hash)) history.replaceState(null, "", location.pathname);
  if (offer !== null) return { from: "offer", secret: { kind: "qr", ...offer }, name: "" };
  if (pass === null || pass.offer === recall(USED_PASS)) return null;
  return { from: "pass", secret: { kind: "qr", ...pass }, name: nameIn(hash) };
}

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
  if (state.channels.value === null || location.hash.startsWith(WATCH))
    state.screen.value = { name: "starting" };
  else showPlace();
  try {
    const box = await connection.call<Box>("GET", "/api/v1/box", { open: true });
    state.box.value = box;
    state.now.value = connection.boxNow();
    if (!state.fresh.value && lastList()?.box !== box.id) state.channels.value = null;
    const session = scanned?.from === "offer" ? null : await store.load(box.id);
    connection.use(box.id, session);
    if (session !== null) {
      scanned = null; // who is in already needs no pass
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

/** It is used up, or was refused. */
export function forgetScanned(): void {
  if (scanned?.from === "pass") remember(USED_PASS, scanned.secret.offer);
  scanned = null;
}

/** The https page of the same box, pairing secret included; null when this is it, or there is none. */
export function securePage(): string | null {
  const https = state.box.value?.https;
  if (!https || canHoldKey()) return null;
  return `https://${location.hostname}:${https.port}/${scanned === null ? "" : fragmentOf(scanned)}`;
}

function fragmentOf({ from, secret, name }: Scanned): string {
  if (from === "offer") return pairingFragment(secret.offer, secret.secret);
  return withName(handOffFragment(secret.offer, secret.secret), name);
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
  void follow(following.signal);
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
  if (seenCode === null || !state.isOwner.value) return;
  state.openSheet({ name: "add", waiting: null, code: seenCode });
  seenCode = null;
}

let following: AbortController | null = null;

/** Keeps the event stream open until aborted, waiting longer after each failure. */
async function follow(signal: AbortSignal): Promise<void> {
  let heard = Date.now();
  for (let attempt = 0; !signal.aborted; attempt++) {
    await readEvents(signal, () => (attempt = 0)).catch(() => undefined);
    if (signal.aborted) return;
    if (state.live.value) heard = Date.now();
    state.live.value = false;
    state.longAway.value = Date.now() - heard > LONG_AWAY;
    await pause(backOff(attempt), signal);
  }
}

async function readEvents(signal: AbortSignal, onOpen: () => void): Promise<void> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  signal.addEventListener("abort", stop);
  let silence = setTimeout(stop, SILENCE);
  try {
    const reader = (await connection.stream("/api/v1/events", abort.signal)).getReader();
    const decoder = new TextDecoder();
    const parse = createEventParser();
    onOpen();
    const wasAway = !state.live.value;
    state.live.value = true;
    state.longAway.value = false;
    if (wasAway) {
      player.current?.onBoxBack();
      setTimeout(() => void lookForNewShell(), AT_LEISURE);
    }
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE);
      if (state.box.value !== null) noteReached(state.box.value);
      for (const event of parse(decoder.decode(value, { stream: true }))) onEvent(event);
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", stop);
    stop();
  }
}

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

/** Waits, but not when the network just came back or the person just looked. */
export function pause(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = (): void => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(done, delay);
    window.addEventListener("online", done, { signal: over.signal });
    document.addEventListener("visibilitychange", () => document.hidden || done(), { signal: over.signal });
    signal.addEventListener("abort", done, { signal: over.signal });
  });
}

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

function isAway(): boolean {
  return state.screen.value.name === "error" && state.screen.value.problem.code === UNREACHABLE;
}

/** Shows what the address names: a channel, or one of the places. */
function followAddress(): void {
  state.opening.value = null;
  if (connection.session === null) return;
  if (!location.hash.startsWith(WATCH)) return showPlace();
  const list = state.channels.value;
  if (list === null) return; // once it is here
  const id = decodeURIComponent(location.hash.slice(WATCH.length));
  const channel = list.find((one) => one.id === id);
  if (channel === undefined) return state.fresh.value ? leaveChannel() : undefined;
  if (player.current?.channel.value?.id !== id) watch(channel);
}

/** A QR code scanned while the page is already open changes only the fragment. */
function onHashChange(): void {
  const found = takeFragment();
  if (connection.session !== null) answerTelevision();
  if (found === null) return;
  scanned = found;
  void connect();
}

function watch(channel: Channel): void {
  player.current ??= new Player({
    connection,
    capabilities: measureCapabilities,
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
  history.pushState({ fromList: true }, "", WATCH + encodeURIComponent(channel.id));
  // before the box has answered: as soon as it has
  if (connection.session === null) state.opening.value = channel.id;
  else watch(channel);
}

/** From channel to channel: the back button still leads to the list. */
export function switchChannel(channel: Channel): void {
  history.replaceState(history.state, "", WATCH + encodeURIComponent(channel.id));
  watch(channel);
}

export function leaveChannel(): void {
  if ((history.state as { fromList?: boolean } | null)?.fromList === true) return history.back();
  history.replaceState(null, "", location.pathname);
  followAddress();
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
