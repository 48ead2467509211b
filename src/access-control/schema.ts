import type { Database } from "../kernel/store/database.ts";

/** Forward-only steps; never edit one that was released. Times are milliseconds since 1970; secrets only as SHA-256. */
const STEPS = [
  `CREATE TABLE clients (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     role TEXT NOT NULL,
     terminal_type TEXT NOT NULL,
     kind TEXT NOT NULL,
     jwk TEXT,
     thumbprint TEXT NOT NULL,
     user TEXT NOT NULL,
     payer TEXT NOT NULL,
     paired_at INTEGER NOT NULL,
     last_seen_at INTEGER,
     last_address TEXT,
     not_after INTEGER,
     revoked_at INTEGER
   ) STRICT;
   CREATE TABLE pairing_claims (
     secret_hash TEXT PRIMARY KEY,
     client TEXT NOT NULL UNIQUE REFERENCES clients (id) ON DELETE CASCADE,
     nonce TEXT NOT NULL,
     refresh TEXT NOT NULL,
     expires_at INTEGER NOT NULL,
     delivered_at INTEGER
   ) STRICT;
   CREATE TABLE sessions (
     client TEXT PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
     family TEXT NOT NULL,
     current_hash TEXT NOT NULL,
     previous_hash TEXT,
     created_at INTEGER NOT NULL,
     rotated_at INTEGER NOT NULL,
     expires_at INTEGER NOT NULL
   ) STRICT;`,
  `ALTER TABLE clients ADD COLUMN handed_over_from TEXT;
   ALTER TABLE clients ADD COLUMN last_home INTEGER;`,
  "ALTER TABLE clients ADD COLUMN screen INTEGER NOT NULL DEFAULT 0;",
];

/** Of `clock-steps.ts`: the beginnings of times that were not believed, and have been corrected. */
const CLOCK_STEPS = ["CREATE TABLE clock_eras (start INTEGER PRIMARY KEY) STRICT"];

/** Brings access control's tables up to date. @throws TellyportError `store-too-new` */
export function migrate(database: Database): void {
  database.migrate("access-control", STEPS);
  database.migrate("access-clock", CLOCK_STEPS);
}
