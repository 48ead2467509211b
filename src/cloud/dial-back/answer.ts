import { isRecord } from "../../kernel/is-record.ts";
import { verifyEd25519Jws } from "../../kernel/ed25519-jws.ts";
import { parseStrictJson } from "../../kernel/strict-json.ts";
import { DIAL_BACK_TYPE } from "../../protocol/registration.ts";

/** What was asked, of whom. */
export interface Question {
  readonly boxId: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly nonce: string;
  readonly address: string;
  readonly port: number;
}

/**
 * Whether a body is this box's signature over this question. Its clock may be wrong: what makes it fresh is the nonce.
 * @param body bounded by the caller
 */
export function answers(body: string, question: Question): boolean {
  const jws = answerOf(body);
  const { publicKey, boxId, nonce, address, port } = question;
  const content = jws === null ? null : verifyEd25519Jws(jws, { typ: DIAL_BACK_TYPE, publicKey });
  if (content === null) return false;
  const { header, payload } = content;
  return (
    header["kid"] === boxId &&
    payload["iss"] === boxId &&
    payload["nonce"] === nonce &&
    payload["address"] === address &&
    payload["port"] === port
  );
}

function answerOf(body: string): string | null {
  try {
    const value = parseStrictJson(body);
    return isRecord(value) && typeof value["answer"] === "string" ? value["answer"] : null;
  } catch {
    return null; // not JSON: nothing that a box answers
  }
}
