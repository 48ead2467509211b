import { TellyportError } from "../kernel/errors.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { AnswerRequest, Asked, AskRequest, OfferState } from "../protocol/access-api.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import type { Principal } from "../protocol/principal.ts";
import { kindOf, requireDoor, roleFor, thumbprintOfClaim, type Applicant } from "./applicant.ts";
import type { Approvals } from "./approvals.ts";
import type { Asks } from "./asks.ts";
import { secretHash } from "./bytes.ts";
import { cleanName } from "./clean-name.ts";
import { isHome } from "./home.ts";
import type { AccessLimits } from "./limits.ts";

export interface AskingDeps {
  asks: Asks;
  approvals: Approvals;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  log: LineLog;
}

/**
 * Takes what a device without an offer says of itself, and gives it a code to show.
 * @throws TellyportError `not-from-lan` from anywhere but the home network, `pairing-too-many`; `secure-origin-required`,
 *   `body-invalid` as for a claim
 */
export function ask(deps: AskingDeps, request: AskRequest, origin: RequestOrigin): Asked {
  const { asks, limits, log, random } = deps;
  if (!isHome(origin))
    throw new TellyportError(
      "not-from-lan",
      "A device asks to be let in at home alone. Elsewhere it pairs with a code that an owner opens.",
    );
  const kind = kindOf(request, origin);
  requireDoor({ kind, refresh: request.refresh }, origin, limits);
  const secret = random(32).toString("base64url");
  const { code, expiresAt } = asks.open({
    secretHash: secretHash(secret),
    kind,
    name: cleanName(request.name) || request.terminalType,
    terminalType: request.terminalType,
    key: request.key,
    thumbprint: thumbprintOfClaim(request.key),
    nonce: request.nonce,
    refresh: request.refresh,
    origin,
    home: true,
  });
  log.info({ address: origin.address }, "pairing-asked");
  return { claim: secret, code, expiresAt: new Date(expiresAt).toISOString() };
}

/**
 * An owner has seen a device's code: from now on it waits for the right number, as everybody who claims an owner's offer.
 * @returns what the owner chooses from
 * @throws TellyportError `offer-not-found` for a code that nobody shows (any more)
 */
export function answer(
  deps: AskingDeps,
  { code, role = "viewer" }: AnswerRequest,
  by: Principal,
): OfferState {
  const { approvals, asks, log, random } = deps;
  const asking = asks.take(code);
  const id = random(8).toString("base64url");
  const applicant: Applicant = {
    ...asking,
    role: roleFor(asking.kind, role),
    admission: {
      id,
      expiresAt: 0, // the claim's own end counts
      by: "asked",
      role,
      payer: role === "guest" ? by.user : null,
      parent: null,
      openedBy: by.client,
      asks: true,
      take: () => undefined,
    },
  };
  const { state } = approvals.wait(applicant);
  log.info({ offer: id, role: applicant.role, address: asking.origin.address }, "pairing-waiting");
  return state;
}
