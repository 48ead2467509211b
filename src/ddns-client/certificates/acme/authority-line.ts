import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../../kernel/clock.ts";
import { TellyportError, messageOf } from "../../../kernel/errors.ts";
import { FetchFailure, type SafeFetch } from "../../../kernel/safe-fetch/index.ts";
import { retryAfter } from "./retry-after.ts";

/** Authorities think for a while before they answer; what they say is short. */
const LIMITS = { answerMs: 60_000, silenceMs: 20_000, wholeMs: 90_000, bodyBytes: 1024 * 1024 };

export interface AcmeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** ms; undefined: nothing said. */
  readonly retryAfterMs: number | undefined;
}

export interface AcmeRequest {
  readonly method: "GET" | "HEAD" | "POST";
  /** JWS; of a POST. */
  readonly body?: Uint8Array;
  readonly accept?: string;
}

export interface AuthorityLineDeps {
  readonly fetch: SafeFetch;
  readonly clock: Clock;
  readonly directory: URL;
  /** Certificates of authorities that are trusted with https to the directory beside the public ones, PEM. */
  readonly ca?: string | undefined;
}

/**
 * Asks the authority, by https and without following redirects. Where the directory is was named by the installer; addresses that it
 * leads to are asked only there and in the internet.
 * @throws TellyportError `acme-failed`, `acme-refused`, `request-cancelled`
 */
export type AuthorityLine = (url: string, request: AcmeRequest, signal: AbortSignal) => Promise<AcmeAnswer>;

export function authorityLine({ fetch, clock, directory, ca }: AuthorityLineDeps): AuthorityLine {
  const reach = { scope: "public", named: new Set([directory.origin]) } as const;
  const nameIt = ({ origin }: URL): string =>
    `an address of ${origin} for the certificate authority's directory`;
  return async (address, { method, body, accept }, signal) => {
    const url = new URL(address);
    if (url.protocol !== "https:")
      throw new TellyportError(
        "acme-refused",
        `A certificate authority is asked by https, not at ${url.origin}.`,
      );
    const headers = {
      ...(body !== undefined && { "content-type": "application/jose+json" }),
      ...(accept !== undefined && { accept }),
    };
    try {
      const request = { reach, signal, limits: LIMITS, redirects: 0, nameIt, method, headers };
      const answer = await fetch(url, {
        ...request,
        ...(body !== undefined && { body }),
        // Whoever the directory leads to elsewhere is somebody whom everybody trusts.
        ...(url.origin === directory.origin && ca !== undefined && { ca }),
      });
      const pieces: Uint8Array[] = [];
      for await (const piece of answer.body) pieces.push(piece);
      return {
        status: answer.status,
        headers: answer.headers,
        body: Buffer.concat(pieces),
        retryAfterMs: retryAfter(answer.headers["retry-after"], clock.now()),
      };
    } catch (error) {
      if (!(error instanceof FetchFailure)) throw error;
      const why = error.cause === undefined ? error.trouble : messageOf(error.cause).slice(0, 200);
      throw new TellyportError(
        "acme-failed",
        `The certificate authority at ${url.host} does not answer: ${why}`,
        {
          cause: error,
          detail: { trouble: error.trouble },
        },
      );
    }
  };
}
