import * as Type from "typebox";
import type { Static } from "typebox";
import { CLOSED_REASONS, REACHABILITIES } from "./reachability.ts";
import { DoorState, HostToken } from "./registration.ts";

/** How the box is found from anywhere: what its owner sees and changes. */

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const Text = Type.String();
const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });

const Trouble = Type.Object(
  { code: Text, message: Type.String({ description: "For people, in English; clients translate by code" }) },
  { title: "Trouble" },
);

const OnlineDoor = Type.Object(
  { state: DoorState, address: nullable(Text), port: nullable(Type.Integer()) },
  { title: "OnlineDoor" },
);

/** What the router does for the box. */
const RouterState = Type.Object(
  {
    protocol: nullable(Type.String({ description: "`pcp`, `nat-pmp` or `igd`; null: none of them answers" })),
    address: nullable(Type.String({ description: "The router's own address towards the internet" })),
    port: nullable(Type.Integer({ description: "At which it lets phones in; null: at none" })),
    until: nullable(Time),
    refusal: nullable(Type.String({ description: "The router's own words" })),
  },
  { title: "RouterState" },
);

const CertificateState = Type.Object(
  {
    names: Type.Array(Text),
    issuer: nullable(Text),
    notAfter: nullable(Time),
    renewAt: nullable(Time),
    problem: nullable(Trouble),
  },
  { title: "CertificateState" },
);

/** What stands between the box and the internet; reachability.ts has the words. */
const Diagnosis = Type.Object(
  {
    kind: Type.Enum(REACHABILITIES),
    reason: nullable(Type.Enum(CLOSED_REASONS)),
  },
  { title: "Diagnosis" },
);

/** A name at another provider. */
const ProviderState = Type.Object(
  {
    name: Text,
    kind: Type.Union([Type.Literal("dyndns2"), Type.Literal("rfc2136")]),
    state: Type.Union([
      Type.Literal("waiting"),
      Type.Literal("done"),
      Type.Literal("failed"),
      Type.Literal("stopped", { description: "The provider refused for good: change the configuration" }),
    ]),
    message: Text,
  },
  { title: "ProviderState" },
);

/** `GET /api/v1/online`, and `online` of `GET /api/v1/box` for the owner. */
export const OnlineState = Type.Object(
  {
    enabled: Type.Boolean(),
    cloud: nullable(Type.String({ description: "Its address; null: none is named" })),
    openPorts: Type.Boolean(),
    port: Type.Integer({ description: "As configured; 0: the box's own https port" }),
    registration: Type.Union([
      Type.Literal("off"),
      Type.Literal("starting"),
      Type.Literal("registered"),
      Type.Literal("failed"),
    ]),
    problem: nullable(Trouble),
    name: nullable(Type.String({ description: "The box's own name, such as `<id>.<zone>`" })),
    lanName: nullable(Text),
    alias: nullable(Text),
    hosts: Type.Array(Text),
    doors: Type.Object({ ipv4: OnlineDoor, ipv6: OnlineDoor }),
    router: RouterState,
    diagnosis: Diagnosis,
    certificate: nullable(CertificateState),
    providers: Type.Array(ProviderState),
    /** Where phones reach the box. */
    addresses: Type.Object({ home: nullable(Text), away: nullable(Text) }),
  },
  { title: "OnlineState" },
);
export type OnlineState = Static<typeof OnlineState>;

/** `PATCH /api/v1/online`; what is left out stays. */
export const OnlineChange = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    cloud: Type.Optional(
      Type.String({ maxLength: 300, description: "Such as `https://cloud.example`; empty: none" }),
    ),
    openPorts: Type.Optional(Type.Boolean()),
    port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
  },
  { title: "OnlineChange", additionalProperties: false, minProperties: 1 },
);
export type OnlineChange = Static<typeof OnlineChange>;

/** `PUT /api/v1/online/alias`. */
export const AliasChange = Type.Object(
  { label: nullable(Type.String({ minLength: 1, maxLength: 64 })) },
  { title: "AliasChange", additionalProperties: false },
);
/** `POST /api/v1/online/hosts`. */
export const HostWish = Type.Object(
  { label: Type.String({ minLength: 1, maxLength: 64 }) },
  { title: "HostWish", additionalProperties: false },
);
export { HostToken };
