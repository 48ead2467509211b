import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import * as Type from "typebox";
import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError } from "../../../kernel/errors.ts";
import { MEMBERS } from "../../../protocol/access.ts";
import { Problem, type Programme } from "../../../protocol/api.ts";
import type { ServiceKey } from "../../../tuner/index.ts";
import { WHOLE_VIEW, type View } from "../../view.ts";
import type { ChannelList } from "../../channels/channel-list.ts";
import { channelElement, programmeElement, XMLTV_HEAD, XMLTV_TAIL } from "./xmltv-document.ts";

const DAY = 24 * 60 * 60_000;
/** Longest stretch answered at once, ms. */
const LONGEST = 8 * DAY;
/** Programmes of one channel at most. */
const MAX_PER_CHANNEL = 1000;

const Query = Type.Object({
  from: Type.Optional(Type.String({ format: "date-time", description: "Default: now" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "Default: 8 days after `from`" })),
});

/** What the listing needs of the guide. */
export interface ScheduleOf {
  /** Programmes that touch [from, to), epoch ms, in order, at most `limit`. */
  schedule(service: ServiceKey, from: number, to: number, limit: number): Programme[];
}

/**
 * `GET /api/v1/guide.xmltv`: the schedule of every visible channel for other programs, one channel in memory at a time.
 * @param viewOf what of it the one who asks sees; default: all
 */
export function xmltvRoutes(
  channels: Pick<ChannelList, "all">,
  guide: ScheduleOf,
  clock: Clock,
  viewOf: (request: FastifyRequest) => View = () => WHOLE_VIEW,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      "/api/v1/guide.xmltv",
      {
        // Everything that is known of a week or two.
        config: { access: MEMBERS, weight: 150 },
        schema: {
          summary: "The schedule as XMLTV",
          tags: ["channels"],
          querystring: Query,
          response: {
            200: { content: { "application/xml": { schema: Type.Unsafe<Readable>({ type: "string" }) } } },
            400: Problem,
          },
        },
      },
      async (request, reply) => {
        const from = request.query.from === undefined ? clock.now() : Date.parse(request.query.from);
        const to = request.query.to === undefined ? from + LONGEST : Date.parse(request.query.to);
        if (!(to > from)) throw new TellyportError("body-invalid", "`to` must be later than `from`.");
        const view = viewOf(request);
        const listing = listingOf(channels, guide, view, from, Math.min(to, from + LONGEST));
        return reply
          .type("application/xml; charset=utf-8")
          .header("cache-control", "no-store")
          .send(Readable.from(listing, { objectMode: false }));
      },
    );
  };
}

function* listingOf(
  channels: Pick<ChannelList, "all">,
  guide: ScheduleOf,
  view: View,
  from: number,
  to: number,
): Generator<string> {
  const visible = channels.all().filter((channel) => channel.visible && view.sees(channel.id));
  yield XMLTV_HEAD;
  yield* visible.map(channelElement);
  for (const { id, key } of visible) {
    const programmes = guide.schedule(key, from, to, MAX_PER_CHANNEL).map((one) => view.programme(one));
    if (programmes.length > 0) yield programmes.map((one) => programmeElement(id, one)).join("");
  }
  yield XMLTV_TAIL;
}
