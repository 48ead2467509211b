import type { FastifyRequest } from "fastify";
import { TellyportError } from "../kernel/errors.ts";
import type { Principal } from "../protocol/principal.ts";

/** Who asks. @throws TellyportError `access-token-missing` on a request that nobody authenticated */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) {
    throw new TellyportError(
      "access-token-missing",
      "This needs an access token. Pair this client with the box.",
    );
  }
  return request.principal;
}
