import type { FastifyPluginAsync } from "fastify";
import { HandOff } from "../../protocol/access-api.ts";
import { MEMBERS } from "../../protocol/access.ts";
import type { Pairing } from "../pairing.ts";
import { principalOfRequest } from "./shared.ts";

/** A client makes a pass for its own next origin or browser; it is redeemed as an offer is, at `/api/v1/pairing/claim`. */
export function handOffRoutes(deps: { pairing: Pairing }): FastifyPluginAsync {
  const { pairing } = deps;
  return async (app) => {
    app.post(
      "/api/v1/hand-offs",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "A pass, good once, by which this client's next origin or browser takes up its place",
          response: { 201: HandOff },
        },
      },
      async (request, reply) => {
        const made = pairing.handOff(principalOfRequest(request));
        return reply.code(201).header("cache-control", "no-store").send(made);
      },
    );
  };
}
