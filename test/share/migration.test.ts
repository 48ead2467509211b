import { join } from "node:path";
import t from "tap";
import type { Channel } from "../../src/protocol/api.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { house, service } from "./fakes.ts";

/** As the releases before the guide had a file of its own wrote it. */
const BEFORE = `
  CREATE TABLE schema_version (module TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
  INSERT INTO schema_version VALUES ('share', 2), ('clients', 1);
  CREATE TABLE share_channel (
    id TEXT PRIMARY KEY, original_network_id INTEGER NOT NULL, transport_stream_id INTEGER NOT NULL,
    service_id INTEGER NOT NULL, multiplex TEXT NOT NULL, number INTEGER NOT NULL, lcn INTEGER, name TEXT NOT NULL,
    provider TEXT, kind TEXT NOT NULL, scrambled INTEGER NOT NULL, visible INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL, codecs TEXT, history TEXT
  ) STRICT;
  CREATE TABLE share_programme (
    service TEXT NOT NULL, event_id INTEGER NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    title TEXT NOT NULL, description TEXT NOT NULL, language TEXT, PRIMARY KEY (service, event_id)
  ) STRICT;
  CREATE INDEX share_programme_time ON share_programme (service, ends_at);
  CREATE TABLE share_channel_setting (
    channel TEXT PRIMARY KEY, number INTEGER, name TEXT, hidden INTEGER, favourite INTEGER NOT NULL
  ) STRICT;
  INSERT INTO share_programme VALUES ('1.10.1', 5, 0, 9999999999999, 'Old', '', 'eng');
  CREATE TABLE clients (name TEXT) STRICT;
  INSERT INTO clients VALUES ('somebody''s phone');
`;

t.test(
  "share: a database with programmes in it is opened without them, and nothing else is lost",
  async (t) => {
    const path = join(await temporaryFolder(t), "tellyport.db");
    // What this release remembers of its channels is what the one before did.
    const first = await house(t, [service(1), service(2)], {}, openDatabase(path));
    const headers = { "x-client": "box:owner" };
    const listed: Channel[] = (await first.app.inject({ url: "/api/v1/channels", headers })).json().channels;
    const channels = first.database.prepare("SELECT * FROM share_channel").all();
    t.equal(channels.length, 2);

    const old = join(await temporaryFolder(t), "tellyport.db");
    const written = openDatabase(old);
    written.exec(BEFORE);
    for (const row of channels) {
      const names = Object.keys(row);
      const places = names.map(() => "?").join(", ");
      const insert = `INSERT INTO share_channel (${names.join(", ")}) VALUES (${places})`;
      written.prepare(insert).run(...Object.values(row));
    }
    written
      .prepare("INSERT INTO share_channel_setting VALUES (?, 77, 'Mine', NULL, 1)")
      .run(listed[1]?.id ?? "");
    written.close();

    for (const start of ["first", "second"]) {
      const h = await house(t, [], {}, openDatabase(old));
      const now: Channel[] = (await h.app.inject({ url: "/api/v1/channels", headers })).json().channels;
      t.match(
        now.map(({ id, number, name, favourite }) => ({ id, number, name, favourite })),
        [
          { id: listed[0]?.id, number: 1, name: "Channel 1" },
          { id: listed[1]?.id, number: 77, name: "Mine", favourite: true },
        ],
        `${start} start`,
      );
      t.same(now[0]?.now, null, "programmes come from the broadcaster again");
      const tables = h.database
        .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'share_programme%'")
        .all();
      t.same(tables, []);
      t.match(h.database.prepare("SELECT name FROM clients").all(), [{ name: "somebody's phone" }]);
      t.match(h.database.prepare("SELECT version FROM schema_version WHERE module = 'share'").get(), {
        version: 5,
      });
      t.match(h.database.prepare("SELECT version FROM schema_version WHERE module = 'clients'").get(), {
        version: 1,
      });
    }
  },
);
