/** Lifetimes (milliseconds), bounds and policy of access control; the defaults are {@link DEFAULT_LIMITS}. */
export interface AccessLimits {
  /** How long an offer stays open; default 5 min (ASVS 6.5.5 allows 10). */
  readonly offerLifetime: number;
  /** Offers open at once; default 4. */
  readonly openOffers: number;
  /** Wrong proofs that void an offer; default 5. */
  readonly badProofsPerOffer: number;
  /** Wrong proofs an hour from one address (IPv6: /64) before it is no longer heard; default 10. */
  readonly badProofsPerAddress: number;
  /** Wrong proofs an hour that close pairing until it is opened at the box again; default 20. */
  readonly badProofsPerBox: number;
  /** How long a claim waits for an owner's yes, and then for its client's poll; default 5 min each. */
  readonly claimLifetime: number;
  /** How long a hand-off's pass is good; default 10 min. */
  readonly handOffLifetime: number;
  /** Passes of one client that are open, or wait for an owner's yes, at once; default 3. */
  readonly handOffsPerClient: number;
  /** Access token; default 10 min. */
  readonly accessToken: number;
  /** Refresh token since its last use; default 30 days. */
  readonly refreshSliding: number;
  /** Refresh token since pairing; default 180 days. */
  readonly refreshAbsolute: number;
  /** A LAN viewer's cookie since pairing; default 30 days. */
  readonly lanCookie: number;
  /** The cookie of a browser that keeps no key, since pairing; default 7 days. */
  readonly browserCookie: number;
  /** A guest since pairing; default 7 days. */
  readonly guest: number;
  /** How long a lost answer (poll, refresh) can be asked for again; default 60 s. */
  readonly retryGrace: number;
  /** How far the clocks that judge access tokens may differ; default 60 s. */
  readonly leeway: number;
  /** How long a grant's key is kept after its last use: the longest playback; default 2 days. */
  readonly grantTerm: number;
  /** Paired clients; default 64. */
  readonly clients: number;
  /** Clients of one user by hand-offs, its first one included: no guest fills the box; default 8. */
  readonly clientsPerUser: number;
  /** Claims are taken from the home network alone; default false. */
  readonly pairFromHomeOnly: boolean;
  /** Phones at home may pair and watch over plain http, without a key; default true. */
  readonly lanHttp: boolean;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export const DEFAULT_LIMITS: AccessLimits = {
  offerLifetime: 5 * MINUTE,
  openOffers: 4,
  badProofsPerOffer: 5,
  badProofsPerAddress: 10,
  badProofsPerBox: 20,
  claimLifetime: 5 * MINUTE,
  handOffLifetime: 10 * MINUTE,
  handOffsPerClient: 3,
  accessToken: 10 * MINUTE,
  refreshSliding: 30 * DAY,
  refreshAbsolute: 180 * DAY,
  lanCookie: 30 * DAY,
  browserCookie: 7 * DAY,
  guest: 7 * DAY,
  retryGrace: MINUTE,
  leeway: MINUTE,
  grantTerm: 2 * DAY,
  clients: 64,
  clientsPerUser: 8,
  pairFromHomeOnly: false,
  lanHttp: true,
};
