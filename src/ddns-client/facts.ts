import type { Database } from "../kernel/store/database.ts";
import type { Facts } from "./ports.ts";

const STEPS = ["CREATE TABLE online_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"];

/** The facts of registration in the box's database, where a commit is on disk before it returns. @throws TellyportError `store-too-new` */
export function createFacts(database: Database): Facts {
  database.migrate("ddns-client", STEPS);
  const read = database.prepare("SELECT value FROM online_facts WHERE name = ?");
  const write = database.prepare(
    "INSERT INTO online_facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  const forget = database.prepare("DELETE FROM online_facts WHERE name = ?");
  return {
    get: (name) => (read.get(name)?.["value"] as string | undefined) ?? null,
    set: (name, value) => void (value === null ? forget.run(name) : write.run(name, value)),
  };
}
