import type {} from "fastify";
import type { RouteAccess } from "../protocol/access.ts";

/** What the way into the internet needs of others; `main` wires it. */

/** The box's identity, as far as registration needs it. */
export interface Signer {
  readonly boxId: string;
  /** DER SubjectPublicKeyInfo of the identity key, Ed25519. */
  readonly spki: Uint8Array;
  /** Ed25519 over any bytes. */
  sign(data: Uint8Array): Uint8Array;
}

/** Small facts that outlast a power cut: what is set has happened when the call returns. */
export interface Facts {
  get(name: string): string | null;
  set(name: string, value: string | null): void;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route. */
    access?: RouteAccess;
  }
}
