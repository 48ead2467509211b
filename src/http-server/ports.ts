import type {} from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { ErrorCode } from "../kernel/errors.ts";
import type { RequestOrigin, RouteAccess } from "../protocol/access.ts";
import type { Principal } from "../protocol/principal.ts";

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

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route; registering one without it fails. */
    access?: RouteAccess;
  }
  interface FastifyRequest {
    origin: RequestOrigin;
    /** Set on routes of kind `roles` and `local`. */
    principal: Principal | null;
  }
}
