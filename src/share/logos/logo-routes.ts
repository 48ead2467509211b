import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import * as Type from "typebox";
import { TellyportError } from "../../kernel/errors.ts";
import { MEMBERS, OWNER } from "../../protocol/access.ts";
import { ChannelLogo, LogoVersion, Problem } from "../../protocol/api.ts";
import type { Principal } from "../../protocol/principal.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import { namesEtag } from "../etag-match.ts";
import { principalOf } from "../principal-of.ts";
import type { View } from "../view.ts";
import { MOST_LOGO_BYTES } from "./logo-image.ts";
import type { LogoStore } from "./logo-store.ts";

const Params = Type.Object({ channel: Type.String({ minLength: 1, maxLength: 128 }) });
const Picture = { schema: Type.Unsafe<Buffer>({ type: "string", format: "binary" }) };
/** Bytes of JSON around a picture in base64. */
const BODY_LIMIT = Math.ceil((MOST_LOGO_BYTES * 4) / 3) + 1024;

/**
 * `GET`, `PUT` and `DELETE /api/v1/channels/{id}/logo`: read by whoever may list the channel, chosen by owners.
 * @param changed called after one was set or removed
 */
export function logoRoutes(
  channels: Pick<ChannelList, "get">,
  logos: LogoStore,
  view: (principal: Principal) => View,
  changed: () => void,
): FastifyPluginAsyncTypebox {
  const known = (id: string, principal: Principal): string => {
    const channel = channels.get(id);
    const isListed = channel !== undefined && (channel.visible || principal.role === "owner");
    if (isListed && view(principal).sees(id)) return id;
    throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
  };
  return async (app) => {
    app.get(
      "/api/v1/channels/:channel/logo",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "The picture that the owner chose for a channel",
          tags: ["channels"],
          params: Params,
          response: {
            200: { content: { "image/png": Picture, "image/jpeg": Picture, "image/webp": Picture } },
            304: Type.Null({ description: "It is the one that `if-none-match` names" }),
            404: Problem,
          },
        },
      },
      async (request, reply) => {
        const logo = logos.get(known(request.params.channel, principalOf(request)));
        if (logo === undefined) throw new TellyportError("logo-not-found", "This channel has no picture.");
        const etag = `"${logo.version}"`;
        reply.header("etag", etag).header("cache-control", "private, no-cache");
        if (namesEtag(request.headers["if-none-match"], etag)) return reply.code(304).send(null);
        return reply.type(logo.type).send(logo.body);
      },
    );
    app.put(
      "/api/v1/channels/:channel/logo",
      {
        bodyLimit: BODY_LIMIT,
        config: { access: OWNER },
        schema: {
          summary: "Choose a picture for a channel: PNG, JPEG or WebP, 64 KB at most",
          tags: ["channels"],
          params: Params,
          body: ChannelLogo,
          response: { 200: LogoVersion },
        },
      },
      async (request) => {
        const channel = known(request.params.channel, principalOf(request));
        logos.set(channel, Buffer.from(request.body.image, "base64"));
        changed();
        return { logo: logos.versionOf(channel) };
      },
    );
    app.delete(
      "/api/v1/channels/:channel/logo",
      {
        config: { access: OWNER },
        schema: {
          summary: "Take a channel's picture away",
          tags: ["channels"],
          params: Params,
          response: { 200: LogoVersion },
        },
      },
      async (request) => {
        logos.remove(known(request.params.channel, principalOf(request)));
        changed();
        return { logo: null };
      },
    );
  };
}
