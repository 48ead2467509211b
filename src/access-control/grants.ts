import { sign, verify } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Milliseconds } from "../kernel/units.ts";
import { encodeGrant, grantBytes, verifyGrant, type Grant } from "../protocol/grant.ts";
import type { Principal } from "../protocol/principal.ts";
import { RecentMap } from "../kernel/recent-map.ts";
import type { AccessKeys } from "./keys.ts";
import type { GrantPort } from "./ports.ts";

/** Verified grants that are remembered: about 2 µs instead of 100 µs each. */
const REMEMBERED = 10_000;

/** A playback that has a grant. */
interface LivePlayback {
  readonly client: string;
  /**
   * What its grants call the time, less monotonic time: the wall clock when the first was issued. The wall clock may jump
   * later on, and neither ends a stream by that nor prolongs a stay.
   */
  readonly base: number;
  /** When its newest grant ends, monotonic ms. */
  endsAt: number;
}

/**
 * Playback grants: signed, and alive only while their playback is. Playbacks die with the process, so a grant of an
 * earlier process has ended.
 */
export class Grants implements GrantPort {
  readonly #keys: AccessKeys;
  readonly #clock: Clock;
  readonly #stay: (client: string) => number | null;
  readonly #verified = new RecentMap<Grant>(REMEMBERED);
  readonly #live = new Map<string, LivePlayback>();

  /**
   * @param stay until when (ms since 1970) a client may use the box; null when it may not now. Asked at each issue, since a
   *   client may have been removed while its channel was tuned.
   */
  constructor(keys: AccessKeys, clock: Clock, stay: (client: string) => number | null) {
    this.#stay = stay;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** @throws TellyportError `client-revoked` */
  issue(playback: string, principal: Principal, expiresAt: Milliseconds): string {
    const now = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    const stay = this.#stay(principal.client);
    if (stay === null) {
      throw new TellyportError("client-revoked", "The owner has removed this client. Pair it again.");
    }
    for (const [id, entry] of this.#live) if (entry.endsAt <= monotonic) this.#live.delete(id);
    const live = this.#live.get(playback) ?? { client: principal.client, base: now - monotonic, endsAt: 0 };
    const lasts = Math.min(expiresAt, stay) - now;
    const key = this.#keys.signing("grant", now);
    const grant: Grant = {
      keyId: key.id,
      playback,
      expiresAt: Math.ceil((live.base + monotonic + lasts) / 1000) * 1000,
    };
    const signed = grantBytes(grant);
    const token = encodeGrant(signed, sign(null, signed, key.privateKey));
    live.endsAt = Math.max(live.endsAt, grant.expiresAt - live.base);
    this.#live.set(playback, live);
    this.#verified.set(token, grant);
    return token;
  }

  check(token: string): string {
    let grant = this.#verified.get(token);
    if (grant === undefined) {
      const read = verifyGrant(token, (keyId, signed, signature) => {
        const key = this.#keys.find("grant", keyId);
        return key !== undefined && verify(null, signed, key.publicKey, signature);
      });
      if (read === null)
        throw new TellyportError("grant-invalid", "This is not a media address of this box.");
      this.#verified.set(token, read);
      grant = read;
    }
    const live = this.#live.get(grant.playback);
    if (live === undefined || live.base + this.#clock.monotonic() >= grant.expiresAt) {
      throw new TellyportError("grant-ended", "This playback has ended. Ask for the channel again.");
    }
    return grant.playback;
  }

  /** The running playback of a grant that was issued or checked before; null for any other. No signature is checked. */
  known(token: string): string | null {
    const playback = this.#verified.get(token)?.playback;
    return playback !== undefined && this.#live.has(playback) ? playback : null;
  }

  end(playback: string): void {
    this.#live.delete(playback);
  }

  /** Ends every grant of a client. */
  endClient(client: string): void {
    for (const [playback, entry] of this.#live) if (entry.client === client) this.#live.delete(playback);
  }
}
