import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { MEMBERS } from "../../protocol/access.ts";
import { Problem } from "../../protocol/api.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import { principalOf } from "../principal-of.ts";
import type { StillStore } from "./still-store.ts";

const Params = Type.Object({ channel: Type.String({ minLength: 1, maxLength: 128 }) });
const Picture = { schema: Type.Unsafe<Buffer>({ type: "string", format: "binary" }) };

/** `GET /api/v1/channels/{id}/still`: for whoever may list the channel; hidden ones are listed for owners. */
export function stillRoutes(
  channels: Pick<ChannelList, "get">,
  stills: Pick<StillStore, "get">,
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
        const isOwner = principalOf(request).role === "owner";
        if (channel === undefined || !(channel.visible || isOwner))
          throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
        const still = stills.get(channel.id);
        if (still === undefined)
          throw new TellyportError(
            "still-not-found",
            "There is no picture of this channel now: they are taken while its multiplex is received.",
          );
        reply.header("etag", still.etag).header("cache-control", "private, max-age=60");
        if (names(request.headers["if-none-match"], still.etag)) return reply.code(304).send(null);
        return reply
          .type(still.type)
          .header("last-modified", new Date(still.takenAt).toUTCString())
          .send(still.body);
      },
    );
  };
}

/** Weak comparison of `If-None-Match`. @see RFC 9110 §13.1.2 */
function names(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}
