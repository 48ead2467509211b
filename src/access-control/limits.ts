/** Lifetimes (milliseconds) and bounds of access control; the defaults are {@link DEFAULT_LIMITS}. */
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
  /** How long a client may take from its claim to its poll; default 5 min. */
  readonly claimLifetime: number;
  /** Access token; default 10 min. */
  readonly accessToken: number;
  /** Refresh token since its last use; default 30 days. */
  readonly refreshSliding: number;
  /** Refresh token since pairing; default 180 days. */
  readonly refreshAbsolute: number;
  /** A LAN viewer's cookie since pairing; default 30 days. */
  readonly lanCookie: number;
  /** A guest since pairing; default 7 days. */
  readonly guest: number;
  /** How long a lost answer (poll, refresh) can be asked for again; default 60 s. */
  readonly retryGrace: number;
  /** How far the clocks that judge access tokens may differ; default 60 s. */
  readonly leeway: number;
  /** Paired clients; default 64. */
  readonly clients: number;
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
  accessToken: 10 * MINUTE,
  refreshSliding: 30 * DAY,
  refreshAbsolute: 180 * DAY,
  lanCookie: 30 * DAY,
  guest: 7 * DAY,
  retryGrace: MINUTE,
  leeway: MINUTE,
  clients: 64,
  pairFromHomeOnly: false,
  lanHttp: true,
};
