import * as Type from "typebox";
import type { Static } from "typebox";
import { PublicJwk, RoleName, TerminalTypeName } from "./api.ts";
import { AUDIT_EVENTS } from "./audit-events.ts";
import { CHOICES } from "./pairing.ts";

/** Bodies of the routes around access: approving, handing over, limits, recovery, audit. Rules as in api.ts. */

const Time = Type.String({ format: "date-time", description: "ISO 8601, UTC" });

/** What an owner sees of an offer: open, or claimed by a client that waits for a yes. */
export const OfferState = Type.Object(
  {
    id: Type.String(),
    role: RoleName,
    expiresAt: Time,
    state: Type.Union([
      Type.Literal("open"),
      Type.Literal("waiting"),
      Type.Literal("paired"),
      Type.Literal("refused"),
      Type.Literal("closed"),
    ]),
    claim: Type.Union(
      [
        Type.Object({
          name: Type.String({ description: "As the new client calls itself" }),
          terminalType: Type.String(),
          address: Type.Union([Type.String(), Type.Null()]),
          home: Type.Boolean({ description: "It is in the home network" }),
          choices: Type.Array(Type.String({ pattern: "^[0-9]{2}$" }), {
            description: "One of these is shown on the new client; the owner taps it",
            minItems: CHOICES,
            maxItems: CHOICES,
          }),
        }),
        Type.Null(),
      ],
      { description: "Who waits; null unless `waiting`" },
    ),
  },
  { title: "OfferState" },
);
export type OfferState = Static<typeof OfferState>;

/** What is open, and who waits. */
export const OfferStates = Type.Object({ offers: Type.Array(OfferState) }, { title: "OfferStates" });
export type OfferStates = Static<typeof OfferStates>;

/** The owner's answer to who waits. */
export const OfferDecision = Type.Object(
  {
    match: Type.Union([Type.String({ pattern: "^[0-9]{2}$" }), Type.Null()], {
      description: "The number on the new client; null: no. A wrong one is a no",
    }),
  },
  { title: "OfferDecision", additionalProperties: false },
);
export type OfferDecision = Static<typeof OfferDecision>;

/** A device that shows a code instead of having one: an owner who sees it lets it in. */
export const AskRequest = Type.Object(
  {
    nonce: Type.String({ minLength: 22, maxLength: 64, description: "128 random bits or more, base64url" }),
    key: Type.Union([PublicJwk, Type.Null()], { description: "As in a claim" }),
    name: Type.String({ minLength: 1, maxLength: 64, description: "What the owner will see" }),
    terminalType: TerminalTypeName,
    refresh: Type.Union([Type.Literal("cookie"), Type.Literal("body")], { description: "As in a claim" }),
  },
  { title: "AskRequest", additionalProperties: false },
);
export type AskRequest = Static<typeof AskRequest>;
export const Asked = Type.Object(
  {
    claim: Type.String({ description: "Secret for polling at `/api/v1/pairing/poll`" }),
    code: Type.String({ description: "To be shown to an owner: XXXX-XXXX" }),
    expiresAt: Time,
  },
  { title: "Asked" },
);
export type Asked = Static<typeof Asked>;

/** An owner has seen a code on a device, and says what it is to be. */
export const AnswerRequest = Type.Object(
  {
    code: Type.String({ minLength: 8, maxLength: 16, description: "As the device shows it" }),
    role: Type.Optional(
      Type.Union([Type.Literal("viewer"), Type.Literal("kid"), Type.Literal("guest")], {
        description: "Default: viewer. None that asked becomes an owner",
      }),
    ),
  },
  { title: "AnswerRequest", additionalProperties: false },
);
export type AnswerRequest = Static<typeof AnswerRequest>;

/** What makes the browser on the box its own screen: good once, on the box alone. */
export const ScreenLink = Type.Object(
  { url: Type.String({ description: "The secret is in the fragment" }), expiresAt: Time },
  { title: "ScreenLink" },
);
export type ScreenLink = Static<typeof ScreenLink>;

/** Who watches what now, in order of their beginning. */
export const WatchingNow = Type.Object(
  {
    watching: Type.Array(
      Type.Object({
        name: Type.String({ description: "How the client is called" }),
        terminalType: TerminalTypeName,
        channel: Type.Object({ number: Type.Integer(), name: Type.String() }),
        since: Time,
        home: Type.Boolean({ description: "It is in the home network" }),
        self: Type.Boolean({ description: "It is the client that asks" }),
      }),
    ),
  },
  { title: "WatchingNow" },
);
export type WatchingNow = Static<typeof WatchingNow>;

/** A pass for this client's next origin or browser, good once. */
export const HandOff = Type.Object(
  {
    id: Type.String(),
    fragment: Type.String({ description: "To put behind the other origin's address: `#h=1.<id>.<secret>`" }),
    expiresAt: Time,
  },
  { title: "HandOff" },
);
export type HandOff = Static<typeof HandOff>;

export const PinRequest = Type.Object(
  {
    // No union: the server's validation would take an empty text for null, and the PIN away.
    pin: Type.Unsafe<string | null>({
      type: ["string", "null"],
      pattern: "^[0-9]{4,6}$",
      description: "null: none",
    }),
  },
  { title: "PinRequest", additionalProperties: false },
);
export const PinState = Type.Object({ set: Type.Boolean() }, { title: "PinState" });
export type PinState = Static<typeof PinState>;
export const UnlockRequest = Type.Object(
  { pin: Type.String({ pattern: "^[0-9]{4,6}$" }) },
  { title: "UnlockRequest", additionalProperties: false },
);
/** Until when the PIN lifts the asking client's limits. */
export const Unlocked = Type.Object({ until: Time }, { title: "Unlocked" });

export const EndOthersRequest = Type.Object(
  {
    everybody: Type.Optional(
      Type.Boolean({
        description:
          "All clients of the box but this one, for owners; default: this user's other clients alone",
      }),
    ),
  },
  { title: "EndOthersRequest", additionalProperties: false },
);
export const EndedOthers = Type.Object({ ended: Type.Integer() }, { title: "EndedOthers" });

/** Ten codes of which each makes one owner, once; shown this one time. */
export const RecoveryCodes = Type.Object(
  { codes: Type.Array(Type.String({ description: "XXXX-XXXX-XXXX-XXXX-XXXX" })) },
  { title: "RecoveryCodes" },
);
export const RecoveryState = Type.Object(
  { left: Type.Integer({ minimum: 0 }), madeAt: Type.Union([Time, Type.Null()]) },
  { title: "RecoveryState" },
);
export type RecoveryState = Static<typeof RecoveryState>;

export const AuditEntry = Type.Object(
  {
    id: Type.Integer(),
    at: Time,
    event: Type.String({ description: `One of ${AUDIT_EVENTS.join(", ")}; more may follow` }),
    client: Type.Union([Type.String(), Type.Null()], { description: "Whom it is about" }),
    name: Type.Union([Type.String(), Type.Null()], { description: "How that client was called then" }),
    address: Type.Union([Type.String(), Type.Null()]),
    count: Type.Integer({ minimum: 1, description: "So many alike within an hour" }),
    detail: Type.Record(Type.String(), Type.Unknown(), { description: "Facts, per event" }),
  },
  { title: "AuditEntry" },
);
export type AuditEntry = Static<typeof AuditEntry>;
export const Audit = Type.Object(
  { entries: Type.Array(AuditEntry, { description: "Newest first" }) },
  { title: "Audit" },
);
export type Audit = Static<typeof Audit>;

/** Server-Sent Events for owners, beside those of api.ts. */
export interface AccessEvents {
  /** An alarm of the audit log. */
  notice: AuditEntry;
  /** An offer was claimed, decided or closed; for the box's own screen too. */
  offer: OfferState;
  /** Somebody began or ceased to watch: ask who does; for the box's own screen too. */
  watching: Record<string, never>;
}
