import type { KeyObject } from "node:crypto";
import type { ErrorCode, TellyportError } from "../../kernel/errors.ts";

/** What the certificates need of others, and what others get of them. Times are epoch ms. */

/** Where the answer to an authority's challenge is shown. All names of a certificate have the same set. */
export interface DnsChallenges {
  /**
   * Makes `_acme-challenge` TXT hold exactly these values.
   * @param values 1 to 6 digests as RFC 8555 §8.4 has them
   * @returns when the authoritative servers answer with exactly these
   * @throws TellyportError and the signal's reason
   */
  publish(values: readonly string[], signal: AbortSignal): Promise<void>;
  /** Takes them away. */
  clear(): Promise<void>;
}

/** When an authority would like a certificate to be renewed. @see RFC 9773 §4.2 */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
  /** When to ask again. */
  readonly askAgainAt: number;
  /** A page that says why, for people. */
  readonly explanation: string | null;
}

/** What became of an order: the certificate and those above it as PEM, or why nothing will come of it any more. */
export type OrderEnd = { readonly chain: string } | { readonly over: TellyportError };

/** Whoever issues certificates. What it throws is worth another try with the same order. */
export interface CertificateAuthority {
  /** Which it is: an order of one is nothing to another. */
  readonly id: string;
  /**
   * Makes an order.
   * @param replaces the certificate that it is to take the place of, PEM
   * @returns the order's address
   * @throws TellyportError `acme-failed`, `acme-refused`
   */
  order(names: readonly string[], replaces: string | null, signal: AbortSignal): Promise<string>;
  /** An order for exactly these names that was made and is not finished: of a crash before its address was written down. */
  findOrder(names: readonly string[], signal: AbortSignal): Promise<string | null>;
  /**
   * Goes on with an order wherever it stands.
   * @param names as they were ordered
   * @param key private, P-256; the certificate's
   */
  finish(
    order: string,
    names: readonly string[],
    key: KeyObject,
    challenges: DnsChallenges,
    signal: AbortSignal,
  ): Promise<OrderEnd>;
  /** @param certificate PEM @returns null where the authority says nothing of it */
  renewal(certificate: string, signal: AbortSignal): Promise<RenewalWindow | null>;
}

/** A certificate as a listener takes it. */
export interface ServedCertificate {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** The certificate and those above it, PEM. */
  readonly cert: string;
  readonly names: readonly string[];
  readonly notAfter: number;
}

/** What a person is told. */
export interface CertificateState {
  readonly source: "authority" | "own";
  /**
   * `none`: there is none yet; `obtaining`: the authority is being asked; `good`; `expired`: phones warn of it;
   * `clock`: it waits until it knows what time it is.
   */
  readonly phase: "none" | "obtaining" | "good" | "expired" | "clock";
  readonly names: readonly string[];
  readonly issuer: string | null;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** When it is renewed if nothing happens; null: it is not, or at once. */
  readonly renewAt: number | null;
  readonly problem: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly at: number;
    /** When it is tried again; null: somebody has to change something. */
    readonly retryAt: number | null;
  } | null;
}

/** Where the https listener has its certificate from. */
export interface BoxCertificateSource {
  /** The newest that is whole, expired or not; null: none. */
  current(): ServedCertificate | null;
  /** Told of each new one. @returns a function that unsubscribes */
  onChanged(listener: (certificate: ServedCertificate) => void): () => void;
  state(): CertificateState;
}
