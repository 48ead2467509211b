import { createHash } from "node:crypto";
import { Compile } from "typebox/compile";
import type { Clock } from "../../kernel/clock.ts";
import { verifyEd25519Jws } from "../../kernel/ed25519-jws.ts";
import { TellyportError } from "../../kernel/errors.ts";
import { isRecord } from "../../kernel/is-record.ts";
import { boxIdOf, ED25519_SPKI_PREFIX } from "../../protocol/identity.ts";
import {
  EnrolAction,
  UpdateAction,
  WithdrawAction,
  ChallengeAction,
  AliasAction,
  HostAction,
  DropHostAction,
  StateAction,
  LONGEST_REQUEST,
  REQUEST_AHEAD,
  REQUEST_TYPE,
} from "../../protocol/registration.ts";

/** What each action must look like, to the last member. */
const CHECKS = {
  enrol: Compile(EnrolAction),
  update: Compile(UpdateAction),
  withdraw: Compile(WithdrawAction),
  challenge: Compile(ChallengeAction),
  alias: Compile(AliasAction),
  host: Compile(HostAction),
  "drop-host": Compile(DropHostAction),
  state: Compile(StateAction),
};
type Actions = {
  enrol: EnrolAction;
  update: UpdateAction;
  withdraw: WithdrawAction;
  challenge: ChallengeAction;
  alias: AliasAction;
  host: HostAction;
  "drop-host": DropHostAction;
  state: StateAction;
};

/** Members of the protected header, and of the key in it: all of them, and no other. */
const HEADER = ["alg", "jwk", "kid", "typ"].join();
const JWK = ["crv", "kty", "x"].join();

/** A request that its box has signed. */
export interface Signed<Name extends keyof Actions> {
  readonly action: Actions[Name];
  /** 32 bytes; they hash to `action.iss`. */
  readonly publicKey: Uint8Array;
}

export interface SignedRequestRules {
  /** What boxes call this cloud; asked for each request, as the port may be known late. */
  readonly origins: () => readonly string[];
  readonly clock: Clock;
}

/**
 * Reads a signed request: by the key that the box's id is the hash of, for this cloud, for this action, and for this box's path.
 * @param box of the path; null where there is none
 * @throws TellyportError `registration-invalid`
 */
export function readSigned<Name extends keyof Actions>(
  text: string,
  name: Name,
  box: string | null,
  { origins, clock }: SignedRequestRules,
): Signed<Name> {
  const read =
    text.length > LONGEST_REQUEST
      ? null
      : verifyEd25519Jws(text, { typ: REQUEST_TYPE, publicKey: "from-jwk" });
  if (read === null) throw invalid("It is not signed as it should be.");
  const { header, payload, publicKey } = read;
  if (membersOf(header) !== HEADER || membersOf(header["jwk"]) !== JWK)
    throw invalid("Its header has other members than alg, typ, kid and jwk.");
  if (!isOf(name, payload)) throw invalid(`It is no request to ${name}.`);
  if (payload.iss !== idOf(publicKey) || header["kid"] !== payload.iss)
    throw invalid("Its key is not that of the box that it names.");
  if (box !== null && box !== payload.iss) throw invalid("It was sent to another box's address.");
  if (!origins().includes(payload.aud))
    throw invalid(
      `It is meant for another cloud. This one is ${origins().join(" or ")}: name it so, or the other address in its http.origins.`,
    );
  if (payload.iat > clock.now() / 1000 + REQUEST_AHEAD)
    throw invalid("It comes from a day that is yet to come.");
  return { action: payload, publicKey };
}

function isOf<Name extends keyof Actions>(name: Name, payload: unknown): payload is Actions[Name] {
  return CHECKS[name].Check(payload);
}

function membersOf(value: unknown): string {
  return isRecord(value) ? Object.keys(value).sort().join() : "";
}

function idOf(publicKey: Uint8Array): string {
  return boxIdOf(createHash("sha256").update(ED25519_SPKI_PREFIX).update(publicKey).digest());
}

function invalid(why: string): TellyportError {
  return new TellyportError("registration-invalid", `The request is refused. ${why}`);
}
