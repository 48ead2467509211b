import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Principal } from "../protocol/principal.ts";
import { dpopToken, shownBy, type AccessTokens } from "./access-token.ts";
import { isAtBox } from "./at-box.ts";
import { unauthenticated } from "./challenge.ts";
import { isActive, principalOf, whyGone, type ClientRecord, type Clients } from "./clients.ts";
import { COOKIE_CLASSES, readCookie, type CookieClass } from "./cookies.ts";
import type { DpopProofs } from "./dpop.ts";
import type { AccessLimits } from "./limits.ts";
import { LOCAL_PRINCIPAL } from "./members.ts";
import type { Nonces } from "./nonce.ts";
import type { AuthenticationRequest, Authenticator } from "./ports.ts";
import type { Sessions } from "./sessions.ts";
import { requireConfidential, splitSecret } from "./tokens.ts";

export interface AuthenticatorDeps {
  clients: Clients;
  sessions: Sessions;
  accessTokens: AccessTokens;
  proofs: DpopProofs;
  nonces: Nonces;
  clock: Clock;
  limits: Pick<AccessLimits, "lanHttp">;
}

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
/** What a page of ours sends with its cookie, and a page of others cannot without a preflight that nobody answers. */
const SAME_ORIGIN_HEADER = "x-tellyport";

/** Proves a request's sender: access token and proof, the cookie of a client without a key, or the box's own socket. */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { clients, sessions, accessTokens, proofs, nonces, clock, limits } = deps;
  const fail = (code: Parameters<typeof unauthenticated>[0], message: string): TellyportError =>
    unauthenticated(code, message, nonces.current());

  /** The record as it is now, since time passed while its signature was checked. */
  function admitted(id: string): ClientRecord {
    const record = clients.get(id);
    if (record === undefined) throw fail("access-token-invalid", "No such client is paired. Pair it again.");
    if (!isActive(record, clock.now())) {
      const { code, message } = whyGone(record);
      throw fail(code, message);
    }
    return record;
  }

  async function byToken(request: AuthenticationRequest, authorization: string): Promise<ClientRecord> {
    requireConfidential(request);
    const invalid = (): TellyportError =>
      fail("access-token-invalid", "The access token is not good (any more). Refresh it.");
    const token = dpopToken(authorization);
    // Who names nobody that was ever paired is refused without the work of checking a signature.
    const named = token === undefined ? undefined : clients.get(shownBy(token)?.client ?? "");
    const claims =
      token === undefined || named === undefined ? null : await accessTokens.verify(token, clock.now());
    if (token === undefined || claims === null) throw invalid();
    const record = admitted(claims.client);
    if (claims.thumbprint !== record.thumbprint || record.kind !== "key") throw invalid();
    await proofs.verify(request, record, token);
    // Last, and without waiting between: what was revoked meanwhile does not pass.
    if (sessions.get(claims.client)?.family !== claims.family) {
      admitted(claims.client);
      throw invalid();
    }
    return admitted(claims.client);
  }

  /** The cookie that counts at this door. */
  function cookieOf({ headers, origin }: AuthenticationRequest): { kind: CookieClass; value: string } | null {
    for (const kind of ["browser", "lan"] as const) {
      const { cookie, listener } = COOKIE_CLASSES[kind];
      const value = origin.listener === listener ? readCookie(headers.cookie, cookie) : null;
      if (value !== null) return { kind, value };
    }
    return null;
  }

  function byCookie(request: AuthenticationRequest, kind: CookieClass, value: string): ClientRecord {
    const { origin, headers, method } = request;
    if (kind === "lan" && !limits.lanHttp) {
      throw fail(
        "access-token-missing",
        "Watching over plain http is switched off on this box. Pair this phone at the box's https address.",
      );
    }
    if (kind === "lan" && !origin.onLink) {
      throw fail(
        "access-token-missing",
        "This phone was paired for the home network alone. Pair it again at the box's https address.",
      );
    }
    const gone = (): TellyportError =>
      fail("access-token-invalid", "This phone is not paired (any more). Pair it again.");
    const [id = "", secret = ""] = splitSecret(value);
    if (clients.get(id)?.kind !== kind) throw gone();
    const record = admitted(id);
    if (!sessions.holds(id, secret, clock.now())) throw gone();
    const site = headers["sec-fetch-site"];
    const foreign =
      site !== undefined && site !== "same-origin" && !(site === "none" && SAFE_METHODS.has(method));
    if (foreign || (!SAFE_METHODS.has(method) && headers[SAME_ORIGIN_HEADER] !== "1")) {
      throw new TellyportError(
        "cross-site-refused",
        "The request came from another site, or lacks the header x-tellyport: 1.",
      );
    }
    return record;
  }

  return {
    async authenticate(request): Promise<Principal> {
      const { headers, origin } = request;
      if (origin.listener === "local") return LOCAL_PRINCIPAL;
      const cookie = cookieOf(request);
      let record: ClientRecord;
      if (headers.authorization !== undefined) record = await byToken(request, headers.authorization);
      else if (cookie !== null) record = byCookie(request, cookie.kind, cookie.value);
      else
        throw fail("access-token-missing", "This needs a paired client. Pair this one with the box first.");
      clients.seen(record, clock.now(), origin);
      return principalOf(record, isAtBox(request));
    },
  };
}
