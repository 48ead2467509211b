import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import * as Type from "typebox";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError } from "../../kernel/errors.ts";
import { MEMBERS } from "../../protocol/access.ts";
import { Guide as GuideSchema, GuideFound, Problem } from "../../protocol/api.ts";
import { serviceKeyText } from "../../tuner/index.ts";
import type { ChannelList } from "../channels/channel-list.ts";
import type { ViewingRules } from "../ports.ts";
import { principalOf } from "../principal-of.ts";
import { viewOf, type View } from "../view.ts";
import type { Guide } from "./guide.ts";

const DAY = 24 * 60 * 60_000;
/** Longest stretch answered at once, ms. */
const LONGEST = 8 * DAY;
/** Programmes answered at once. */
const MAX_PROGRAMMES = 20_000;
/** Channels that may be named: more than a screen shows. */
const MAX_CHANNELS = 64;

const Query = Type.Object({
  from: Type.Optional(Type.String({ format: "date-time", description: "Default: now" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "Default: a day after `from`" })),
  channel: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
      minItems: 1,
      maxItems: MAX_CHANNELS,
      description:
        "Once for each channel, in this order; those that do not exist are left out. Default: every channel",
    }),
  ),
});

const SearchQuery = Type.Object({
  q: Type.String({ minLength: 1, maxLength: 200, description: "Words; all must be found" }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "Default: 50" })),
});

/** `GET /api/v1/guide` and its search. */
export function guideRoutes(
  channels: ChannelList,
  guide: Guide,
  clock: Clock,
  rules: ViewingRules,
): FastifyPluginAsyncTypebox {
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
        const view = viewOf(rules, principalOf(request));
        const answer = chosen(channels, channel, view).map((entry) => {
          const programmes = guide
            .schedule(entry.key, span.from, span.to, room)
            .map((one) => view.programme(one));
          room -= programmes.length;
          return { channel: entry.id, programmes };
        });
        return reply.header("cache-control", "no-store").send({ channels: answer });
      },
    );
    app.get(
      "/api/v1/guide/search",
      {
        // Reads a week of texts, some 250 ms on a box.
        config: { access: MEMBERS, weight: 40 },
        schema: {
          summary: "Programmes with these words in title or description, that are not over",
          tags: ["channels"],
          querystring: SearchQuery,
          response: { 200: GuideFound, 400: Problem },
        },
      },
      async (request, reply) => {
        const { q, limit = 50 } = request.query;
        const view = viewOf(rules, principalOf(request));
        const ids = new Map(
          chosen(channels, undefined, view).map((entry) => [serviceKeyText(entry.key), entry.id]),
        );
        // What may not be read is not found by its words either.
        const programmes = await guide.search(
          q,
          limit,
          ({ service, minimumAge = null }) => ids.has(serviceKeyText(service)) && view.reads(minimumAge),
        );
        const found = programmes.flatMap(({ service, programme }) => {
          const channel = ids.get(serviceKeyText(service));
          return channel === undefined ? [] : [{ channel, programme }];
        });
        return reply.header("cache-control", "no-store").send({ found });
      },
    );
  };
}

function chosen(
  channels: ChannelList,
  ids: readonly string[] | undefined,
  view: View,
): ReturnType<ChannelList["all"]> {
  if (ids === undefined) return channels.all().filter((channel) => channel.visible && view.sees(channel.id));
  const found = [...new Set(ids)].flatMap((id) => {
    const channel = view.sees(id) ? channels.get(id) : undefined;
    return channel === undefined ? [] : [channel];
  });
  if (found.length === 0) {
    throw new TellyportError("channel-not-found", "There is no such channel. Read the list again.");
  }
  return found;
}

function spanOf(from: string | undefined, to: string | undefined, now: number): { from: number; to: number } {
  const start = from === undefined ? now : Date.parse(from);
  const end = to === undefined ? start + DAY : Date.parse(to);
  if (!(end > start)) throw new TellyportError("body-invalid", "`to` must be later than `from`.");
  return { from: start, to: Math.min(end, start + LONGEST) };
}
