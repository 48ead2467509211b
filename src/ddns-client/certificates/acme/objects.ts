import * as Type from "typebox";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { TellyportError } from "../../../kernel/errors.ts";

/** The objects of RFC 8555 §7.1, as much of them as is read. Authorities add members of their own. */

const Url = Type.String({ pattern: "^https://", maxLength: 2048 });
const Name = Type.String({ maxLength: 64 });

/** RFC 8555 §6.7, RFC 9457 */
export const Problem = Type.Object({
  type: Type.Optional(Type.String({ maxLength: 300 })),
  detail: Type.Optional(Type.String({ maxLength: 4000 })),
  subproblems: Type.Optional(
    Type.Array(
      Type.Object({
        type: Type.Optional(Type.String({ maxLength: 300 })),
        detail: Type.Optional(Type.String({ maxLength: 4000 })),
        identifier: Type.Optional(Type.Object({ value: Type.String({ maxLength: 300 }) })),
      }),
      { maxItems: 100 },
    ),
  ),
});
export type Problem = Static<typeof Problem>;

/** §7.1.1; RFC 9773 §4; draft-aaron-acme-profiles §3 */
export const Directory = Type.Object({
  newNonce: Url,
  newAccount: Url,
  newOrder: Url,
  renewalInfo: Type.Optional(Url),
  meta: Type.Optional(
    Type.Object({
      termsOfService: Type.Optional(Type.String({ maxLength: 2048 })),
      externalAccountRequired: Type.Optional(Type.Boolean()),
      profiles: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    }),
  ),
});
export type Directory = Static<typeof Directory>;

/** §7.1.2 */
export const Account = Type.Object({ status: Name, orders: Type.Optional(Url) });
/** §7.1.2.1 */
export const OrderList = Type.Object({ orders: Type.Array(Url, { maxItems: 1000 }) });

const Identifier = Type.Object({ type: Name, value: Type.String({ maxLength: 300 }) });

/** §7.1.3 */
export const Order = Type.Object({
  status: Name,
  identifiers: Type.Array(Identifier, { maxItems: 100 }),
  authorizations: Type.Array(Url, { maxItems: 100 }),
  finalize: Url,
  certificate: Type.Optional(Url),
  error: Type.Optional(Problem),
});
export type Order = Static<typeof Order>;

const Challenge = Type.Object({
  type: Name,
  url: Type.Optional(Url),
  status: Type.Optional(Name),
  token: Type.Optional(Type.String({ maxLength: 512, pattern: "^[A-Za-z0-9_-]+$" })),
  error: Type.Optional(Problem),
});

/** §7.1.4, §8 */
export const Authorization = Type.Object({
  status: Name,
  identifier: Identifier,
  wildcard: Type.Optional(Type.Boolean()),
  challenges: Type.Array(Challenge, { maxItems: 20 }),
});
export type Authorization = Static<typeof Authorization>;

/** RFC 9773 §4.2 */
export const RenewalInfo = Type.Object({
  suggestedWindow: Type.Object({
    start: Type.String({ maxLength: 64 }),
    end: Type.String({ maxLength: 64 }),
  }),
  explanationURL: Type.Optional(Type.String({ maxLength: 2048 })),
});

/**
 * An answer's body as one of these.
 * @param what it is, for people
 * @throws TellyportError `acme-failed`
 */
export function read<T extends TSchema>(schema: T, body: Uint8Array, what: string): Static<T> {
  const value = json(body);
  if (!Value.Check(schema, value))
    throw new TellyportError("acme-failed", `The certificate authority's ${what} cannot be read.`);
  return value;
}

/** @returns undefined for what is no JSON */
export function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}
