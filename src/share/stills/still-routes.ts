import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import * as Type from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { MEMBERS } from "../../protocol/access.ts";
import { Problem } from "../../protocol/api.ts";
import type { Programme } from "../../protocol/api.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { Principal } from "../../protocol/principal.ts";
import type { ServiceKey } from "../../tuner/index.ts";
import { namesEtag } from "../etag-match.ts";
import { principalOf } from "../principal-of.ts";
import { WHOLE_VIEW, type View } from "../view.ts";
import type { StillStore } from "./still-store.ts";

const Params = Type.Object({ channel: Type.String({ minLength: 1, maxLength: 128 }) });
const Picture = { schema: Type.Unsafe<Buffer>({ type: "string", format: "binary" }) };

/**
 * `GET /api/v1/channels/{id}/still`: for whoever may list the channel; hidden ones are listed for owners.
 * @param seen what is on, and what of it the one who asks may see; default: all
 */
export function stillRoutes(
  channels: Pick<ChannelList, "get">,
  stills: Pick<StillStore, "get">,
  seen: {
    readonly view: (principal: Principal) => View;
    readonly now: (service: ServiceKey) => Programme | null;
  } = { view: () => WHOLE_VIEW, now: () => null },
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/api/v1/channels/:channel/still",
      {
        config: { access: MEMBERS },
        schema: {
          summary:
            "A picture of the channel of the last half hour, or, from a box without ffmpeg, a video of one picture",
          tags: ["channels"],
          params: Params,
          response: {
            200: { content: { "image/jpeg": Picture, "video/mp4": Picture } },
            304: Type.Null({ description: "It is the one that `if-none-match` names" }),
            404: Problem,
          },
        },
      },
      async (request, reply) => {
        const channel = channels.get(request.params.channel);
        const principal = principalOf(request);
        const view = seen.view(principal);
        const isListed = channel !== undefined && (channel.visible || principal.role === "owner");
        if (!isListed || !view.sees(channel.id))
          throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
        const still = stills.get(channel.id);
        if (still === undefined || !view.seesPicture(still.takenAt, seen.now(channel.key)))
          throw new TellyportError(
            "still-not-found",
            "There is no picture of this channel now: they are taken while its multiplex is received.",
          );
        reply.header("etag", still.etag).header("cache-control", "private, max-age=60");
        if (namesEtag(request.headers["if-none-match"], still.etag)) return reply.code(304).send(null);
        return reply
          .type(still.type)
          .header("last-modified", new Date(still.takenAt).toUTCString())
          .send(still.body);
      },
    );
  };
}
