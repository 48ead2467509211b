import type { Box, PairingClaim, PairingClaimed, PairingState, Tokens } from "../../src/protocol/api.ts";
import { randomText } from "../api/base64url.ts";
import type { BoxConnection } from "../api/connection.ts";
import { createDeviceKey } from "../api/device-store.ts";
import { thumbprint } from "../api/dpop.ts";
import { Problem } from "../api/problem.ts";
import type { Session, SessionStore } from "../api/session.ts";
import { proofByWebCrypto, type PairingSecret, type ProofInput } from "./proof.ts";

export interface PairingProgress {
  /** Two digits to compare with the box's screen while its owner is asked. */
  onMatch(digits: string): void;
}

/** Milliseconds between questions whether the owner has said yes. */
const POLL_INTERVAL = 1500;

/** True when the page may hold a key of its own; over http on a LAN address it may not. */
export function canHoldKey(): boolean {
  return window.isSecureContext && typeof crypto.subtle === "object";
}

/**
 * Pairs this phone with the box and leaves the session in the connection and the store.
 * @returns whether the session outlives this tab
 * @throws Problem `pairing-refused`, `pairing-denied`, `pairing-too-many`, `pairing-expired` and what any call throws
 */
export async function pair(
  connection: BoxConnection,
  store: SessionStore,
  box: Box,
  secret: PairingSecret,
  device: { name: string; terminalType: PairingClaim["terminalType"] },
  progress: PairingProgress,
): Promise<{ lasting: boolean }> {
  const signer = canHoldKey() ? await createDeviceKey() : null;
  const refresh = location.protocol === "https:" ? "cookie" : "body";
  const nonce = randomText(16);
  const input: ProofInput = {
    box: box.id,
    secret,
    nonce,
    thumbprint: signer === null ? "" : await thumbprint(signer.jwk),
  };
  const claim: PairingClaim = {
    ...(secret.kind === "qr" ? { offer: secret.offer } : {}),
    proof:
      signer === null
        ? (await import("./proof-plain.ts")).proofInPlainScript(input)
        : await proofByWebCrypto(input),
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
  const tokens = await poll(connection, claimed);
  const { client, role } = tokens;
  const session: Session =
    signer === null
      ? { kind: "lan", client, role }
      : {
          kind: "key",
          client,
          role,
          signer,
          refreshToken: refresh === "cookie" ? null : (tokens.refreshToken ?? ""),
        };
  const lasting = await store.save(box.id, session);
  connection.use(box.id, session, tokens);
  return { lasting };
}

async function poll(connection: BoxConnection, claimed: PairingClaimed): Promise<Tokens> {
  for (;;) {
    const answer = await connection.call<PairingState>("POST", "/api/v1/pairing/poll", {
      body: { claim: claimed.claim },
      open: true,
    });
    if (answer.state === "paired") return answer.tokens;
    if (connection.boxNow() > Date.parse(claimed.expiresAt)) throw new Problem("pairing-expired");
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  }
}

/** What kind of terminal this is, by how it is pointed at: a finger, a mouse, or neither. */
export function terminalType(): PairingClaim["terminalType"] {
  if (matchMedia("(pointer: coarse)").matches && matchMedia("(max-width: 1100px)").matches) return "mobile";
  return matchMedia("(any-pointer: fine)").matches ? "internet" : "tv";
}
