import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { MEMBERS } from "../../protocol/access.ts";
import { Channels } from "../../protocol/api.ts";
import { WEIGHT_OF } from "../live/playbacks.ts";
import type { Guide } from "../guide/guide.ts";
import { principalOf } from "../principal-of.ts";
import type { ChannelList } from "./channel-list.ts";
import { describeChannels } from "./describe-channels.ts";

/** `GET /api/v1/channels`. */
export function channelRoutes(channels: ChannelList, guide: Guide): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/api/v1/channels",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Every channel, with what is on now and next",
          tags: ["channels"],
          response: { 200: Channels },
        },
      },
      async (request, reply) => {
        const weight = WEIGHT_OF[principalOf(request).role];
        return reply
          .header("cache-control", "no-store")
          .send({ channels: describeChannels(channels, guide, weight) });
      },
    );
  };
}
