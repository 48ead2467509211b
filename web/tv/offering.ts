import { signal } from "@preact/signals";
import type { OfferState } from "../../src/protocol/access-api.ts";
import type { Offer } from "../../src/protocol/api.ts";
import { connection } from "../here.ts";
import { asProblem, type Problem } from "../api/problem.ts";

/** Milliseconds before its end at which an offer is replaced by the next. */
const BEFORE_END = 20_000;
/** Offers that are shown one after another before somebody has to want one again: nobody may look at the screen any more. */
const TIMES = 4;
/** Milliseconds until the next attempt, after one that failed. */
const AGAIN = 5000;
/** Milliseconds for which it is said that somebody came in. */
const THANKS = 8000;

/** The offer that the screen shows, or null. */
export const offer = signal<Offer | null>(null);
export const problem = signal<Problem | null>(null);
/** Somebody has just come in by it. */
export const paired = signal(false);

/** Offers that may still be opened; null: none is wanted. */
let left: number | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function isWanted(): boolean {
  return left !== null;
}

/** Shows an offer until somebody comes in by it. @param ever renewed as long as the page is open: the box has no owner */
export function show(ever = false): void {
  if (left !== null) return;
  left = ever ? Infinity : TIMES;
  paired.value = false;
  void renew();
}

/** Takes it back. */
export function hide(): void {
  const { id } = offer.value ?? {};
  stop();
  if (id !== undefined) void connection.call("DELETE", `/api/v1/offers/${id}`).catch(() => undefined);
}

function stop(): void {
  left = null;
  clearTimeout(timer);
  offer.value = null;
  problem.value = null;
}

/** What the box says of offers. */
export function onOffer(state: OfferState | null): void {
  if (state === null || state.id !== offer.value?.id) return;
  if (state.state === "paired") {
    stop();
    paired.value = true;
    setTimeout(() => (paired.value = false), THANKS);
  } else if (state.state === "closed" || state.state === "refused") void renew();
}

/** The box is there again: a restart has forgotten what was open. */
export async function onBoxBack(): Promise<void> {
  const { id } = offer.value ?? {};
  if (id === undefined) return;
  try {
    onOffer(await connection.call<OfferState>("GET", `/api/v1/offers/${id}`));
  } catch (error) {
    if (asProblem(error).code === "offer-not-found") void renew();
  }
}

let renewing = false;

async function renew(): Promise<void> {
  if (renewing || left === null) return;
  clearTimeout(timer);
  if (left === 0) return hide();
  renewing = true;
  try {
    const opened = await connection.call<Offer>("POST", "/api/v1/offers", { body: {} });
    // what the box held before is closed by that
    offer.value = opened;
    problem.value = null;
    if (!isWanted()) return hide();
    left--;
    timer = setTimeout(() => void renew(), Math.max(AGAIN, lifeOf(opened) - BEFORE_END));
  } catch (error) {
    if (offer.value !== null && lifeOf(offer.value) <= 0) offer.value = null;
    problem.value = asProblem(error);
    if (isWanted()) timer = setTimeout(() => void renew(), AGAIN);
  } finally {
    renewing = false;
  }
}

function lifeOf({ expiresAt }: Offer): number {
  return Date.parse(expiresAt) - connection.boxNow();
}
