import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { TellyportError, httpStatusOf, messageOf, type ErrorCode } from "../kernel/errors.ts";
import { redactUrl } from "../kernel/log.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { Problem } from "../protocol/api.ts";

/** RFC 9457: what a failure looks like on the wire. */
export function problemOf(error: TellyportError): Problem {
  const { headers: _headers, ...detail } = error.detail ?? {};
  return {
    type: `urn:tellyport:error:${error.code}`,
    title: error.message,
    status: httpStatusOf(error.code),
    code: error.code,
    ...(Object.keys(detail).length > 0 && { detail }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  };
}

/** Sends a failure; what is not an expected one is logged and answered as `internal`, without its text. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: LineLog,
): FastifyReply {
  const expected = expectedError(error);
  if (expected.code === "internal") {
    log.error(
      {
        route: request.routeOptions.url,
        method: request.method,
        error: messageOf(error),
        stack: error instanceof Error ? error.stack : undefined,
      },
      "request-failed",
    );
  } else {
    log.debug(
      { url: redactUrl(request.url), method: request.method, errorCode: expected.code },
      "request-refused",
    );
  }
  const headers = expected.detail?.["headers"];
  if (typeof headers === "object" && headers !== null) void reply.headers(headers);
  if (expected.retryAfterMs !== undefined)
    void reply.header("retry-after", Math.ceil(expected.retryAfterMs / 1000));
  return reply
    .code(httpStatusOf(expected.code))
    .header("content-type", "application/problem+json")
    .header("cache-control", "no-store")
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(problemOf(expected));
}

/** Fastify's own failures by their codes; anything unknown is a programmer's fault. */
function expectedError(error: unknown): TellyportError {
  if (error instanceof TellyportError) return error;
  const fastifyError = error as Partial<FastifyError>;
  if (fastifyError.validation !== undefined)
    return new TellyportError(
      "body-invalid",
      `The request does not fit: ${fastifyError.message ?? ""}. See the description of the API (openapi.json).`,
    );
  if (fastifyError.statusCode === 413)
    return new TellyportError("body-too-large", "The request body is too large.");
  if (
    fastifyError.statusCode !== undefined &&
    fastifyError.statusCode >= 400 &&
    fastifyError.statusCode < 500
  ) {
    const code: ErrorCode = fastifyError.statusCode === 404 ? "route-not-found" : "request-malformed";
    return new TellyportError(code, fastifyError.message ?? "The request is malformed.");
  }
  return new TellyportError("internal", "Something went wrong on the box. Its log says what.", {
    cause: error,
  });
}
