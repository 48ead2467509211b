import type { Database } from "../../kernel/store/database.ts";

/** Forward-only steps; never edit one that was released. `client` names a line of them; times in milliseconds since 1970. */
const STEPS = [
  `CREATE TABLE viewing_limits (
     client TEXT PRIMARY KEY,
     limits TEXT NOT NULL
   ) STRICT;
   CREATE TABLE viewing_quota (
     client TEXT PRIMARY KEY,
     day TEXT NOT NULL,
     seconds INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE parental_pin (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     salt BLOB NOT NULL,
     hash BLOB NOT NULL
   ) STRICT;
   CREATE TABLE pin_tries (
     client TEXT PRIMARY KEY,
     wrong INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     locked_until INTEGER NOT NULL
   ) STRICT;`,
];

/** Of each table of rules that has rows by line. */
const BY_LINE = ["viewing_limits", "viewing_quota", "pin_tries"];

/** Brings the tables up to date, and takes the rows of lines out that the box knows no more. @throws TellyportError `store-too-new` */
export function migrateRules(database: Database, isKnown: (line: string) => boolean): void {
  database.migrate("viewing-rules", STEPS);
  for (const table of BY_LINE) {
    for (const { client } of database.prepare(`SELECT client FROM ${table}`).all()) {
      if (typeof client !== "string" || isKnown(client)) continue;
      database.prepare(`DELETE FROM ${table} WHERE client = ?`).run(client);
    }
  }
}
