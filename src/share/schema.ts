import type { Step } from "../kernel/store/steps.ts";

/**
 * Tables of resource sharing; forward only: append, never edit.
 *
 * Channels are what a person sees and remembers (their numbers): written with full durability.
 */
export const SHARE_MIGRATIONS: readonly Step[] = [
  `CREATE TABLE share_channel (
     id TEXT PRIMARY KEY,
     original_network_id INTEGER NOT NULL,
     transport_stream_id INTEGER NOT NULL,
     service_id INTEGER NOT NULL,
     multiplex TEXT NOT NULL,
     number INTEGER NOT NULL,
     lcn INTEGER,
     name TEXT NOT NULL,
     provider TEXT,
     kind TEXT NOT NULL,
     scrambled INTEGER NOT NULL,
     visible INTEGER NOT NULL,
     last_seen_at INTEGER NOT NULL,
     codecs TEXT,
     history TEXT
   ) STRICT;
   CREATE TABLE share_programme (
     service TEXT NOT NULL,
     event_id INTEGER NOT NULL,
     starts_at INTEGER NOT NULL,
     ends_at INTEGER NOT NULL,
     title TEXT NOT NULL,
     description TEXT NOT NULL,
     language TEXT,
     PRIMARY KEY (service, event_id)
   ) STRICT;
   CREATE INDEX share_programme_time ON share_programme (service, ends_at);`,
  `CREATE TABLE share_channel_setting (
     channel TEXT PRIMARY KEY,
     number INTEGER,
     name TEXT,
     hidden INTEGER,
     favourite INTEGER NOT NULL
   ) STRICT;`,
  // Programmes are in a database of their own.
  { sql: `DROP TABLE share_programme;`, breaks: true },
  // Pictures without IDR are made into some with: what earlier versions found is found anew.
  `UPDATE share_channel SET codecs = NULL WHERE codecs LIKE '%avc-recovery-point%';`,
  // Pictures that the owner chose for channels.
  `CREATE TABLE share_logo (channel TEXT PRIMARY KEY, version TEXT NOT NULL, body BLOB NOT NULL) STRICT;`,
];

/** What a reset keeps: channels, and how they are ordered. Every table of this module. */
export const CHANNEL_TABLES = {
  module: "share",
  tables: ["share_channel", "share_channel_setting", "share_logo"],
  steps: SHARE_MIGRATIONS.length,
} as const;
