import type { Database } from "../kernel/store/database.ts";
import { secretHash } from "./bytes.ts";

/** A claim whose tokens are to be collected: kept on disk, so that a power cut between claim and poll costs nothing. */
export interface PendingClaim {
  readonly secretHash: string;
  readonly client: string;
  /** The client's, for the attestation. */
  readonly nonce: string;
  readonly refresh: "cookie" | "body";
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** When the tokens went out first; null before. */
  readonly deliveredAt: number | null;
}

export class Claims {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** As part of the caller's transaction. */
  write(claim: PendingClaim): void {
    this.#database
      .prepare(
        "INSERT INTO pairing_claims (secret_hash, client, nonce, refresh, expires_at, delivered_at) VALUES (?, ?, ?, ?, ?, ?)",
      )
      .run(claim.secretHash, claim.client, claim.nonce, claim.refresh, claim.expiresAt, claim.deliveredAt);
  }

  find(secret: string): PendingClaim | null {
    const row = this.#database
      .prepare("SELECT * FROM pairing_claims WHERE secret_hash = ?")
      .get(secretHash(secret));
    if (row === undefined) return null;
    return {
      secretHash: row["secret_hash"] as string,
      client: row["client"] as string,
      nonce: row["nonce"] as string,
      refresh: row["refresh"] as "cookie" | "body",
      expiresAt: Number(row["expires_at"]),
      deliveredAt: row["delivered_at"] === null ? null : Number(row["delivered_at"]),
    };
  }

  delivered(claim: PendingClaim, now: number): void {
    this.#database
      .prepare("UPDATE pairing_claims SET delivered_at = ? WHERE secret_hash = ?")
      .run(now, claim.secretHash);
  }

  /** Clients that have not collected their tokens in time, and now never will. */
  abandoned(now: number): string[] {
    return this.#database
      .prepare("SELECT client FROM pairing_claims WHERE delivered_at IS NULL AND expires_at <= ?")
      .all(now)
      .map((row) => row["client"] as string);
  }

  /** Whether {@link expire} has anything to do: strangers ask often, and a look writes nothing. */
  hasExpired(now: number, retryGrace: number): boolean {
    const row = this.#database
      .prepare(
        "SELECT 1 FROM pairing_claims WHERE delivered_at < ? OR (delivered_at IS NULL AND expires_at <= ?) LIMIT 1",
      )
      .get(now - retryGrace, now);
    return row !== undefined;
  }

  /**
   * Drops claims that can no longer be asked for, as part of the caller's transaction.
   * @returns clients that never collected their tokens
   */
  expire(now: number, retryGrace: number): string[] {
    const abandoned = this.abandoned(now);
    this.#database
      .prepare(
        "DELETE FROM pairing_claims WHERE delivered_at < ? OR (delivered_at IS NULL AND expires_at <= ?)",
      )
      .run(now - retryGrace, now);
    return abandoned;
  }
}
