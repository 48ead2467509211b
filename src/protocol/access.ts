import type { Role } from "./principal.ts";

/** In the state directory: the socket of the door `local`, by which the command line reaches the daemon. */
export const SOCKET_FILE = "control.sock";

/** Through which door a request came, taken from the accepted socket and never from a header. */
export interface RequestOrigin {
  readonly listener: "http" | "https" | "local" | "tunnel";
  /**
   * The peer's address, without IPv4-in-IPv6 mapping and zone. Null on the command line's socket, of a peer that is gone, and
   * through a tunnel that does not name its user: there a request without a known credential is refused.
   */
  readonly address: string | null;
  /** The peer is in a prefix of one of the box's own interfaces (or on the box itself). */
  readonly onLink: boolean;
  /** What is sent here cannot be read on the way: TLS, loopback, or the box's own socket. */
  readonly confidential: boolean;
}

/**
 * Who may use a route. Every route states one; a route without it does not register.
 * - `open`: strangers too
 * - `media`: whoever holds a grant in the path (the route checks it)
 * - `roles`: a client with an access token and one of these roles; with `screen` the box's own screen too, whatever its role
 * - `local`: the box's own command line only
 */
export type RouteAccess =
  | { readonly kind: "open" }
  | { readonly kind: "media" }
  | { readonly kind: "roles"; readonly roles: readonly Role[]; readonly screen?: true }
  | { readonly kind: "local" };

export const OPEN: RouteAccess = { kind: "open" };
export const MEDIA: RouteAccess = { kind: "media" };
export const OWNER: RouteAccess = { kind: "roles", roles: ["owner"] };
/** Owners, and whoever stands before the box's own screen. */
export const OWNER_OR_SCREEN: RouteAccess = { kind: "roles", roles: ["owner"], screen: true };
export const MEMBERS: RouteAccess = { kind: "roles", roles: ["owner", "viewer", "kid", "guest"] };
export const LOCAL: RouteAccess = { kind: "local" };
