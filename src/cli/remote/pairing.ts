import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { sleep, type Clock } from "../../kernel/clock.ts";
import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { Box, PairingClaimed, PairingState, type PairingClaim, type Tokens } from "../../protocol/api.ts";
import {
  CODE_ALPHABET,
  CODE_KDF,
  CODE_LENGTH,
  RECOVERY_KDF,
  RECOVERY_LENGTH,
  RECOVERY_OFFER,
  normaliseCode,
  normaliseRecoveryCode,
  pairingProofBytes,
} from "../../protocol/pairing.ts";
import { checkAttestation } from "./attestation.ts";
import { authorityOf, isLoopback, originOf, type BoxAddress } from "./box-address.ts";
import {
  connectTo,
  lookAtCertificate,
  normaliseFingerprint,
  type Connect,
  type Trust,
} from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import { generateClientKey, publicPart, thumbprintOf } from "./dpop.ts";
import { exchange, expect, type HttpRequest } from "./exchange.ts";
import { withTokens } from "./session.ts";

/** What the person holds: the letters on the box's screen, or what its QR code or a hand-off carries. */
export type PairingSecret =
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "offer"; readonly offer: string; readonly secret: string }
  /** One of the codes that make an owner of whoever lost every phone. */
  | { readonly kind: "recovery"; readonly code: string };

export interface PairingOptions {
  readonly address: BoxAddress;
  readonly secret: PairingSecret;
  /** What the owner will see in the list of clients, 1 to 64 characters. */
  readonly name: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when the https address is used in place of the one given. */
  readonly onAddress?: (origin: string) => void;
  /** Told the two digits by which an owner says yes, when one has to. */
  readonly onMatch?: (match: string) => void;
}

/** How often the box is asked whether the claim was approved. @see RFC 8628 §3.5 */
const POLL_MS = 2000;

/** A box as met for the first time. */
interface Door {
  readonly address: BoxAddress;
  readonly trust: Trust | null;
  readonly box: Box;
}

/**
 * Pairs this machine with a box: claims the open offer with a proof of its secret, waits for approval, brings its own key.
 * @throws TellyportError `usage` when it can be no code; `pairing-refused`, `pairing-denied`, `hand-off-used`, `secure-origin-required`, `box-not-trusted`, `box-unreachable`
 */
export async function pairWithBox(options: PairingOptions): Promise<Credentials> {
  const secret = checkSecret(options.secret);
  const door = await findDoor(options);
  const call = caller(door, options.signal);
  const key = await generateClientKey();
  const nonce = randomBytes(16).toString("base64url");
  const thumbprint = await thumbprintOf(key);
  const proof = pairingProof(secret, { box: door.box.id, thumbprint, nonce });
  const claim: PairingClaim = {
    ...offerOf(secret),
    proof,
    nonce,
    key: publicPart(key),
    name: options.name,
    terminalType: "internet",
    refresh: "body",
  };
  const claimed = expect(PairingClaimed, await call("POST", "/api/v1/pairing/claim", claim));
  if (claimed.match !== null) options.onMatch?.(claimed.match);
  const tokens = await untilPaired(claimed.claim, call, options);
  checkAttestation(tokens, { box: door.box.id, thumbprint, nonce });
  return withTokens(
    {
      version: 1,
      box: { id: door.box.id, name: door.box.name, ...door.address, trust: door.trust },
      client: tokens.client,
      role: tokens.role,
      key,
    },
    tokens,
  );
}

/** The proof that a claim's sender knows the offer's secret, which itself is never sent. */
function pairingProof(
  secret: PairingSecret,
  claim: { box: string; thumbprint: string; nonce: string },
): string {
  const { salt, info } = secret.kind === "recovery" ? RECOVERY_KDF : CODE_KDF;
  const key =
    secret.kind === "offer"
      ? Buffer.from(secret.secret, "base64url")
      : Buffer.from(hkdfSync("sha256", secret.code, salt, info, 32));
  const bytes = pairingProofBytes({ offer: "", ...claim, ...offerOf(secret) });
  return createHmac("sha256", key).update(bytes).digest("base64url");
}

/** The offer that a claim names; a typed code names none. */
function offerOf(secret: PairingSecret): { offer?: string } {
  if (secret.kind === "code") return {};
  return { offer: secret.kind === "offer" ? secret.offer : RECOVERY_OFFER };
}

function checkSecret(secret: PairingSecret): PairingSecret {
  if (secret.kind === "offer") return secret;
  if (secret.kind === "recovery") {
    const code = normaliseRecoveryCode(secret.code);
    if (code !== null) return { kind: "recovery", code };
    throw new TellyportError(
      "usage",
      `That is no recovery code: one has ${RECOVERY_LENGTH} letters out of ${CODE_ALPHABET}.`,
    );
  }
  const code = normaliseCode(secret.code);
  if (code !== null) return { kind: "code", code };
  throw new TellyportError(
    "usage",
    `That is no pairing code: a code has ${CODE_LENGTH} letters out of ${CODE_ALPHABET}.`,
  );
}

/** The address at which a key of one's own may be brought: https, or plain http that stays on this machine. */
async function findDoor(options: PairingOptions): Promise<Door> {
  const { address, signal } = options;
  if (address.scheme === "https") return knock(address, null, signal);
  const plain = await readBox(address, null, signal);
  if (isLoopback(address.host)) return { address, trust: null, box: plain };
  if (plain.https === null) {
    throw new TellyportError(
      "secure-origin-required",
      `${originOf(address)} can be read on the way and the box offers no https: switch its https on, or pair on the box itself.`,
    );
  }
  const secure: BoxAddress = { scheme: "https", host: address.host, port: plain.https.port };
  try {
    const door = await knock(secure, plain.https.fingerprint, signal);
    options.onAddress?.(originOf(secure));
    return door;
  } catch (error) {
    if (!isTellyportError(error, "box-unreachable")) throw error;
    throw new TellyportError(
      "secure-origin-required",
      `${originOf(address)} can be read on the way, so pairing needs ${originOf(secure)}, and that does not answer: is its port open?`,
      { cause: error },
    );
  }
}

/** Meets a box over https; a certificate that it made must be the one that it says it made. */
async function knock(address: BoxAddress, expected: string | null, signal: AbortSignal): Promise<Door> {
  const seen = await lookAtCertificate(address, signal);
  const box = await readBox(address, seen, signal);
  const named = [expected, box.https?.fingerprint ?? null];
  const mismatch =
    seen.kind === "pinned" &&
    named.some((one) => one !== null && normaliseFingerprint(one) !== seen.fingerprint);
  if (mismatch) {
    throw new TellyportError(
      "box-not-trusted",
      `${originOf(address)} shows another certificate than the box's own: something stands between. Pair in the box's own network.`,
    );
  }
  return { address, trust: seen, box };
}

async function readBox(address: BoxAddress, trust: Trust | null, signal: AbortSignal): Promise<Box> {
  const connect = connectTo(address, trust);
  const host = authorityOf(address);
  return expect(Box, await exchange(connect, { method: "GET", path: "/api/v1/box", host, signal }));
}

type Caller = (method: HttpRequest["method"], path: string, body: unknown) => ReturnType<typeof exchange>;

function caller(door: Door, signal: AbortSignal): Caller {
  const connect: Connect = connectTo(door.address, door.trust);
  const host = authorityOf(door.address);
  return (method, path, body) => exchange(connect, { method, path, body, host, signal });
}

/** The box ends the wait itself (`pairing-refused`, `pairing-denied`) when the offer ends or is turned down. */
async function untilPaired(claim: string, call: Caller, options: PairingOptions): Promise<Tokens> {
  for (;;) {
    let pause = POLL_MS;
    try {
      const state = expect(PairingState, await call("POST", "/api/v1/pairing/poll", { claim }));
      if (state.state === "paired") return state.tokens;
    } catch (error) {
      if (!isTellyportError(error) || error.kind !== "busy") throw error;
      pause = Math.max(pause, error.retryAfterMs ?? 0);
    }
    await sleep(options.clock, pause, options.signal);
  }
}
