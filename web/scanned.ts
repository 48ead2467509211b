import {
  handOffFragment,
  pairingFragment,
  parseAskFragment,
  parseHandOffFragment,
  parsePairingFragment,
} from "../src/protocol/pairing.ts";
import { recall, remember } from "./memory.ts";
import { canHoldKey } from "./pairing/can-hold-key.ts";
import { nameIn, withName } from "./pairing/handed-name.ts";
import type { PairingSecret } from "./pairing/proof.ts";
import * as state from "./state.ts";

/** What the page's address brought: an offer from a QR code, or a pass from this person's other browser. */
export interface Brought {
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
export let scanned: Brought | null = takeFragment();

/** A code that was scanned while the page was open changes only the fragment. @returns whether it was one */
export function scanAgain(): boolean {
  const found = takeFragment();
  scanned = found ?? scanned;
  return found !== null;
}

/** @returns the code of a television that asks, once */
export function takeSeenCode(): string | null {
  const code = seenCode;
  seenCode = null;
  return code;
}

function takeFragment(): Brought | null {
  const { hash } = location;
  const offer = parsePairingFragment(hash);
  const pass = parseHandOffFragment(hash);
  seenCode = parseAskFragment(hash) ?? seenCode;
  if (/^#[pht]=/.test(hash)) history.replaceState(null, "", location.pathname);
  if (offer !== null) return { from: "offer", secret: { kind: "qr", ...offer }, name: "" };
  if (pass === null || pass.offer === recall(USED_PASS)) return null;
  return { from: "pass", secret: { kind: "qr", ...pass }, name: nameIn(hash) };
}

/** Who is in already needs none. */
export function dropScanned(): void {
  scanned = null;
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

function fragmentOf({ from, secret, name }: Brought): string {
  if (from === "offer") return pairingFragment(secret.offer, secret.secret);
  return withName(handOffFragment(secret.offer, secret.secret), name);
}
