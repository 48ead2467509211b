import type { FastifyPluginAsync } from "fastify";
import { OPEN } from "../protocol/access.ts";
import { Box } from "../protocol/api.ts";

/** `GET /api/v1/box`: what a phone needs before it is paired, and nothing more. */
export function boxRoute(describe: () => Box): FastifyPluginAsync {
  return async (app) => {
    app.get(
      "/api/v1/box",
      { config: { access: OPEN }, schema: { summary: "The box, for anybody", response: { 200: Box } } },
      (_request, reply) => {
        void reply.header("cache-control", "no-store");
        return describe();
      },
    );
  };
}
