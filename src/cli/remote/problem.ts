import { Value } from "typebox/value";
import { ERROR_CODES, TellyportError, type ErrorCode } from "../../kernel/errors.ts";
import { isRecord } from "../../kernel/is-record.ts";
import { Problem } from "../../protocol/api.ts";

/** What stands for a code that a newer box knows and this program does not. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "request-malformed",
  401: "access-token-invalid",
  403: "role-forbidden",
  404: "route-not-found",
  405: "method-not-allowed",
  410: "playback-ended",
  413: "body-too-large",
};

/** A box's `application/problem+json` as the error it was. @see RFC 9457 §3 */
export function errorFromProblem(status: number, body: unknown): TellyportError {
  if (!Value.Check(Problem, body)) {
    return new TellyportError(
      BY_STATUS[status] ?? "box-unreachable",
      `What answers there is no Tellyport box, or a gateway before it (status ${status}).`,
    );
  }
  const known = isErrorCode(body.code) ? body.code : null;
  const facts = isRecord(body.detail) ? body.detail : undefined;
  const detail = known !== null ? facts : { ...facts, code: body.code };
  return new TellyportError(known ?? BY_STATUS[body.status] ?? "box-unreachable", body.title, {
    ...(detail !== undefined && { detail }),
    ...(body.retryAfterMs !== undefined && { retryAfterMs: body.retryAfterMs }),
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
