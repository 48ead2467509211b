import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError } from "../../kernel/errors.ts";
import { MEMBERS } from "../../protocol/access.ts";
import { Guide as GuideSchema, Problem } from "../../protocol/api.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { Guide } from "./guide.ts";

const DAY = 24 * 60 * 60_000;
/** Longest stretch answered at once, ms. */
const LONGEST = 8 * DAY;
/** Programmes answered at once. */
const MAX_PROGRAMMES = 20_000;

const Query = Type.Object({
  from: Type.Optional(Type.String({ format: "date-time", description: "Default: now" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "Default: a day after `from`" })),
  channel: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: "Default: every channel" }),
  ),
});

/** `GET /api/v1/guide`. */
export function guideRoutes(channels: ChannelList, guide: Guide, clock: Clock): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/api/v1/guide",
      {
        config: { access: MEMBERS },
        schema: {
          summary: "The schedule",
          tags: ["channels"],
          querystring: Query,
          response: { 200: GuideSchema, 400: Problem, 404: Problem },
        },
      },
      async (request, reply) => {
        const { from, to, channel } = request.query;
        const span = spanOf(from, to, clock.now());
        let room = MAX_PROGRAMMES;
        const answer = chosen(channels, channel).map((entry) => {
          const programmes = guide.schedule(entry.key, span.from, span.to, room);
          room -= programmes.length;
          return { channel: entry.id, programmes };
        });
        return reply.header("cache-control", "no-store").send({ channels: answer });
      },
    );
  };
}

function chosen(channels: ChannelList, id: string | undefined): ReturnType<ChannelList["all"]> {
  if (id === undefined) return channels.all().filter((channel) => channel.visible);
  const channel = channels.get(id);
  if (channel === undefined) {
    throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
  }
  return [channel];
}

function spanOf(from: string | undefined, to: string | undefined, now: number): { from: number; to: number } {
  const start = from === undefined ? now : Date.parse(from);
  const end = to === undefined ? start + DAY : Date.parse(to);
  if (!(end > start)) throw new TellyportError("body-invalid", "`to` must be later than `from`.");
  return { from: start, to: Math.min(end, start + LONGEST) };
}
