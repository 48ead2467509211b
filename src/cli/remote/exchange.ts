import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { TellyportError, isTellyportError, systemCode } from "../../kernel/errors.ts";
import type { Connect } from "./connection.ts";
import { errorFromProblem } from "./problem.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  /** Path with query. */
  readonly path: string;
  /** The `Host` header. */
  readonly host: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON when given. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** Milliseconds until the answer's head (for {@link openExchange}) or all of it; default {@link ANSWER_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; null where there is none. */
  readonly body: unknown;
}

const ANSWER_TIMEOUT_MS = 15_000;
/** The largest answer that is read: a guide of a few hundred channels is a tenth of it. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * One request over a connection of its own: a command makes a handful, and each certificate is judged before a byte goes out.
 * @returns the answer's head; the caller reads or destroys the body
 * @throws TellyportError `box-unreachable`; or the signal's reason
 */
export async function openExchange(connect: Connect, request: HttpRequest): Promise<IncomingMessage> {
  const deadline = new AbortController();
  const timeoutMs = request.timeoutMs ?? ANSWER_TIMEOUT_MS;
  const timer = setTimeout(() => {
    deadline.abort(
      new TellyportError("box-unreachable", `The box did not answer within ${timeoutMs / 1000} s.`),
    );
  }, timeoutMs);
  try {
    return await send(connect, request, AbortSignal.any([request.signal, deadline.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A whole exchange of JSON.
 * @throws TellyportError `box-unreachable`; or the signal's reason. Any status is an answer.
 */
export async function exchange(connect: Connect, request: HttpRequest): Promise<HttpAnswer> {
  const response = await openExchange(connect, request);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await readJson(response, request),
  };
}

/**
 * The body that an API call promises.
 * @throws TellyportError the problem that the box answered; `box-unreachable` when the answer does not fit
 */
export function expect<S extends TSchema>(schema: S, answer: HttpAnswer): Static<S> {
  if (answer.status < 200 || answer.status > 299) throw errorFromProblem(answer.status, answer.body);
  const body = answer.body;
  if (Value.Check(schema, body)) return body;
  throw new TellyportError(
    "box-unreachable",
    "What the box answered does not fit its API: are the box and this program of the same version?",
  );
}

async function send(connect: Connect, request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const socket = await connect(signal);
  const payload = request.body === undefined ? null : JSON.stringify(request.body);
  return new Promise((resolve, reject) => {
    const message = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: request.path,
      headers: {
        host: request.host,
        accept: "application/json",
        ...(payload !== null && {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(payload),
        }),
        ...request.headers,
      },
    });
    const onAbort = (): void => void message.destroy(signal.reason as Error);
    const onCallerAbort = (): void => void message.destroy(request.signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    // Ends a body that is still being read, too.
    request.signal.addEventListener("abort", onCallerAbort, { once: true });
    message.once("close", () => request.signal.removeEventListener("abort", onCallerAbort));
    message.once("response", (response) => {
      signal.removeEventListener("abort", onAbort);
      resolve(response);
    });
    message.on("error", (error) => {
      signal.removeEventListener("abort", onAbort);
      reject(signal.aborted ? (signal.reason as Error) : interrupted(error));
    });
    if (signal.aborted) onAbort();
    else message.end(payload);
  });
}

/** An answer's body: parsed JSON, or null where it holds none. @throws TellyportError `box-unreachable` */
export async function readJson(
  response: IncomingMessage,
  request: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  response.setTimeout(request.timeoutMs ?? ANSWER_TIMEOUT_MS, () =>
    response.destroy(new TellyportError("box-unreachable", "The box stopped in the middle of its answer.")),
  );
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES)
        throw new TellyportError("box-unreachable", "The box's answer is too large to be one.");
      chunks.push(chunk);
    }
  } catch (error) {
    response.destroy();
    request.signal.throwIfAborted();
    throw isTellyportError(error) ? error : interrupted(error);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return text === "" ? null : (JSON.parse(text) as unknown);
  } catch {
    // Not JSON (a gateway's page): what the status means is all there is to say.
    return null;
  }
}

function interrupted(error: unknown): TellyportError {
  return new TellyportError(
    "box-unreachable",
    `The connection to the box broke (${systemCode(error) ?? "no answer"}). Try again.`,
    { cause: error },
  );
}
