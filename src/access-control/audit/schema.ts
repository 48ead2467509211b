import type { Database } from "../../kernel/store/database.ts";

/** Forward-only steps; never edit one that was released. Times are milliseconds since 1970. */
const STEPS = [
  `CREATE TABLE audit (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     until INTEGER NOT NULL,
     event TEXT NOT NULL,
     quota TEXT NOT NULL,
     alike TEXT,
     client TEXT,
     name TEXT,
     address TEXT,
     count INTEGER NOT NULL,
     detail TEXT NOT NULL
   ) STRICT;
   CREATE INDEX audit_by_quota ON audit (quota, id);
   CREATE INDEX audit_by_alike ON audit (alike) WHERE alike IS NOT NULL;`,
  // Each kind of alarm is counted by itself.
  `UPDATE audit SET quota = event WHERE event IN ('client-paired', 'hand-off-replayed', 'handed-over', 'others-ended',
     'owner-recovered', 'pairing-closed', 'pin-locked', 'refresh-reused');`,
  // What is watched now, as it would be written if it ended: for the next start, should the power fail.
  `CREATE TABLE audit_open (playback TEXT PRIMARY KEY, seen INTEGER NOT NULL, note TEXT NOT NULL) STRICT;`,
];

/** @throws TellyportError `store-too-new` */
export function migrateAudit(database: Database): void {
  database.migrate("audit", STEPS);
}
