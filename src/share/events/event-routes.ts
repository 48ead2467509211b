import type { FastifyPluginAsync } from "fastify";
import { MEMBERS } from "../../protocol/access.ts";
import { cutOff, whenGone } from "../live/when-gone.ts";
import { principalOf } from "../principal-of.ts";
import type { EventStreams } from "./event-streams.ts";

/** A stream's last bytes may take so many ms without progress. */
const END = 5000;

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
            "Events: `snapshot`, `channels` (those that changed), `playback-ended` (one of this client's); for owners `scan` (how far a channel scan is) `tuners` (all, when one changed its state or the level of its signal), `notice` (an alarm of the audit log) `offer` (a pairing offer was claimed, decided or closed) and `watching` (somebody began or ceased to); the last two for the box's own screen too.",
          tags: ["events"],
          produces: ["text/event-stream"],
        },
      },
      async (request, reply) => {
        const stream = events.open(principalOf(request));
        whenGone(request.raw, reply.raw, () => stream.destroy());
        // Cut off, it takes its connection with it; at its end, whoever does not read it has a moment.
        stream.once("close", () => stream.readableEnded || cutOff(request.raw, reply.raw));
        stream.once("end", () => reply.raw.setTimeout(END, () => cutOff(request.raw, reply.raw)));
        return reply
          .header("content-type", "text/event-stream; charset=utf-8")
          .header("cache-control", "no-store")
          .header("x-accel-buffering", "no")
          .send(stream);
      },
    );
  };
}
