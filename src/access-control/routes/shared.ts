import type { FastifyRequest } from "fastify";
import * as Type from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import type { Principal } from "../../protocol/principal.ts";

/** Path parameter of one thing. */
export const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });
export const NoContent = Type.Null({ description: "Done" });

/** Who asks, on a route that strangers cannot reach: a missing principal is a fault of the wiring, and fails closed. */
export function principalOfRequest(request: FastifyRequest): Principal {
  if (request.principal === null) throw new TellyportError("role-forbidden", "Nobody may use this.");
  return request.principal;
}
