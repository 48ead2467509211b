import { TellyportError } from "../../kernel/errors.ts";
import { parseHandOffFragment, parsePairingFragment } from "../../protocol/pairing.ts";

/** Where a box is reached: one origin of its HTTP API. */
export interface BoxAddress {
  readonly scheme: "http" | "https";
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What stands before a path, as the `Host` header and a DPoP proof's `htu` name it: no default port. */
export function originOf(address: BoxAddress): string {
  return `${address.scheme}://${authorityOf(address)}`;
}

/** RFC 9110 §7.2: the `Host` header of a request to this address. */
export function authorityOf(address: BoxAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const defaultPort = address.scheme === "https" ? 443 : 80;
  return address.port === defaultPort ? host : `${host}:${address.port}`;
}

/**
 * What a person types or a QR code holds: `https://box:8443/#p=1.…`, `http://192.168.1.5:8080`, `192.168.1.5:8080`.
 * @returns the origin, and the offer or hand-off when the fragment names one
 * @throws TellyportError `usage`
 */
export function parseBoxUrl(text: string): {
  address: BoxAddress;
  offer: { offer: string; secret: string } | null;
} {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new TellyportError(
      "usage",
      `"${text}" is not the web address of a box: it looks like http://192.168.1.5:8080.`,
    );
  }
  const scheme = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  const offer = parsePairingFragment(url.hash) ?? parseHandOffFragment(url.hash);
  if (offer === null && /^#[ph]=/.test(url.hash)) throw notWhole();
  return { address: { scheme, host: url.hostname.replace(/^\[|\]$/g, ""), port }, offer };
}

/**
 * What a client hands over: `https://box:8443/#h=1.…`, or the part from `#` on.
 * @returns the address when there is one before the fragment
 * @throws TellyportError `usage`
 */
export function parseHandOff(text: string): {
  address: BoxAddress | null;
  offer: { offer: string; secret: string };
} {
  const hash = text.slice(Math.max(0, text.indexOf("#")));
  const offer = parseHandOffFragment(hash);
  if (offer === null) throw notWhole();
  return { address: hash === text ? null : parseBoxUrl(text).address, offer };
}

function notWhole(): TellyportError {
  return new TellyportError(
    "usage",
    "The pairing part of that address (after #) is not whole: copy all of it.",
  );
}

/** Whether what is sent there stays on this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
