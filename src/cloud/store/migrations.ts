/**
 * The tables, in the SQL that SQLite and PostgreSQL share. A step is never changed once it was released. Times are ms since 1970.
 * Between statements stands a semicolon, and in them none.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE boxes (
    id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL,
    version TEXT NOT NULL,
    model TEXT,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    blocked TEXT,
    enrolled_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    lan TEXT NOT NULL,
    lan_at BIGINT,
    challenge TEXT NOT NULL,
    challenge_until BIGINT
  );
  CREATE INDEX boxes_seen ON boxes (seen_at) WHERE state = 'active';
  CREATE INDEX boxes_lan ON boxes (lan_at);
  CREATE INDEX boxes_challenge ON boxes (challenge_until);

  CREATE TABLE doors (
    box TEXT NOT NULL,
    family TEXT NOT NULL,
    state TEXT NOT NULL,
    address TEXT,
    port INTEGER,
    seq BIGINT NOT NULL,
    published TEXT,
    verified_port INTEGER,
    verified_at BIGINT,
    recent TEXT NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (box, family)
  );
  CREATE INDEX doors_reported ON doors (reported_at) WHERE state <> 'none';

  CREATE TABLE labels (
    label TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    box TEXT NOT NULL,
    since BIGINT NOT NULL,
    released_at BIGINT
  );
  CREATE INDEX labels_box ON labels (box);
  CREATE INDEX labels_released ON labels (released_at);

  CREATE TABLE hosts (
    label TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL,
    ipv4 TEXT,
    ipv6 TEXT,
    blocked INTEGER NOT NULL,
    seen_at BIGINT NOT NULL
  );
  CREATE TABLE host_days (
    label TEXT NOT NULL,
    day BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    PRIMARY KEY (label, day)
  );
  CREATE TABLE host_changes (
    label TEXT NOT NULL,
    address TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (label, address)
  );

  CREATE TABLE dirty_names (
    zone TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    mark BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    PRIMARY KEY (zone, name)
  );
  CREATE INDEX dirty_due ON dirty_names (zone, not_before, queued_at);
  CREATE INDEX dirty_mark ON dirty_names (mark);

  CREATE TABLE doubted_names (
    zone TEXT NOT NULL,
    name TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (zone, name)
  );

  CREATE TABLE published_with (
    zone TEXT PRIMARY KEY,
    publisher TEXT NOT NULL
  );
  `,
];
