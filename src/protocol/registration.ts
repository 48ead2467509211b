import * as Type from "typebox";
import type { Static, TSchema } from "typebox";

/**
 * What a box and its cloud say to each other: the box registers its name, reports its addresses, and asks for what stands beside them
 * in the DNS. Every request is a compact JWS by the box's identity key, in `{"request": "<jws>"}`; the box's id is the hash of that key,
 * so there are no accounts. Every object of the cloud may gain members; boxes ignore what they do not know.
 */

/** `typ` of the JWS of a request: a signature for one purpose is good for no other. @see RFC 8725 §3.11 */
export const REQUEST_TYPE = "tellyport-registration+jws";
/** `typ` of the JWS by which a box answers a dial-back. */
export const DIAL_BACK_TYPE = "tellyport-dial-back+jws";
/** Where the box answers dial-backs, on its https listener. */
export const DIAL_BACK_PATH = "/.well-known/tellyport/dial-back";

/** A request may be so far from the cloud's clock: boxes without a battery have none, so this bounds `iat` from above only, s. */
export const REQUEST_AHEAD = 24 * 3600;
/** Bytes of a compact JWS that is read at all. */
export const LONGEST_REQUEST = 8192;

/** In every request. */
const common = {
  /** Id of the box, and issuer. */
  iss: Type.String({ pattern: "^[a-z2-7]{16}$" }),
  /** Origin of the cloud as the box has it configured, such as `https://cloud.example`: what one cloud is told is worth nothing at another. */
  aud: Type.String({ maxLength: 300 }),
  /** Larger than that of every request before, of whatever kind; kept by both sides. */
  seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** Seconds since 1970 by the box's clock; for logs. */
  iat: Type.Integer({ minimum: 0 }),
};

const action = <Name extends string, P extends Record<string, TSchema>>(name: Name, more: P) =>
  Type.Object({ act: Type.Literal(name), ...common, ...more }, { additionalProperties: false });

const Address = Type.String({ minLength: 2, maxLength: 45, description: "IPv4 or IPv6, as text" });
const Label = Type.String({ minLength: 3, maxLength: 40, pattern: "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$" });

/** `POST /v1/boxes`. Again, it changes nothing but `version`. */
export const EnrolAction = action("enrol", {
  version: Type.String({ maxLength: 64, description: "Of Tellyport" }),
  model: Type.Optional(Type.String({ maxLength: 64 })),
});
/**
 * `POST /v1/boxes/{id}/addresses`. It speaks for the address family of the connection that it comes by: a box with both sends two. LAN
 * addresses of both families go with each.
 */
export const UpdateAction = action("update", {
  address: Type.Union([Address, Type.Null()], {
    description:
      "The box's address in the internet as it knows it; null: it takes the one that the cloud sees",
  }),
  port: Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.Null()], {
    description: "At which its https listener is reached from the internet; null: at none",
  }),
  lan: Type.Array(Address, { maxItems: 8, description: "Private addresses, for `lan.`" }),
});
/** `POST /v1/boxes/{id}/withdrawal`: no address is published any more; the name stays the box's. */
export const WithdrawAction = action("withdraw", {});
/** `POST /v1/boxes/{id}/challenge`: the values of `_acme-challenge` TXT; none takes them away. */
export const ChallengeAction = action("challenge", {
  values: Type.Array(Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }), { maxItems: 6 }),
});
/** `POST /v1/boxes/{id}/alias`: a name that people can say; null gives it up. */
export const AliasAction = action("alias", { label: Type.Union([Label, Type.Null()]) });
/** `POST /v1/boxes/{id}/hosts`: a name that routers and DDNS clients may update by dyndns2; again, it makes a new token. */
export const HostAction = action("host", { label: Label });
/** `POST /v1/boxes/{id}/hosts/removal`. */
export const DropHostAction = action("drop-host", { label: Label });
/** `POST /v1/boxes/{id}/state`: what the cloud knows of the box. */
export const StateAction = action("state", {});

export type EnrolAction = Static<typeof EnrolAction>;
export type UpdateAction = Static<typeof UpdateAction>;
export type WithdrawAction = Static<typeof WithdrawAction>;
export type ChallengeAction = Static<typeof ChallengeAction>;
export type AliasAction = Static<typeof AliasAction>;
export type HostAction = Static<typeof HostAction>;
export type DropHostAction = Static<typeof DropHostAction>;
export type StateAction = Static<typeof StateAction>;

/** Every action, and the path that it is posted to, below the cloud's origin. */
export const ACTIONS = {
  enrol: { schema: EnrolAction, path: () => "/v1/boxes" },
  update: { schema: UpdateAction, path: (box: string) => `/v1/boxes/${box}/addresses` },
  withdraw: { schema: WithdrawAction, path: (box: string) => `/v1/boxes/${box}/withdrawal` },
  challenge: { schema: ChallengeAction, path: (box: string) => `/v1/boxes/${box}/challenge` },
  alias: { schema: AliasAction, path: (box: string) => `/v1/boxes/${box}/alias` },
  host: { schema: HostAction, path: (box: string) => `/v1/boxes/${box}/hosts` },
  "drop-host": { schema: DropHostAction, path: (box: string) => `/v1/boxes/${box}/hosts/removal` },
  state: { schema: StateAction, path: (box: string) => `/v1/boxes/${box}/state` },
} as const;
export type ActionName = keyof typeof ACTIONS;

/** Body of every signed request. */
export const SignedRequest = Type.Object(
  {
    request: Type.String({
      maxLength: LONGEST_REQUEST,
      description: "Compact JWS, EdDSA, the box's `jwk` in its header",
    }),
  },
  { title: "SignedRequest", additionalProperties: false },
);

/** `GET /v1/cloud`, for anybody. */
export const Cloud = Type.Object(
  {
    zone: Type.String({ description: "Below which boxes have their names, without a dot at its end" }),
    observed: Type.Union([Address, Type.Null()], { description: "From where this request came" }),
    stun: Type.Union([Type.String({ description: "HOST:PORT, UDP" }), Type.Null()]),
    version: Type.String(),
  },
  { title: "Cloud" },
);
export type Cloud = Static<typeof Cloud>;

/** How far an address of one family got. */
export const DoorState = Type.Union(
  [
    Type.Literal("direct", { description: "Published: the box answered there and signed for it" }),
    Type.Literal("unverified", { description: "Not published: nobody, or not this box, answered there" }),
    Type.Literal("differs", {
      description: "Not published: the box names another address than the request came from",
    }),
    Type.Literal("not-public", { description: "Not published: the address is not one of the internet" }),
    Type.Literal("closed", { description: "Not published: the box names no port" }),
    Type.Literal("unstable", {
      description: "Not published for now: too many different addresses in an hour",
    }),
    Type.Literal("none", { description: "Nothing was ever reported" }),
  ],
  { title: "DoorState" },
);
export type DoorState = Static<typeof DoorState>;

const Door = Type.Object({
  state: DoorState,
  address: Type.Union([Address, Type.Null()]),
  port: Type.Union([Type.Integer(), Type.Null()]),
});

/** The answer to every action but `host`. */
export const Registration = Type.Object(
  {
    box: Type.String(),
    /** `<id>.<zone>` */
    name: Type.String(),
    /** `lan.<id>.<zone>` */
    lanName: Type.String(),
    alias: Type.Union([Type.String({ description: "The whole name" }), Type.Null()]),
    hosts: Type.Array(Type.String({ description: "The whole name" })),
    observed: Type.Union([Address, Type.Null()]),
    doors: Type.Object({ ipv4: Door, ipv6: Door }),
    /** The next update is due after this, s, also when nothing changes. */
    refreshSeconds: Type.Integer(),
    /** The largest so far. */
    seq: Type.Integer(),
  },
  { title: "Registration" },
);
export type Registration = Static<typeof Registration>;

/** The answer to `host`; the token is shown this once. */
export const HostToken = Type.Object(
  { name: Type.String(), user: Type.String(), token: Type.String(), updateUrl: Type.String() },
  { title: "HostToken" },
);
export type HostToken = Static<typeof HostToken>;

/** What a box signs when it is dialled: that it is there, at that address. */
export interface DialBackAnswer {
  iss: string;
  /** Of the question. */
  nonce: string;
  address: string;
  port: number;
  iat: number;
}
/** Query of a dial-back. The box answers `{"answer": "<jws>"}`, and 404 for an address that it does not take for its own. */
export const DialBackQuery = Type.Object({
  nonce: Type.String({ pattern: "^[A-Za-z0-9_-]{22,64}$" }),
  address: Address,
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
});
