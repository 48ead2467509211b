import type {} from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { ErrorCode, TellyportError } from "../kernel/errors.ts";
import type { RequestOrigin, RouteAccess } from "../protocol/access.ts";
import type { Principal } from "../protocol/principal.ts";
import type { Sender } from "./rate-guard.ts";

/** What proves a request's sender; access control implements it, `main` wires it. */
export interface Authenticator {
  /**
   * @param request.url absolute path with query, as received
   * @throws TellyportError of kind `unauthenticated`; `headers` of its detail (`{headers: {...}}`) go into the answer
   */
  authenticate(request: {
    method: string;
    url: string;
    headers: IncomingHttpHeaders;
    origin: RequestOrigin;
  }): Promise<Principal>;
}

/** A request that was answered with 401 or 403, or named a host that is not the box's (421). */
export interface Refusal {
  readonly code: ErrorCode;
  /** The route's pattern, such as `/api/v1/clients/:id`; empty when there is none. */
  readonly route: string;
  readonly address: string | null;
  /** The client that asked, where that was proven. */
  readonly client: string | null;
}

/**
 * Whose credential a request seems to carry, found out in a few µs and without checking a signature: an access token or a
 * refresh token of a session that there is, a cookie, a grant of a playback that runs. It lets nobody in; it tells those who
 * were given something by this box from those who guess.
 * @param request.body parsed, once it was read
 * @returns a name for the client or playback; null: a stranger's
 */
export type Recognise = (request: {
  url: string;
  headers: IncomingHttpHeaders;
  body?: unknown;
}) => string | null;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route; registering one without it fails. */
    access?: RouteAccess;
    /** Of an open route that says more to those it knows: an access token that is shown is judged as elsewhere. */
    knowsClients?: boolean;
    /** As how many requests one counts for its sender's limits, where the answer is large; default 1. */
    weight?: number;
  }
  interface FastifyRequest {
    origin: RequestOrigin;
    /** Set on routes of kind `roles` and `local`, and on open ones with `knowsClients` when somebody proves who he is. */
    principal: Principal | null;
    /** Whose limits it counts against; null on the command line's socket, and where nothing is limited. */
    sender: Sender | null;
    /** It is one too many, unless its body shows whose it is. */
    tooMany: TellyportError | null;
  }
}
