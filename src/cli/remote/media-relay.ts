import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { TellyportError, isTellyportError } from "../../kernel/errors.ts";
import { authorityOf } from "./box-address.ts";
import { openExchange } from "./exchange.ts";
import type { Session } from "./session.ts";

export interface MediaRelay {
  /** `http://127.0.0.1:<port>`, in place of the box's origin. */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * A door on this machine to the box's media paths. Players cannot be told which box-made certificate to believe: VLC refuses
 * any, mpv believes any. Here the one remembered at pairing is checked. Whoever holds no grant gets nothing through it.
 */
export async function openMediaRelay(session: Session): Promise<MediaRelay> {
  const stop = new AbortController();
  const server = createServer((request, response) => {
    void relay(session, request, response, stop.signal);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(
        new TellyportError("player-failed", "No port of this machine can be had for the player.", {
          cause: error,
        }),
      ),
    );
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      stop.abort(new TellyportError("playback-ended", "The playback was ended here."));
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function relay(
  session: Session,
  request: IncomingMessage,
  response: ServerResponse,
  stop: AbortSignal,
): Promise<void> {
  const path = request.url ?? "";
  const method = request.method;
  if ((method !== "GET" && method !== "HEAD") || !path.startsWith("/m/")) {
    response.writeHead(404).end();
    return;
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort(new TellyportError("request-cancelled", "The player went away.")));
  try {
    const range = request.headers.range;
    const upstream = await openExchange(session.connect, {
      method,
      path,
      host: authorityOf(session.address),
      headers: { accept: "*/*", ...(range !== undefined && { range }) },
      signal: AbortSignal.any([stop, gone.signal]),
    });
    const { connection: _connection, ...headers } = upstream.headers;
    response.writeHead(upstream.statusCode ?? 502, headers);
    await pipeline(upstream, response);
  } catch (error) {
    // The player sees a broken answer and asks again, or is told why by the command that keeps the playback.
    if (!response.headersSent) response.writeHead(isTellyportError(error) ? 502 : 500);
    response.end();
  }
}
