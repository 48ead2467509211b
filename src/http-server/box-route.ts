import type { FastifyPluginAsync } from "fastify";
import { OPEN } from "../protocol/access.ts";
import { Box } from "../protocol/api.ts";
import type { OnlineState } from "../protocol/online.ts";

/**
 * `GET /api/v1/box`: what a phone needs before it is paired, and nothing more. Paired clients hear the box's addresses besides, its
 * owner how they came to be.
 * @param nearby where its neighbours find it without a name server; default: nowhere
 */
export function boxRoute(
  describe: () => Box,
  online: () => OnlineState,
  nearby: () => NonNullable<Box["nearby"]> = () => ({ name: null, addresses: [] }),
): FastifyPluginAsync {
  return async (app) => {
    app.get(
      "/api/v1/box",
      {
        config: { access: OPEN, knowsClients: true },
        schema: {
          summary:
            "The box, for anybody; for paired clients its addresses, for its owner how it is found from anywhere",
          response: { 200: Box },
        },
      },
      ({ principal }, reply) => {
        void reply.header("cache-control", "no-store");
        if (principal === null) return describe();
        const state = online();
        const { addresses } = state;
        return {
          ...describe(),
          addresses,
          nearby: nearby(),
          ...(principal.role === "owner" && { online: state }),
        };
      },
    );
  };
}
