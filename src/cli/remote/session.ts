import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Static, TSchema } from "typebox";
import type { Clock } from "../../kernel/clock.ts";
import { TellyportError } from "../../kernel/errors.ts";
import { Tokens } from "../../protocol/api.ts";
import { DPOP_NONCE_HEADER } from "../../protocol/dpop.ts";
import { checkAttestation } from "./attestation.ts";
import { authorityOf, originOf, type BoxAddress } from "./box-address.ts";
import { connectTo, type Connect } from "./connection.ts";
import type { Credentials, CredentialsFile } from "./credentials.ts";
import { dpopProof, thumbprintOf } from "./dpop.ts";
import { exchange, expect, openExchange, readJson, type HttpRequest } from "./exchange.ts";
import { errorFromProblem } from "./problem.ts";

/** An API call; the session adds host and credentials. */
export type Call = Omit<HttpRequest, "host" | "headers">;

/**
 * A paired client's calls of its box: each with the access token and a proof of the key (RFC 9449), with the box's nonce
 * when it asks for one. The box's answers say when a token has ended, not this machine's clock.
 */
export class Session {
  readonly #file: CredentialsFile;
  readonly #clock: Clock;
  readonly #connect: Connect;
  #credentials: Credentials;
  #nonce: string | null = null;

  constructor(file: CredentialsFile, credentials: Credentials, clock: Clock) {
    this.#file = file;
    this.#credentials = credentials;
    this.#clock = clock;
    this.#connect = connectTo(credentials.box, credentials.box.trust);
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  get address(): BoxAddress {
    return this.#credentials.box;
  }

  /** One connection to this session's box, judged by what was remembered at pairing. */
  get connect(): Connect {
    return this.#connect;
  }

  /** @throws TellyportError what the box answered, or `box-unreachable`, `box-not-trusted` */
  async call<S extends TSchema>(schema: S, call: Call): Promise<Static<S>> {
    const response = await this.open(call);
    const body = await readJson(response, call);
    return expect(schema, { status: response.statusCode ?? 0, headers: response.headers, body });
  }

  /** Like {@link call}, answering as soon as the head is there; the caller reads or destroys the body. */
  async open(call: Call, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    let nonceTried = false;
    let refreshed = false;
    for (;;) {
      const { accessToken } = this.#credentials;
      const response = await openExchange(this.#connect, {
        ...call,
        host: authorityOf(this.address),
        headers: {
          ...headers,
          authorization: `DPoP ${accessToken}`,
          dpop: await this.#proof(this.#credentials, call, accessToken),
        },
      });
      this.#keepNonce(response.headers);
      if (response.statusCode !== 401) return response;
      const error = errorFromProblem(401, await readJson(response, call));
      if (error.code === "dpop-nonce-required" && !nonceTried) {
        nonceTried = true;
      } else if (error.code === "access-token-invalid" && !refreshed) {
        refreshed = true;
        nonceTried = false;
        await this.#refresh(accessToken, call.signal);
      } else {
        throw error;
      }
    }
  }

  /** New tokens are on the disk before they are used; a process that rotated meanwhile has done it for this one too. */
  async #refresh(ended: string, signal: AbortSignal): Promise<void> {
    await this.#file.exclusively(signal, async () => {
      let current = await this.#file.read();
      if (current.accessToken === ended) {
        const tokens = await this.#requestTokens(current);
        current = withTokens(current, tokens);
        await this.#file.write(current);
      }
      this.#credentials = current;
    });
  }

  /** @throws TellyportError `box-not-trusted` when what brings them is not the box of the pairing */
  async #requestTokens(credentials: Credentials): Promise<Tokens> {
    const call: Call = {
      method: "POST",
      path: "/api/v1/token",
      body: { refreshToken: credentials.refreshToken },
      // Not the caller's: an interruption must not lose the answer that replaces the refresh token.
      signal: new AbortController().signal,
      timeoutMs: 10_000,
    };
    const { box, key } = credentials;
    for (let attempt = 1; ; attempt++) {
      const jti = randomUUID();
      const answer = await exchange(this.#connect, {
        ...call,
        host: authorityOf(box),
        headers: { dpop: await this.#proof(credentials, call, null, jti) },
      });
      this.#keepNonce(answer.headers);
      const asksForNonce =
        answer.status === 401 && errorFromProblem(401, answer.body).code === "dpop-nonce-required";
      if (asksForNonce && attempt === 1) continue;
      const tokens = expect(Tokens, answer);
      checkAttestation(tokens, { box: box.id, thumbprint: await thumbprintOf(key), nonce: jti });
      return tokens;
    }
  }

  #proof(
    credentials: Credentials,
    call: Call,
    accessToken: string | null,
    jti: string = randomUUID(),
  ): Promise<string> {
    return dpopProof(credentials.key, {
      method: call.method,
      url: originOf(credentials.box) + call.path.replace(/\?.*$/, ""),
      jti,
      nonce: this.#nonce,
      accessToken,
      now: this.#clock.now(),
    });
  }

  #keepNonce(headers: IncomingHttpHeaders): void {
    const nonce = headers[DPOP_NONCE_HEADER];
    if (typeof nonce === "string" && nonce !== "") this.#nonce = nonce;
  }
}

/** @throws TellyportError `credentials-missing` */
export async function openSession(file: CredentialsFile, clock: Clock): Promise<Session> {
  return new Session(file, await file.read(), clock);
}

/** The tokens' part of the credentials replaced. */
export function withTokens<C extends Omit<Credentials, "accessToken" | "expiresAt" | "refreshToken">>(
  credentials: C,
  tokens: Tokens,
): C & Credentials {
  if (tokens.accessToken === null || tokens.refreshToken === undefined) {
    throw new TellyportError(
      "secure-origin-required",
      "The box gave this machine no tokens of its own: pair over the box's https address.",
    );
  }
  return {
    ...credentials,
    client: tokens.client,
    role: tokens.role,
    accessToken: tokens.accessToken,
    expiresAt: tokens.expiresAt,
    refreshToken: tokens.refreshToken,
  };
}
