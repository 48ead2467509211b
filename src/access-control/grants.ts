import { createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { TellyportError } from "../kernel/errors.ts";
import type { Milliseconds } from "../kernel/units.ts";
import { encodeGrant, grantBytes, verifyGrant, type Grant } from "../protocol/grant.ts";
import type { Principal } from "../protocol/principal.ts";
import { RecentMap } from "./bytes.ts";
import { grantKeyId } from "./keys.ts";
import type { GrantPort } from "./ports.ts";

/** Verified grants that are remembered: about 2 µs instead of 100 µs each. */
const REMEMBERED = 10_000;

/**
 * Playback grants: signed, and alive only while their playback is. Playbacks die with the process, so a grant of an
 * earlier process has ended.
 */
export class Grants implements GrantPort {
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #clock: Clock;
  readonly #stay: (client: string) => number | null;
  readonly #verified = new RecentMap<Grant>(REMEMBERED);
  /** Playback → whose it is, and when its newest grant ends. */
  readonly #live = new Map<string, { client: string; expiresAt: number }>();

  /**
   * @param stay until when (ms since 1970) a client may use the box; null when it may not now. Asked at each issue, since a
   *   client may have been removed while its channel was tuned.
   */
  constructor(key: KeyObject, clock: Clock, stay: (client: string) => number | null) {
    this.#stay = stay;
    this.#key = key;
    this.#publicKey = createPublicKey(key);
    this.#keyId = grantKeyId(key);
    this.#clock = clock;
  }

  /** @throws TellyportError `client-revoked` */
  issue(playback: string, principal: Principal, expiresAt: Milliseconds): string {
    const now = this.#clock.now();
    const stay = this.#stay(principal.client);
    if (stay === null) {
      throw new TellyportError("client-revoked", "The owner has removed this client. Pair it again.");
    }
    for (const [id, entry] of this.#live) if (entry.expiresAt <= now) this.#live.delete(id);
    const grant: Grant = {
      keyId: this.#keyId,
      playback,
      expiresAt: Math.ceil(Math.min(expiresAt, stay) / 1000) * 1000,
    };
    const signed = grantBytes(grant);
    const token = encodeGrant(signed, sign(null, signed, this.#key));
    const known = this.#live.get(playback);
    const latest = Math.max(known?.expiresAt ?? 0, grant.expiresAt);
    this.#live.set(playback, { client: principal.client, expiresAt: latest });
    this.#verified.set(token, grant);
    return token;
  }

  check(token: string): string {
    let grant = this.#verified.get(token);
    if (grant === undefined) {
      const read = verifyGrant(
        token,
        (keyId, signed, signature) =>
          keyId === this.#keyId && verify(null, signed, this.#publicKey, signature),
      );
      if (read === null)
        throw new TellyportError("grant-invalid", "This is not a media address of this box.");
      this.#verified.set(token, read);
      grant = read;
    }
    if (!this.#live.has(grant.playback) || this.#clock.now() >= grant.expiresAt) {
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
