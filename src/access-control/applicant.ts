import { createPublicKey } from "node:crypto";
import { TellyportError } from "../kernel/errors.ts";
import type { RequestOrigin } from "../protocol/access.ts";
import type { PairingClaim, PublicJwk } from "../protocol/api.ts";
import type { Role, TerminalType } from "../protocol/principal.ts";
import type { ClientKind } from "./clients.ts";
import { isHome } from "./home.ts";
import { thumbprintOf } from "./keys.ts";
import type { AccessLimits } from "./limits.ts";
import type { Admission } from "./redemption.ts";
import { requireConfidential } from "./tokens.ts";

/** Who was right with a claim, and is to become a client. */
export interface Applicant {
  readonly admission: Admission;
  /** SHA-256 of the claim's secret. */
  readonly secretHash: string;
  /** What it will be. */
  readonly role: Role;
  readonly kind: ClientKind;
  readonly name: string;
  readonly terminalType: TerminalType;
  readonly key: PublicJwk | null;
  readonly thumbprint: string;
  /** The client's, for the attestation. */
  readonly nonce: string;
  readonly refresh: "cookie" | "body";
  readonly origin: RequestOrigin;
  readonly home: boolean;
}

/** What kind of client a claim makes: without a key of its own, the door decides. */
export function kindOf(claim: Pick<PairingClaim, "key">, origin: RequestOrigin): ClientKind {
  if (claim.key !== null) return "key";
  return origin.listener === "https" ? "browser" : "lan";
}

/** Only a client with a key of its own administers. */
export function roleFor(kind: ClientKind, role: Role): Role {
  return kind !== "key" && role === "owner" ? "viewer" : role;
}

/**
 * Which door a client of its kind may pair through.
 * @throws TellyportError `secure-origin-required`, `not-from-lan`
 */
export function requireDoor(
  client: { kind: ClientKind; refresh: "cookie" | "body" },
  origin: RequestOrigin,
  limits: Pick<AccessLimits, "lanHttp">,
): void {
  switch (client.kind) {
    case "key":
      requireConfidential({ origin });
      if (client.refresh === "cookie" && origin.listener !== "https") {
        throw new TellyportError(
          "secure-origin-required",
          'A refresh token goes into a cookie over https only. Use the box\'s https address, or ask with refresh "body".',
        );
      }
      return;
    case "browser":
      if (origin.listener === "https") return;
      throw new TellyportError(
        "secure-origin-required",
        "This browser's claim was made over https. Ask at the box's https address.",
      );
    case "lan":
      if (!origin.onLink || origin.listener !== "http") {
        throw new TellyportError(
          "not-from-lan",
          "Without a key of its own a phone pairs at the box's https address, or in the home network.",
        );
      }
      if (!limits.lanHttp) {
        throw new TellyportError(
          "secure-origin-required",
          "Pairing over plain http is switched off on this box. Use its https address.",
        );
      }
  }
}

/** @throws TellyportError `not-from-lan` where clients are paired at home alone */
export function requireHome(origin: RequestOrigin, limits: Pick<AccessLimits, "pairFromHomeOnly">): void {
  if (!limits.pairFromHomeOnly || isHome(origin)) return;
  throw new TellyportError(
    "not-from-lan",
    "This box pairs in its home network alone. Pair there, and then watch from anywhere.",
  );
}

/** @returns the key's thumbprint; empty without one. @throws TellyportError `body-invalid` when it is no point of P-256 */
export function thumbprintOfClaim(jwk: PublicJwk | null): string {
  if (jwk === null) return "";
  try {
    createPublicKey({ key: { ...jwk }, format: "jwk" });
    return thumbprintOf(jwk);
  } catch (error) {
    throw new TellyportError("body-invalid", "The key is not a public key of the curve P-256.", {
      detail: { field: "key" },
      cause: error,
    });
  }
}
