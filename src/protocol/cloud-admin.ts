import * as Type from "typebox";
import type { Static } from "typebox";

/** What the operator of a cloud asks it over the command line's socket. */

export const BoxState = Type.Union(
  [Type.Literal("active"), Type.Literal("blocked"), Type.Literal("tombstone")],
  {
    title: "BoxState",
    description: "tombstone: not heard of for 183 days; it is itself again when it enrols",
  },
);
export type BoxState = Static<typeof BoxState>;

const Text = Type.Union([Type.String(), Type.Null()]);

const row = {
  id: Type.String(),
  state: BoxState,
  blocked: Type.Union([Type.String({ description: "Why" }), Type.Null()]),
  version: Type.String(),
  model: Text,
  alias: Text,
  ipv4: Type.Union([Type.String({ description: "Published" }), Type.Null()]),
  ipv6: Type.Union([Type.String({ description: "Published" }), Type.Null()]),
  enrolledAt: Type.String({ format: "date-time" }),
  seenAt: Type.String({ format: "date-time" }),
};
export const BoxRow = Type.Object(row, { title: "BoxRow" });
export type BoxRow = Static<typeof BoxRow>;

export const BoxRows = Type.Object(
  {
    boxes: Type.Array(BoxRow),
    next: Type.Union([Type.String({ description: "`after` of the next page" }), Type.Null()]),
  },
  { title: "BoxRows" },
);

const Door = Type.Object({
  state: Type.String(),
  address: Text,
  port: Type.Union([Type.Integer(), Type.Null()]),
});
export const BoxDetails = Type.Object(
  {
    ...row,
    doors: Type.Object({ ipv4: Door, ipv6: Door }),
    lan: Type.Array(Type.String()),
    hosts: Type.Array(Type.String()),
    seq: Type.Integer(),
  },
  { title: "BoxDetails" },
);
export type BoxDetails = Static<typeof BoxDetails>;

export const BlockRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 200 }) },
  { title: "BlockRequest", additionalProperties: false },
);

const RecordSet = Type.Object({
  type: Type.String(),
  ttl: Type.Integer(),
  values: Type.Array(Type.String()),
});
/** One line of `GET /v1/admin/zone`, which is sent as NDJSON. */
export const ZoneName = Type.Object(
  { name: Type.String(), sets: Type.Array(RecordSet) },
  { title: "ZoneName" },
);
export type ZoneName = Static<typeof ZoneName>;

/** Names of the zone, a page of them. */
export const ZonePage = Type.Object(
  { names: Type.Array(ZoneName), next: Type.Union([Type.String(), Type.Null()]) },
  { title: "ZonePage" },
);

/** What the name server says otherwise than the registry. */
export const ZoneCheck = Type.Object(
  {
    checked: Type.Integer({ description: "Sets of records that were compared" }),
    pending: Type.Integer({ description: "Names that are not published yet" }),
    differing: Type.Array(
      Type.Object({
        name: Type.String(),
        type: Type.String(),
        wanted: Type.Array(Type.String()),
        served: Type.Array(Type.String()),
      }),
    ),
    next: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "ZoneCheck" },
);
export type ZoneCheck = Static<typeof ZoneCheck>;

export const OutboxState = Type.Object(
  {
    zone: Type.String(),
    publisher: Type.String(),
    /** Of this instance. */
    role: Type.Union([Type.Literal("leader"), Type.Literal("waiting"), Type.Literal("follower")]),
    pending: Type.Integer(),
    /** Of the name that waits longest, s. */
    oldestSeconds: Type.Number(),
    refused: Type.Array(Type.Object({ name: Type.String(), attempts: Type.Integer() })),
    lastError: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "OutboxState" },
);
export type OutboxState = Static<typeof OutboxState>;
