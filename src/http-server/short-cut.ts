import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { markProven } from "./connections.ts";
import { hostAllowed, hostHeaders, type HostNames } from "./host-guard.ts";

/**
 * A feature's way past the framework, for requests that are many and open to everyone (`access.kind` "media" or "open").
 * @returns false: nothing was done, the application answers
 */
export type ShortCut = (request: IncomingMessage, response: ServerResponse) => boolean;

/** The application's listener behind a short cut, which sees only what the application's own guards let through. */
export function withShortCut(
  application: RequestListener,
  shortCut: ShortCut,
  hostNames: HostNames,
): RequestListener {
  return (request, response) => {
    const { headers, rawHeaders } = request;
    const guarded = hostHeaders(rawHeaders) === 1 && hostAllowed(headers.host, hostNames);
    if (guarded && shortCut(request, response)) markProven(request.socket);
    else application(request, response);
  };
}
