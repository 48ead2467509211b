import { canHoldKey } from "./can-hold-key.ts";
import type { Box, PairingClaim, PairingClaimed, PairingState, Tokens } from "../../src/protocol/api.ts";
import { randomText } from "../api/base64url.ts";
import type { BoxConnection } from "../api/connection.ts";
import { checkAttestation } from "../api/attestation.ts";
import { createDeviceKey, type DeviceKey, type DeviceStore } from "../api/device-store.ts";
import { thumbprint } from "../api/dpop.ts";
import { Problem, UNREACHABLE, asProblem } from "../api/problem.ts";
import type { Session } from "../api/session.ts";
import { offerOf, proofByWebCrypto, type PairingSecret, type ProofInput } from "./proof.ts";

export interface PairingProgress {
  /** Two digits by which the owner, who is asked, knows this phone. */
  onMatch(digits: string): void;
  /** Aborts when the person waits no longer. */
  readonly signal: AbortSignal;
}

/** What a device says of itself. */
export type Newcomer = Pick<PairingClaim, "name" | "terminalType" | "watchOnly">;

/** Milliseconds between questions whether the owner has said yes. */
const POLL_INTERVAL = 1500;
/** Milliseconds for which a box lets an owner choose. */
const TAKEN_UP = 300_000;

/**
 * Pairs this phone with the box and leaves the session in the connection and the store.
 * @returns whether the session outlives this tab
 * @throws Problem `pairing-refused`, `pairing-denied`, `pairing-too-many`, `pairing-expired`, `hand-off-used`,
 *   `box-not-trusted`, `box-not-trusted-keyless` and what any call throws
 */
export async function pair(
  connection: BoxConnection,
  store: DeviceStore,
  box: Box,
  secret: PairingSecret,
  device: Newcomer,
  progress: PairingProgress,
): Promise<{ lasting: boolean }> {
  const overHttps = location.protocol === "https:";
  const signer = await ownKey(store, overHttps);
  const refresh = overHttps ? "cookie" : "body";
  const nonce = randomText(16);
  const input: ProofInput = {
    box: box.id,
    secret,
    nonce,
    thumbprint: signer === null ? "" : await thumbprint(signer.jwk),
  };
  const offer = offerOf(secret);
  const claim: PairingClaim = {
    ...(offer === "" ? {} : { offer }),
    proof: canHoldKey()
      ? await proofByWebCrypto(input)
      : (await import("./proof-plain.ts")).proofInPlainScript(input),
    nonce,
    key: signer?.jwk ?? null,
    refresh,
    ...device,
  };
  const claimed = await connection.call<PairingClaimed>("POST", "/api/v1/pairing/claim", {
    body: claim,
    open: true,
  });
  if (claimed.match !== null) progress.onMatch(claimed.match);
  const tokens = await poll(connection, claimed, progress);
  return settle(connection, store, box, { signer, tokens, input });
}

/** Keeps what a claim brought. @returns whether it outlives this tab. @throws Problem `box-not-trusted` */
export async function settle(
  connection: BoxConnection,
  store: DeviceStore,
  box: Box,
  got: { signer: DeviceKey | null; tokens: Tokens; input: Pick<ProofInput, "box" | "thumbprint" | "nonce"> },
): Promise<{ lasting: boolean }> {
  const { signer, tokens, input } = got;
  const overHttps = location.protocol === "https:";
  await checkAttestation(tokens, input);
  const { client, role } = tokens;
  const session: Session =
    signer === null
      ? { kind: overHttps ? "browser" : "lan", client, role }
      : {
          kind: "key",
          client,
          role,
          signer,
          refreshToken: overHttps ? null : (tokens.refreshToken ?? ""),
        };
  const lasting = await store.save(box.id, session);
  connection.use(box.id, session, tokens);
  return { lasting };
}

/** Null where pages hold no keys, and where the browser would lose it while a cookie stays. */
export async function ownKey(store: DeviceStore, overHttps: boolean): Promise<DeviceKey | null> {
  if (!canHoldKey()) return null;
  const key = await createDeviceKey();
  return overHttps && !(await store.keeps(key)) ? null : key;
}

/** Asks until the owner has answered. A phone that slept or changed its network meanwhile goes on. */
export async function poll(
  connection: BoxConnection,
  claimed: Pick<PairingClaimed, "claim" | "expiresAt">,
  progress: PairingProgress,
): Promise<Tokens> {
  const { signal } = progress;
  let { expiresAt } = claimed;
  let shown = "";
  for (;;) {
    signal.throwIfAborted();
    const answer = await connection
      .call<PairingState>("POST", "/api/v1/pairing/poll", { body: { claim: claimed.claim }, open: true })
      .catch((error: unknown) => {
        if (asProblem(error).code !== UNREACHABLE) throw error;
        return null;
      });
    if (answer?.state === "paired") return answer.tokens;
    if (answer?.state === "pending" && answer.match !== undefined && answer.match !== shown) {
      progress.onMatch((shown = answer.match));
      // an owner has taken it up: from then on it is as good as a claim
      expiresAt = new Date(connection.boxNow() + TAKEN_UP).toISOString();
    }
    if (connection.boxNow() > Date.parse(expiresAt)) throw new Problem("pairing-expired");
    await new Promise<void>((resolve) => {
      const done = (): void => resolve();
      setTimeout(done, POLL_INTERVAL);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}

/** What kind of terminal this is, by how it is pointed at: a finger, a mouse, or neither. */
export function terminalType(): PairingClaim["terminalType"] {
  if (matchMedia("(pointer: coarse)").matches && matchMedia("(max-width: 1100px)").matches) return "mobile";
  return matchMedia("(any-pointer: fine)").matches ? "internet" : "tv";
}
