import type { FastifyPluginAsync } from "fastify";
import { MEMBERS } from "../../protocol/access.ts";
import { principalOf } from "../principal-of.ts";
import type { EventStreams } from "./event-streams.ts";

/** `GET /api/v1/events`. */
export function eventRoutes(events: EventStreams): FastifyPluginAsync {
  return async (app) => {
    app.get(
      "/api/v1/events",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Server-Sent Events: a snapshot, then changes",
          description:
            "Events: `snapshot`, `channels` (those that changed), `playback-ended` (one of this client's).",
          tags: ["events"],
          produces: ["text/event-stream"],
        },
      },
      async (request, reply) => {
        const stream = events.open(principalOf(request));
        reply.raw.once("close", () => stream.destroy());
        return reply
          .header("content-type", "text/event-stream; charset=utf-8")
          .header("cache-control", "no-store")
          .header("x-accel-buffering", "no")
          .send(stream);
      },
    );
  };
}
