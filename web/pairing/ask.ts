import type { Asked, AskRequest } from "../../src/protocol/access-api.ts";
import type { Box } from "../../src/protocol/api.ts";
import { randomText } from "../api/base64url.ts";
import type { BoxConnection } from "../api/connection.ts";
import type { DeviceStore } from "../api/device-store.ts";
import { thumbprint } from "../api/dpop.ts";
import { ownKey, poll, settle, type Newcomer, type PairingProgress } from "./pair.ts";

export interface AskProgress extends PairingProgress {
  /** What is to be shown to an owner, and until when (ISO 8601) it is good. */
  onCode(code: string, expiresAt: string): void;
}

/**
 * Asks to be let in by an owner who sees this screen, and leaves the session in the connection and the store.
 * @returns whether the session outlives this tab
 * @throws Problem `not-from-lan`, `owner-missing`, `pairing-too-many`, `pairing-denied`, `pairing-expired`, and `pairing-refused`
 *   when the code ran out
 */
export async function ask(
  connection: BoxConnection,
  store: DeviceStore,
  box: Box,
  device: Newcomer,
  progress: AskProgress,
): Promise<{ lasting: boolean }> {
  const overHttps = location.protocol === "https:";
  const signer = await ownKey(store, overHttps);
  const nonce = randomText(16);
  const body: AskRequest = {
    nonce,
    key: signer === null ? null : signer.jwk,
    refresh: overHttps ? "cookie" : "body",
    name: device.name,
    terminalType: device.terminalType,
  };
  const asked = await connection.call<Asked>("POST", "/api/v1/pairing/ask", { body, open: true });
  progress.onCode(asked.code, asked.expiresAt);
  const tokens = await poll(connection, asked, progress);
  const input = { box: box.id, nonce, thumbprint: signer === null ? "" : await thumbprint(signer.jwk) };
  return settle(connection, store, box, { signer, tokens, input });
}
