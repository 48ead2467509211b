import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { LineLog } from "../kernel/log-sparingly.ts";
import type { Tokens } from "../protocol/api.ts";
import type { Database } from "../kernel/store/database.ts";
import type { AccessTokens } from "./access-token.ts";
import type { AuditPort } from "./audit/port.ts";
import { unauthenticated } from "./challenge.ts";
import { isActive, whyGone, type ClientRecord, type Clients } from "./clients.ts";
import type { DpopProofs, ProvenRequest } from "./dpop.ts";
import type { BoxIdentity } from "./identity.ts";
import type { AccessLimits } from "./limits.ts";
import type { Nonces } from "./nonce.ts";
import type { Session, Sessions } from "./sessions.ts";

/** Tokens for one client, and the secret that goes by cookie or body as the client asked. */
export interface IssuedTokens {
  /** Without the refresh token. */
  readonly tokens: Tokens;
  /** Refresh token, or the value of the cookie of a client without a key: `<client>.<secret>`. */
  readonly secret: string;
  /** Lifetime of the secret. */
  readonly maxAgeSeconds: number;
}

export interface TokenIssuerDeps {
  identity: BoxIdentity;
  clients: Clients;
  sessions: Sessions;
  accessTokens: AccessTokens;
  proofs: DpopProofs;
  nonces: Nonces;
  clock: Clock;
  limits: AccessLimits;
  log: LineLog;
  database: Database;
  audit: AuditPort;
  /** The session of this client was ended because its refresh token was used twice. */
  onReuse: (client: ClientRecord) => void;
}

/** Issues and renews what clients hold. */
export class TokenIssuer {
  readonly #deps: TokenIssuerDeps;

  constructor(deps: TokenIssuerDeps) {
    this.#deps = deps;
  }

  /**
   * Begins a session for a client that was just paired: on disk, or part of the caller's transaction, before this returns.
   * @param nonce of its claim, for the attestation
   */
  begin(client: ClientRecord, nonce: string): Promise<IssuedTokens> {
    const { sessions, clock } = this.#deps;
    const { session, secret } = sessions.begin(client.id, client.kind, clock.now());
    return this.#issue(client, session, secret, nonce);
  }

  /**
   * RFC 6749 §6 with rotation and proof of possession.
   * @param refreshToken `<client>.<secret>`
   * @throws TellyportError `secure-origin-required`, `refresh-invalid`, `dpop-invalid`, `dpop-nonce-required`,
   *   `client-revoked`, `stay-over`
   */
  async refresh(refreshToken: string, request: ProvenRequest): Promise<IssuedTokens> {
    const { audit, clients, sessions, database, proofs, nonces, clock, log, onReuse } = this.#deps;
    requireConfidential(request);
    const [id = "", secret = ""] = splitSecret(refreshToken);
    const invalid = (): TellyportError =>
      unauthenticated("refresh-invalid", "This client's session has ended. Pair it again.", nonces.current());
    const known = clients.get(id);
    if (known?.kind !== "key") throw invalid();
    const jti = await proofs.verify(request, known, null);
    const client = clients.get(id) ?? known;
    const now = clock.now();
    if (!isActive(client, now)) {
      const { code, message } = whyGone(client);
      throw unauthenticated(code, message, nonces.current());
    }
    const { address } = request.origin;
    const rotated = database.transaction(() => {
      const outcome = sessions.rotate(id, secret, now);
      if (outcome === "reused") {
        // What runs ends, too, when the end of the session cannot be written.
        database.onRollback(() => onReuse(client));
        audit.note({ event: "refresh-reused", client: id, address });
      }
      return outcome;
    });
    if (rotated === "reused") {
      log.warn({ client: id, address }, "refresh-token-reused");
      onReuse(client);
    }
    if (typeof rotated === "string") throw invalid();
    clients.seen(client, now, request.origin);
    return this.#issue(client, rotated.session, rotated.secret, jti);
  }

  async #issue(client: ClientRecord, session: Session, secret: string, nonce: string): Promise<IssuedTokens> {
    const { identity, accessTokens, clock, limits } = this.#deps;
    const now = clock.now();
    const { id, role, thumbprint } = client;
    const stay = client.notAfter ?? Infinity;
    const expiresAt = Math.min(client.kind === "key" ? now + limits.accessToken : session.expiresAt, stay);
    const accessToken =
      client.kind === "key"
        ? await accessTokens.mint({ client: id, role, thumbprint, family: session.family, expiresAt }, now)
        : null;
    const attestation = identity.attest({ client: id, thumbprint, role, nonce, iat: Math.floor(now / 1000) });
    return {
      tokens: { accessToken, expiresAt: new Date(expiresAt).toISOString(), client: id, role, attestation },
      secret: `${id}.${secret}`,
      maxAgeSeconds: Math.max(1, (Math.min(session.expiresAt, stay) - now) / 1000),
    };
  }
}

/** `<client>.<secret>` → both; empty for anything else. */
export function splitSecret(text: string): [string, string] | [] {
  const match = /^([a-z2-7]{16})\.([A-Za-z0-9_-]{43})$/.exec(text);
  return match === null ? [] : [match[1] as string, match[2] as string];
}

/** @throws TellyportError `secure-origin-required` where tokens could be read on the way */
export function requireConfidential(request: Pick<ProvenRequest, "origin">): void {
  if (request.origin.confidential) return;
  throw new TellyportError(
    "secure-origin-required",
    "Tokens are not sent over plain http. Use the box's https address, or pair without a key as a viewer on the home network.",
  );
}
