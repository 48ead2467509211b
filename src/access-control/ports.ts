import type {} from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { Milliseconds } from "../kernel/units.ts";
import type { RequestOrigin, RouteAccess } from "../protocol/access.ts";
import type { Principal } from "../protocol/principal.ts";

/** What access control offers to others, structurally equal to the ports that they declare; `main` wires them. */

/** What is judged of a request, whichever door it came through. */
export interface AuthenticationRequest {
  method: string;
  /** Absolute path with query, as received. */
  url: string;
  headers: IncomingHttpHeaders;
  origin: RequestOrigin;
}

export interface Authenticator {
  /** @throws TellyportError of kind `unauthenticated`; `detail.headers` go into the answer */
  authenticate(request: AuthenticationRequest): Promise<Principal>;
}

export interface GrantPort {
  /** @returns the path token for one playback */
  issue(playback: string, principal: Principal, expiresAt: Milliseconds): string;
  /** @returns the playback that a path token names. @throws TellyportError `grant-invalid` or `grant-ended` */
  check(grant: string): string;
  /** From now on the playback's grant answers `grant-ended`. */
  end(playback: string): void;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route. */
    access?: RouteAccess;
  }
  interface FastifyRequest {
    origin: RequestOrigin;
    /** Set on routes of kind `roles` and `local`. */
    principal: Principal | null;
  }
}
