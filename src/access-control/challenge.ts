import { TellyportError, type ErrorCode } from "../kernel/errors.ts";
import { DPOP_ALGORITHM } from "../protocol/dpop.ts";

/** RFC 9449 §7.1 and §9: what the client should do about a 401. */
const WWW_ERRORS: Partial<Record<ErrorCode, string>> = {
  "access-token-invalid": "invalid_token",
  "client-revoked": "invalid_token",
  "dpop-invalid": "invalid_dpop_proof",
  "dpop-nonce-required": "use_dpop_nonce",
  "stay-over": "invalid_token",
};

/** A 401 with its challenge and the nonce that the next proof must carry. */
export function unauthenticated(code: ErrorCode, message: string, nonce: string): TellyportError {
  const error = WWW_ERRORS[code];
  const challenge = `DPoP ${error === undefined ? "" : `error="${error}", `}algs="${DPOP_ALGORITHM}"`;
  return new TellyportError(code, message, {
    detail: { headers: { "www-authenticate": challenge, "dpop-nonce": nonce } },
  });
}
