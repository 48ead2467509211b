import { createHmac } from "node:crypto";
import type { Database, Row } from "../kernel/store/database.ts";
import { Mirror } from "../kernel/store/mirror.ts";
import { sameText, secretHash } from "./bytes.ts";
import type { ClientKind } from "./clients.ts";
import type { AccessLimits } from "./limits.ts";

/** What a client renews itself with: a rotating refresh token, or the cookie of one without a key. One per client. */
export interface Session {
  readonly client: string;
  /** Named in access tokens (`sid`), so that they end with it. */
  readonly family: string;
  readonly currentHash: string;
  readonly previousHash: string | null;
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  readonly rotatedAt: number;
  readonly expiresAt: number;
}

export interface SessionsDeps {
  database: Database;
  limits: AccessLimits;
  random: (bytes: number) => Buffer;
  /** Makes a refresh token's successor. */
  refreshKey: Buffer;
}

/** Which of a session's secrets this is: the one that is good, the one before it, or null for neither. */
export function whichSecret(
  { currentHash, previousHash }: Pick<Session, "currentHash" | "previousHash">,
  secret: string,
): "current" | "previous" | null {
  const hash = secretHash(secret);
  if (sameText(hash, currentHash)) return "current";
  return previousHash !== null && sameText(hash, previousHash) ? "previous" : null;
}

/** The secrets that clients hold, as SHA-256. */
export class Sessions {
  readonly #deps: SessionsDeps;
  readonly #sessions: Mirror<Session>;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
    this.#sessions = new Mirror(deps.database);
    this.reload();
  }

  /** Reads them anew: they were changed in the database. */
  reload(): void {
    const rows = this.#deps.database.prepare("SELECT * FROM sessions").all();
    this.#sessions.replaceAll(rows.map(sessionOf).map((session) => [session.client, session]));
  }

  get(client: string): Session | undefined {
    return this.#sessions.get(client);
  }

  /** Begins (or replaces) a client's session. @returns it and the secret to hand out: 256 bits, base64url */
  begin(client: string, kind: ClientKind, now: number): { session: Session; secret: string } {
    const { limits, random } = this.#deps;
    const secret = random(32).toString("base64url");
    const lifetime = { key: limits.refreshSliding, browser: limits.browserCookie, lan: limits.lanCookie };
    const session: Session = {
      client,
      family: random(9).toString("base64url"),
      currentHash: secretHash(secret),
      previousHash: null,
      createdAt: now,
      rotatedAt: now,
      expiresAt: now + lifetime[kind],
    };
    this.#write(session);
    return { session, secret };
  }

  /** Whether the cookie of a client without a key is the one that was given. */
  holds(client: string, secret: string, now: number): boolean {
    const session = this.#sessions.get(client);
    if (session === undefined || now >= session.expiresAt) return false;
    return whichSecret(session, secret) === "current";
  }

  /**
   * Exchanges a refresh token of a client that has proven its key. The token before the last one gives the same successor
   * for a minute, so that a lost answer is no lost pairing; anything else is a copy in other hands, and ends the session.
   */
  rotate(
    client: string,
    secret: string,
    now: number,
  ): { session: Session; secret: string } | "expired" | "reused" {
    const { limits, refreshKey } = this.#deps;
    const session = this.#sessions.get(client);
    if (session === undefined) return "expired";
    if (now >= session.expiresAt) {
      this.end(client);
      return "expired";
    }
    // Derived, not drawn: the successor can be given again, after a restart too, without being stored.
    const next = createHmac("sha256", refreshKey).update(secret).digest("base64url");
    const given = whichSecret(session, secret);
    if (given === "current") {
      const rotated: Session = {
        ...session,
        currentHash: secretHash(next),
        previousHash: session.currentHash,
        rotatedAt: now,
        expiresAt: Math.min(now + limits.refreshSliding, session.createdAt + limits.refreshAbsolute),
      };
      this.#write(rotated);
      return { session: rotated, secret: next };
    }
    const isLate = Math.abs(now - session.rotatedAt) > limits.retryGrace;
    if (given === "previous" && !isLate) return { session, secret: next };
    this.end(client);
    return "reused";
  }

  /** From now on nothing that the client holds is good. */
  end(client: string): void {
    this.#deps.database.prepare("DELETE FROM sessions WHERE client = ?").run(client);
    this.#sessions.delete(client);
  }

  #write(session: Session): void {
    const { client, family, currentHash, previousHash, createdAt, rotatedAt, expiresAt } = session;
    this.#deps.database
      .prepare(
        `INSERT OR REPLACE INTO sessions (client, family, current_hash, previous_hash, created_at, rotated_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(client, family, currentHash, previousHash, createdAt, rotatedAt, expiresAt);
    this.#sessions.set(client, session);
  }
}

/** Our own rows: the casts restate what `#write` put in. */
function sessionOf(row: Row): Session {
  return {
    client: row["client"] as string,
    family: row["family"] as string,
    currentHash: row["current_hash"] as string,
    previousHash: row["previous_hash"] as string | null,
    createdAt: Number(row["created_at"]),
    rotatedAt: Number(row["rotated_at"]),
    expiresAt: Number(row["expires_at"]),
  };
}
