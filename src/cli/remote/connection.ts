import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { TellyportError, messageOf, systemCode } from "../../kernel/errors.ts";
import { originOf, type BoxAddress } from "./box-address.ts";
import { connected } from "./connected.ts";

/**
 * Why a box's certificate is believed.
 * - `pinned`: the box made it itself; its SHA-256 fingerprint (hex) was remembered at pairing
 * - `authorities`: a certificate authority that this machine trusts signed it for this name
 */
export type Trust =
  { readonly kind: "pinned"; readonly fingerprint: string } | { readonly kind: "authorities" };

/** Opens one connection; nothing has been sent on it yet. */
export type Connect = (signal: AbortSignal) => Promise<Socket>;

/** @param trust null for plain http */
export function connectTo(address: BoxAddress, trust: Trust | null): Connect {
  return async (signal) => {
    if (address.scheme === "http")
      return connected(connectPlain(address.port, address.host), "connect", signal, silent(address));
    const socket = await handshake(address, signal);
    try {
      if (trust === null) throw untrusted(address, "no certificate of it was remembered");
      check(address, trust, socket);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return socket;
  };
}

/** What certificate is shown at an https address, for trust on first use. */
export async function lookAtCertificate(address: BoxAddress, signal: AbortSignal): Promise<Trust> {
  const socket = await handshake(address, signal);
  try {
    return socket.authorized
      ? { kind: "authorities" }
      : { kind: "pinned", fingerprint: fingerprintOf(socket) };
  } finally {
    socket.destroy();
  }
}

/** `AA:BB:…` or `aabb…` → `aabb…`. */
export function normaliseFingerprint(text: string): string {
  return text.replaceAll(":", "").toLowerCase();
}

async function handshake(address: BoxAddress, signal: AbortSignal): Promise<TLSSocket> {
  const socket = connectTls({
    host: address.host,
    port: address.port,
    ...(isIP(address.host) === 0 && { servername: address.host }),
    ALPNProtocols: ["http/1.1"],
    // Judged by `check` before the first byte is sent: a box-made certificate has no authority behind it.
    rejectUnauthorized: false,
  });
  return connected(socket, "secureConnect", signal, silent(address));
}

function check(address: BoxAddress, trust: Trust, socket: TLSSocket): void {
  if (trust.kind === "authorities") {
    if (!socket.authorized)
      throw untrusted(address, "its certificate is no longer signed by a trusted authority");
  } else if (fingerprintOf(socket) !== trust.fingerprint) {
    throw untrusted(address, "it shows another certificate than at pairing");
  }
}

function fingerprintOf(socket: TLSSocket): string {
  // An empty object where there is no certificate (the type does not say so).
  const { fingerprint256 } = socket.getPeerCertificate() as { fingerprint256?: string };
  return normaliseFingerprint(fingerprint256 ?? "");
}

function untrusted(address: BoxAddress, why: string): TellyportError {
  return new TellyportError(
    "box-not-trusted",
    `${originOf(address)} is not the box that was paired: ${why}. If the box was reset, pair again.`,
  );
}

function silent(address: BoxAddress): (cause: Error) => TellyportError {
  return (cause) =>
    new TellyportError(
      "box-unreachable",
      `No box answers at ${originOf(address)} (${systemCode(cause) ?? messageOf(cause)}): is it on, and is this its address?`,
      { cause },
    );
}
