import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import * as Type from "typebox";
import { MEMBERS, OWNER } from "../../protocol/access.ts";
import { Channel, ChannelDecisions, ChannelPatch, Channels } from "../../protocol/api.ts";
import type { Guide } from "../guide/guide.ts";
import type { Playbacks } from "../live/playbacks.ts";
import type { ViewingRules } from "../ports.ts";
import { principalOf } from "../principal-of.ts";
import type { StillStore } from "../stills/still-store.ts";
import { viewOf } from "../view.ts";
import type { ChannelList } from "./channel-list.ts";
import { describeChannel, describeChannels } from "./describe-channels.ts";

const Query = Type.Object(
  { hidden: Type.Optional(Type.Boolean({ description: "With hidden channels; for owners" })) },
  { additionalProperties: false },
);
/** Bytes: of 2000 channels. */
const DECISIONS_LIMIT = 1024 * 1024;
const Params = Type.Object({ channel: Type.String({ minLength: 1, maxLength: 128 }) });

/** `GET /api/v1/channels`; `PATCH /api/v1/channels/{id}` and `PUT .../reset` for owners. */
export function channelRoutes(
  channels: ChannelList,
  guide: Guide,
  playbacks: Playbacks,
  stills: Pick<StillStore, "takenAt"> & { readonly logoOf?: (channel: string) => string | null },
  rules: ViewingRules,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/api/v1/channels",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "Every channel, with what is on now and next",
          tags: ["channels"],
          querystring: Query,
          response: { 200: Channels },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const hidden = principal.role === "owner" && request.query.hidden === true;
        const view = viewOf(rules, principal);
        return reply.header("cache-control", "no-store").send({
          channels: describeChannels(
            channels,
            guide,
            playbacks.availability(principal),
            stills,
            hidden,
            view,
          ),
        });
      },
    );
    app.patch(
      "/api/v1/channels/:channel",
      {
        config: { access: OWNER },
        schema: {
          summary: "Give a channel another number or name, hide it, mark it; holds over scans and restarts",
          tags: ["channels"],
          params: Params,
          body: ChannelPatch,
          response: { 200: Channel },
        },
      },
      async (request) =>
        describeChannel(
          channels.decide(request.params.channel, request.body),
          guide,
          playbacks.availability(principalOf(request)),
          stills,
        ),
    );
    app.put(
      "/api/v1/channels/decisions",
      {
        bodyLimit: DECISIONS_LIMIT,
        config: { access: OWNER },
        schema: {
          summary:
            "Decide about several channels at once: all of it holds, or nothing; null is the broadcaster's",
          description: "Answers with these, and with others that look different now.",
          tags: ["channels"],
          body: ChannelDecisions,
          response: { 200: Channels },
        },
      },
      async (request) => {
        const { decisions } = request.body;
        const changed = channels.decideAll(
          new Map(decisions.map(({ channel, ...settings }) => [channel, settings])),
        );
        const availability = playbacks.availability(principalOf(request));
        return {
          channels: changed.map((channel) => ({
            ...describeChannel(channel, guide, availability, stills),
            decided: channels.decided(channel.id),
          })),
        };
      },
    );
    app.put(
      "/api/v1/channels/:channel/reset",
      {
        config: { access: OWNER },
        schema: {
          summary: "Number, name and visibility as the broadcaster has them; no mark",
          tags: ["channels"],
          params: Params,
          response: { 200: Channel },
        },
      },
      async (request) =>
        describeChannel(
          channels.decide(request.params.channel, null),
          guide,
          playbacks.availability(principalOf(request)),
          stills,
        ),
    );
  };
}
