import { randomBytes } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { isTellyportError, messageOf } from "../kernel/errors.ts";
import type { Clock, Timer } from "../kernel/clock.ts";
import { Emitter } from "../kernel/events.ts";
import type { Component } from "../kernel/lifecycle.ts";
import type { Log } from "../kernel/log.ts";
import { LINES_OF_CLIENTS, SparingLog } from "../kernel/log-sparingly.ts";
import type { Database } from "../kernel/store/database.ts";
import type { AuditEntry, OfferState } from "../protocol/access-api.ts";
import type { Offer } from "../protocol/api.ts";
import type { Role } from "../protocol/principal.ts";
import { createAccessTokens } from "./access-token.ts";
import { Approvals } from "./approvals.ts";
import { Asks } from "./asks.ts";
import { AuditLog } from "./audit/log.ts";
import { createAuthenticator } from "./authenticator.ts";
import {
  CERTIFICATE_FILE,
  certificateBegin,
  loadCertificate,
  type BoxCertificate,
  type CertificateNames,
} from "./certificate.ts";
import { Claims } from "./claims.ts";
import { Clients, isActive } from "./clients.ts";
import { followClockStep, type ClockStep } from "./clock-steps.ts";
import { DpopProofs } from "./dpop.ts";
import { Grants } from "./grants.ts";
import { HandOffs } from "./hand-offs.ts";
import { IDENTITY_FILE, loadIdentity, type BoxIdentity } from "./identity.ts";
import { KEYS_FILE, AccessKeys } from "./keys.ts";
import type { AccessLimits } from "./limits.ts";
import { LOCAL_PRINCIPAL, Members, type ClientEnded } from "./members.ts";
import { Nonces } from "./nonce.ts";
import { OfferStates } from "./offer-states.ts";
import { Offers, type OfferOptions } from "./offers.ts";
import { Pairing } from "./pairing.ts";
import { Redemption } from "./redemption.ts";
import { Recovery } from "./recovery.ts";
import { auditRoutes } from "./routes/audit.ts";
import { publicKeys } from "./public-keys.ts";
import { policyOf, RELAXED, type PolicyChoice } from "./policy.ts";
import type { Authenticator, GrantPort, ViewingRulesPort } from "./ports.ts";
import { resumeInterrupted } from "./resume.ts";
import { Room } from "./room.ts";
import { clientRoutes } from "./routes/clients.ts";
import { handOffRoutes } from "./routes/hand-offs.ts";
import { offerRoutes } from "./routes/offers.ts";
import { pairingRoutes } from "./routes/pairing.ts";
import { pinRoutes } from "./routes/pin.ts";
import { recoveryRoutes } from "./routes/recovery.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { watchedRoutes } from "./routes/watched.ts";
import { ViewingRules } from "./rules/viewing-rules.ts";
import { createRecognition, type Shown } from "./recognise.ts";
import { migrate } from "./schema.ts";
import { isForScreen } from "./screen-view.ts";
import { Sessions } from "./sessions.ts";
import { Stays } from "./stays.ts";
import { TokenDelivery } from "./token-delivery.ts";
import { TokenIssuer } from "./tokens.ts";

export { certificateBegin, isForScreen };
export type {
  AccessLimits,
  Authenticator,
  BoxCertificate,
  BoxIdentity,
  CertificateNames,
  GrantPort,
  OfferOptions,
  PolicyChoice,
  ViewingRulesPort,
};

/** The files that make a box this box: a reset takes them all, and every table that no other module names as to be kept. */
export const ACCESS_FILES = [IDENTITY_FILE, KEYS_FILE, CERTIFICATE_FILE] as const;

export { IDENTITY_FILE, loadIdentity };
export { noteReset } from "./audit/reset.ts";
export { noteRefusal } from "./audit/refusals.ts";
export type { AuditLog } from "./audit/log.ts";
export type { AuditNote, AuditPort } from "./audit/port.ts";
export { OpenViews, type OpenView } from "./audit/open-views.ts";

export interface AccessControlDeps {
  database: Database;
  /** Folder that only the daemon's user reads: keys and certificate lie there, each 0600. */
  stateDir: string;
  clock: Clock;
  log: Log;
  /** Where phones find the box, such as `http://192.168.1.5:8080`; in front of an offer's fragment. */
  publicOrigin: () => string;
  /** Where a browser on the box finds it; default: as phones do. */
  localOrigin?: () => string;
  /** Default: the system's secure random bytes. */
  random?: (bytes: number) => Buffer;
  /** Default: `relaxed`. */
  policy?: PolicyChoice;
  /** In place of the policy's. */
  options?: Partial<AccessLimits>;
  /** Whether it is written down who watched what, and what keeps that over restarts; default: it is, and nothing does. */
  watched?: { readonly keeps: boolean; readonly save: (keeps: boolean) => Promise<void> };
}

/** Who is asking, and what they may. */
export interface AccessControl extends Component {
  readonly identity: BoxIdentity;
  readonly authenticator: Authenticator;
  /** Whose credential a request seems to carry: for limits, before anything is judged. */
  readonly recognise: (request: Shown) => string | null;
  readonly grants: GrantPort;
  /** What kids and guests may watch, and how many at a time. */
  readonly rules: ViewingRulesPort;
  /** Notices whose time is over, and writes down what was watched. */
  start(): void;
  stop(): void;
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
  /** How a client is called; null: there is none such. */
  nameOf(client: string): string | null;
  /** Told when what a client has running must end, after its tokens and grants have. @returns a function that unsubscribes */
  onClientEnded(listener: (client: string, reason: ClientEnded["reason"]) => void): () => void;
  /** Told when an offer was claimed, decided or closed: news for owners, and where {@link isForScreen} for the box's screen. @returns a function that unsubscribes */
  onOffer(listener: (state: OfferState) => void): () => void;
  /** What is written down for the owner. To be stopped before the database closes: it writes what waits. */
  readonly audit: AuditLog;
  /** Told of each alarm once it is on disk, to be passed on to owners. @returns a function that unsubscribes */
  onNotice(listener: (entry: AuditEntry) => void): () => void;
  /** The certificate for the https listener. @throws TellyportError `state-unusable` or a system error when the state cannot be written */
  certificate(names: CertificateNames): Promise<BoxCertificate>;
  /** The wall clock has stepped: what is kept follows it before this returns, or throws a system error and is as it was. */
  followClock(step: ClockStep): void;
}

/** How often it is looked whether keys are to follow one another. */
const RENEW_KEYS_EVERY = 3_600_000;

/**
 * Reads (or makes) the box's keys, and its clients.
 * @throws TellyportError `state-unusable`, `store-too-new`
 */
export async function createAccessControl(deps: AccessControlDeps): Promise<AccessControl> {
  const { database, stateDir, clock, publicOrigin, random = randomBytes } = deps;
  const { localOrigin = publicOrigin } = deps;
  const policy = policyOf(deps.policy ?? RELAXED);
  const limits: AccessLimits = { ...policy.access, ...deps.options };
  const log = deps.log.child({ module: "access-control" });
  const lines = new SparingLog(log, clock, LINES_OF_CLIENTS);

  migrate(database);
  const identity = await loadIdentity(stateDir);
  const keys = await AccessKeys.load(stateDir, clock.now(), {
    token: limits.accessToken + 2 * limits.leeway,
    grant: limits.grantTerm,
  });
  const { boxId } = identity;

  resumeInterrupted(database, clock.now(), limits);
  const clients = new Clients(database, new SparingLog(log, clock));
  const nameOf = (id: string): string | null => clients.get(id)?.name ?? null;
  const { keeps: keepsWatched, save: saveWatched } = deps.watched ?? { keeps: true, save: async () => {} };
  const audit = new AuditLog({ database, clock, log: lines, nameOf, keepsWatched });
  const claims = new Claims(database);
  const sessions = new Sessions({ database, limits, random, refreshKey: keys.refresh });
  const grants = new Grants(keys, clock, (id) => {
    if (id === LOCAL_PRINCIPAL.client) return Infinity;
    const record = clients.get(id);
    return record !== undefined && isActive(record, clock.now()) ? (record.notAfter ?? Infinity) : null;
  });
  const failed =
    (event: string) =>
    (error: unknown): void =>
      log.error({ error: messageOf(error), expected: isTellyportError(error) }, event);
  const ended = new Emitter<ClientEnded>(failed("client-ended-listener-failed"));
  const rules = new ViewingRules({
    database,
    clock,
    log: lines,
    random,
    audit,
    sessions: policy.sessions,
    isKnown: (line) => clients.hasLine(line),
    lineOf: (id) => clients.lineOf(id),
  });
  const members = new Members({
    database,
    clients,
    sessions,
    grants,
    ended,
    clock,
    limits,
    log: lines,
    audit,
    rules,
  });
  const stays = new Stays({ clients, sessions, clock, log, onOver: (id) => members.endStay(id) });

  const nonces = new Nonces(clock, random);
  const proofs = new DpopProofs(nonces);
  const accessTokens = createAccessTokens(boxId, keys, limits.leeway);
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
    log: lines,
    database,
    audit,
    onReuse,
  });
  const states = new OfferStates(clock, limits.claimLifetime, failed("offer-listener-failed"));
  const offers = new Offers({ clock, limits, random, publicOrigin, localOrigin, states });
  const handOffs = new HandOffs({ clients, clock, limits, random });
  const approvals = new Approvals({ clock, limits, random, states });
  const asks = new Asks({ clock, limits, random });
  const recovery = new Recovery({ database, clock, random, audit });
  const redemption = new Redemption({ boxId, offers, handOffs, recovery, clock, limits, random });
  const room = new Room({ claims, clients, clock, database, limits });
  const delivery = new TokenDelivery({
    approvals,
    asks,
    claims,
    clients,
    clock,
    database,
    limits,
    room,
    tokens: issuer,
  });
  const pairing = new Pairing({
    database,
    offers,
    handOffs,
    approvals,
    asks,
    redemption,
    states,
    claims,
    clients,
    room,
    clock,
    limits,
    random,
    log: lines,
    audit,
    remove: (client) => void members.remove(client, false, LOCAL_PRINCIPAL),
  });
  ended.on(({ client }) => pairing.endOf(client));

  let renewal: Timer | null = null;
  const renewKeys = async (): Promise<void> => {
    try {
      if (await keys.renew(clock.now()))
        log.info({ keys: publicKeys(keys).map(({ kid }) => kid) }, "access-keys-renewed");
    } catch (error) {
      // Those that are there go on; it is tried again.
      log.warn({ error: messageOf(error) }, "access-keys-not-renewed");
    }
  };
  return {
    name: "access-control",
    start() {
      renewal = clock.every(RENEW_KEYS_EVERY, () => void renewKeys());
      rules.start();
      stays.start();
    },
    stop() {
      stays.stop();
      rules.stop();
      renewal?.cancel();
    },
    identity,
    rules,
    authenticator: createAuthenticator({ clients, sessions, accessTokens, proofs, nonces, clock, limits }),
    recognise: createRecognition({ sessions, grants }),
    grants,
    routes: async (app) => {
      await app.register(pairingRoutes({ pairing, delivery, nonces }));
      await app.register(offerRoutes({ pairing }));
      await app.register(handOffRoutes({ pairing }));
      await app.register(tokenRoutes({ issuer, nonces, keys: () => publicKeys(keys) }));
      await app.register(clientRoutes({ members, rules }));
      await app.register(auditRoutes({ audit }));
      await app.register(watchedRoutes({ audit, save: saveWatched }));
      await app.register(recoveryRoutes({ recovery, pairing, audit }));
      await app.register(pinRoutes({ rules }));
    },
    openOffer: (role, options) => pairing.openOffer(role, options),
    pairingState: () => (pairing.open() ? "open" : "closed"),
    claimed: () => room.claimed(),
    nameOf,
    onClientEnded: (listener) => ended.on(({ client, reason }) => listener(client, reason)),
    onOffer: (listener) => states.on(listener),
    audit,
    onNotice: (listener) => audit.onNotice(listener),
    followClock(step) {
      const done = followClockStep({ database, clients, sessions, limits }, step);
      log.info({ ...step, done }, "records-follow-clock");
    },
    certificate: (names) => loadCertificate(stateDir, names, clock, random),
  };
}
