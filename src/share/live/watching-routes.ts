import type { FastifyPluginAsync } from "fastify";
import { OWNER_OR_SCREEN } from "../../protocol/access.ts";
import { WatchingNow } from "../../protocol/access-api.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import { principalOf } from "../principal-of.ts";
import type { Playbacks } from "./playbacks.ts";

/**
 * `GET /api/v1/watching`: who watches what, for owners and whoever stands before the box's own screen; for no other.
 * @param deps.nameOf how a client is called; null: it is not remembered
 */
export function watchingRoutes(deps: {
  playbacks: Pick<Playbacks, "running">;
  channels: Pick<ChannelList, "get">;
  nameOf: (client: string) => string | null;
}): FastifyPluginAsync {
  const { playbacks, channels, nameOf } = deps;
  return async (app) => {
    app.get(
      "/api/v1/watching",
      {
        config: { access: OWNER_OR_SCREEN },
        schema: {
          summary: "Who watches what now, for owners and the box's own screen",
          tags: ["playback"],
          response: { 200: WatchingNow },
        },
      },
      (request, reply) => {
        const asking = principalOf(request);
        const watching = playbacks.running().flatMap(({ channel: id, home, principal, startedAt }) => {
          const channel = channels.get(id);
          if (channel === undefined) return [];
          return {
            name: nameOf(principal.client) ?? "",
            terminalType: principal.terminalType,
            channel: { number: channel.number, name: channel.name },
            since: new Date(startedAt).toISOString(),
            home,
            self: principal.client === asking.client,
          };
        });
        return reply.header("cache-control", "no-store").send({ watching });
      },
    );
  };
}
