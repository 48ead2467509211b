import { hkdfSync } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import type { Database } from "../kernel/store/database.ts";
import type { RecoveryState } from "../protocol/access-api.ts";
import { RECOVERY_KDF, RECOVERY_LENGTH, formatRecoveryCode } from "../protocol/pairing.ts";
import type { AuditPort } from "./audit/port.ts";
import { randomLetters } from "./letters.ts";
import type { Proof } from "./proof.ts";

/** What pairing needs of recovery: whether a claim was made with a code that is good. */
export interface RecoveryPort {
  /**
   * Holds a proof against as many codes as there may be, so that it takes the same work whatever is left of them.
   * @returns null for a wrong or used code; else what marks it used, to be called in the transaction that writes the client
   */
  redeem(proof: Proof): (() => void) | null;
}

export interface RecoveryDeps {
  database: Database;
  clock: Clock;
  random: (bytes: number) => Buffer;
  audit: AuditPort;
}

/** Codes that are good at a time. */
const RECOVERY_CODES = 10;

/** Forward-only steps; never edit one that was released. Times are milliseconds since 1970. */
const STEPS = [
  `CREATE TABLE recovery_codes (
     verifier BLOB NOT NULL PRIMARY KEY,
     made_at INTEGER NOT NULL,
     used_at INTEGER
   ) STRICT;`,
];

/**
 * Codes for the owner who lost every phone (ASVS 6.3.6): on paper, each good once. The box keeps what a code's proof is
 * judged with, and not the code.
 */
export class Recovery implements RecoveryPort {
  readonly #deps: RecoveryDeps;

  /** @throws TellyportError `store-too-new` */
  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
    deps.database.migrate("recovery", STEPS);
  }

  state(): RecoveryState {
    const row = this.#deps.database
      .prepare("SELECT COUNT(*) - COUNT(used_at) AS good, MAX(made_at) AS made_at FROM recovery_codes")
      .get();
    const madeAt = row?.["made_at"] ?? null;
    return {
      left: Number(row?.["good"] ?? 0),
      madeAt: madeAt === null ? null : new Date(Number(madeAt)).toISOString(),
    };
  }

  /** Makes new codes, in place of all earlier ones. @param by who asked, for the audit. @returns them, this one time */
  make(by: string): string[] {
    const { audit, clock, database, random } = this.#deps;
    const codes = Array.from({ length: RECOVERY_CODES }, () => randomLetters(random, RECOVERY_LENGTH));
    const now = clock.now();
    database.transaction(() => {
      database.prepare("DELETE FROM recovery_codes").run();
      const insert = database.prepare("INSERT INTO recovery_codes (verifier, made_at) VALUES (?, ?)");
      for (const code of codes) insert.run(verifierOf(code), now);
      audit.note({ event: "codes-made", client: by, detail: { codes: codes.length } });
    });
    return codes.map(formatRecoveryCode);
  }

  redeem(proof: Proof): (() => void) | null {
    const { clock, database } = this.#deps;
    const verifiers = database
      .prepare("SELECT verifier FROM recovery_codes WHERE used_at IS NULL")
      .all()
      .map((row) => Buffer.from(row["verifier"] as Uint8Array));
    let found: Buffer | null = null;
    for (let slot = 0; slot < RECOVERY_CODES; slot++) {
      const verifier = verifiers[slot];
      if (proof.fits(verifier) && verifier !== undefined) found = verifier;
    }
    if (found === null) return null;
    const verifier = found;
    return () => {
      database.prepare("UPDATE recovery_codes SET used_at = ? WHERE verifier = ?").run(clock.now(), verifier);
    };
  }
}

function verifierOf(code: string): Buffer {
  return Buffer.from(hkdfSync("sha256", code, RECOVERY_KDF.salt, RECOVERY_KDF.info, 32));
}
