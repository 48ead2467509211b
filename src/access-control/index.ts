import { createPublicKey, randomBytes } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { isTellyportError, messageOf } from "../kernel/errors.ts";
import type { Clock } from "../kernel/clock.ts";
import { Emitter } from "../kernel/events.ts";
import type { Log } from "../kernel/log.ts";
import type { Database } from "../kernel/store/database.ts";
import type { Offer } from "../protocol/api.ts";
import type { Role } from "../protocol/principal.ts";
import { createAccessTokens } from "./access-token.ts";
import { createAuthenticator } from "./authenticator.ts";
import { loadCertificate, type BoxCertificate, type CertificateNames } from "./certificate.ts";
import { Claims } from "./claims.ts";
import { Clients, isActive } from "./clients.ts";
import { DpopProofs } from "./dpop.ts";
import { Grants } from "./grants.ts";
import { loadIdentity, type BoxIdentity } from "./identity.ts";
import { grantKeyId, loadKeys } from "./keys.ts";
import { DEFAULT_LIMITS, type AccessLimits } from "./limits.ts";
import { LOCAL_PRINCIPAL, Members, type ClientEnded } from "./members.ts";
import { Nonces } from "./nonce.ts";
import { Offers, type OfferOptions } from "./offers.ts";
import { Pairing } from "./pairing.ts";
import type { Authenticator, GrantPort } from "./ports.ts";
import { clientRoutes } from "./routes/clients.ts";
import { pairingRoutes } from "./routes/pairing.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { createRecognition, type Shown } from "./recognise.ts";
import { migrate } from "./schema.ts";
import { Sessions } from "./sessions.ts";
import { TokenIssuer } from "./tokens.ts";

export type {
  AccessLimits,
  Authenticator,
  BoxCertificate,
  BoxIdentity,
  CertificateNames,
  GrantPort,
  OfferOptions,
};

export interface AccessControlDeps {
  database: Database;
  /** Folder that only the daemon's user reads: keys and certificate lie there, each 0600. */
  stateDir: string;
  clock: Clock;
  log: Log;
  /** Where phones find the box, such as `http://192.168.1.5:8080`; in front of an offer's fragment. */
  publicOrigin: () => string;
  /** Default: the system's secure random bytes. */
  random?: (bytes: number) => Buffer;
  options?: Partial<AccessLimits>;
}

/** Who is asking, and what they may. */
export interface AccessControl {
  readonly identity: BoxIdentity;
  readonly authenticator: Authenticator;
  /** Whose credential a request seems to carry: for limits, before anything is judged. */
  readonly recognise: (request: Shown) => string | null;
  readonly grants: GrantPort;
  /** Pairing, tokens, clients, `/.well-known/jwks.json`. */
  readonly routes: FastifyPluginAsync;
  /**
   * Opens an offer from the box itself. @param role default: owner when the box has none, else viewer
   * @throws TellyportError `pairing-too-many`
   */
  openOffer(role?: Role, options?: OfferOptions): Offer;
  pairingState(): "open" | "closed";
  /** Whether the box has an owner. */
  claimed(): boolean;
  /** Told when what a client has running must end, after its tokens and grants have. @returns a function that unsubscribes */
  onClientEnded(listener: (client: string, reason: ClientEnded["reason"]) => void): () => void;
  /** The certificate for the https listener. @throws TellyportError `state-unusable` or a system error when the state cannot be written */
  certificate(names: CertificateNames): Promise<BoxCertificate>;
  /** The nonce for the next proof: sent as `DPoP-Nonce` with any answer, it saves the client a 401. */
  dpopNonce(): string;
}

/**
 * Reads (or makes) the box's keys, and its clients.
 * @throws TellyportError `state-unusable`, `store-too-new`
 */
export async function createAccessControl(deps: AccessControlDeps): Promise<AccessControl> {
  const { database, stateDir, clock, publicOrigin, random = randomBytes } = deps;
  const limits: AccessLimits = { ...DEFAULT_LIMITS, ...deps.options };
  const log = deps.log.child({ module: "access-control" });

  migrate(database);
  const identity = await loadIdentity(stateDir);
  const keys = await loadKeys(stateDir);
  const { boxId } = identity;

  const clients = new Clients(database);
  const claims = new Claims(database);
  const sessions = new Sessions({ database, limits, random, refreshKey: keys.refresh });
  const grants = new Grants(keys.grant, clock, (id) => {
    if (id === LOCAL_PRINCIPAL.client) return Infinity;
    const record = clients.get(id);
    return record !== undefined && isActive(record, clock.now()) ? (record.notAfter ?? Infinity) : null;
  });
  const ended = new Emitter<ClientEnded>((error) =>
    log.error({ error: messageOf(error), expected: isTellyportError(error) }, "client-ended-listener-failed"),
  );
  const members = new Members({ database, clients, sessions, grants, ended, clock, limits, log });

  const nonces = new Nonces(clock, random);
  const proofs = new DpopProofs(nonces);
  const accessTokens = await createAccessTokens(boxId, keys.token, limits.leeway);
  const onReuse = members.endRunning.bind(members);
  const issuer = new TokenIssuer({
    identity,
    clients,
    sessions,
    accessTokens,
    proofs,
    nonces,
    clock,
    limits,
    log,
    onReuse,
  });
  const offers = new Offers({ boxId, clock, limits, random, publicOrigin });
  const pairing = new Pairing({
    database,
    offers,
    claims,
    clients,
    tokens: issuer,
    clock,
    limits,
    random,
    log,
  });

  const grantJwk = createPublicKey(keys.grant).export({ format: "jwk" });
  const publicKeys = [
    accessTokens.jwk,
    { ...grantJwk, kid: grantKeyId(keys.grant), alg: "EdDSA", use: "sig" },
  ];
  return {
    identity,
    authenticator: createAuthenticator({ clients, sessions, accessTokens, proofs, nonces, clock }),
    recognise: createRecognition({ sessions, grants }),
    grants,
    routes: async (app) => {
      await app.register(pairingRoutes({ pairing, offers, nonces }));
      await app.register(tokenRoutes({ issuer, nonces, keys: publicKeys }));
      await app.register(clientRoutes({ members }));
    },
    openOffer: (role, options) => pairing.openOffer(role, options),
    pairingState: () => (pairing.open() ? "open" : "closed"),
    claimed: () => pairing.claimed(),
    onClientEnded: (listener) => ended.on(({ client, reason }) => listener(client, reason)),
    certificate: (names) => loadCertificate(stateDir, names, clock, random),
    dpopNonce: () => nonces.current(),
  };
}
