import * as Type from "typebox";
import type { Static } from "typebox";

/** Who watched what: what owners read of it, and decide. Rules as in api.ts. */

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });
const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const WatchedEntry = Type.Object(
  {
    id: Type.Integer(),
    client: nullable(Type.String()),
    name: nullable(Type.String({ description: "How that client was called then" })),
    channel: nullable(Type.String({ description: "Id" })),
    channelName: Type.String({ description: "As it was called then" }),
    title: nullable(Type.String({ description: "Of the programme that was on" })),
    from: Time,
    to: Time,
    seconds: Type.Number({
      minimum: 0,
      description: "Programme time; less than from `from` to `to` with pauses",
    }),
    home: nullable(Type.Boolean({ description: "In the home network" })),
  },
  { title: "WatchedEntry" },
);
export type WatchedEntry = Static<typeof WatchedEntry>;

/** `GET /api/v1/watched`. */
export const Watched = Type.Object(
  {
    keeps: Type.Boolean({ description: "It is written down from now on" }),
    entries: Type.Array(WatchedEntry, { description: "Newest first; of 90 days, 5000 at most" }),
  },
  { title: "Watched" },
);
export type Watched = Static<typeof Watched>;

export const WatchedPage = Type.Object(
  {
    before: Type.Optional(
      Type.Integer({ minimum: 1, description: "Entries older than the one with this id" }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    seconds: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 86_400, default: 0, description: "Watched so long or longer" }),
    ),
  },
  { additionalProperties: false },
);
export type WatchedPage = Static<typeof WatchedPage>;

/** `PATCH /api/v1/watched`. */
export const WatchedChange = Type.Object(
  { keeps: Type.Boolean() },
  { title: "WatchedChange", additionalProperties: false },
);
export type WatchedChange = Static<typeof WatchedChange>;
/** What holds after a change. */
export const WatchedKept = Type.Object({ keeps: Type.Boolean() }, { title: "WatchedKept" });
