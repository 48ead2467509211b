import { TellyportError } from "../../kernel/errors.ts";
import type { DynamicHost, DynamicHosts } from "../ports.ts";
import type { SqlRow } from "../store/ports.ts";
import { parameters } from "../store/statements.ts";
import type { RegistryDeps } from "./deps.ts";
import { noteChanged } from "./outbox.ts";

const HOUR = 3600_000;
const DAY = 24 * HOUR;
/** Unchanged updates are counted for so many days. */
const WEEK = 7;
/** Names in one question. */
const MOST_NAMES = 64;

/** The rows behind dyndns2. */
export function dynamicHosts({ store, clock, names }: RegistryDeps): DynamicHosts {
  const labelOf = (name: string): string | null => {
    const thing = names.parse(name);
    return thing?.kind === "label" ? thing.label : null;
  };

  return {
    async find(wanted) {
      const labels = wanted
        .slice(0, MOST_NAMES)
        .map(labelOf)
        .filter((label) => label !== null);
      if (labels.length === 0) return [];
      const rows = await store.query(
        `SELECT hosts.*, boxes.blocked AS box_blocked FROM hosts
         JOIN labels ON labels.label = hosts.label JOIN boxes ON boxes.id = labels.box
         WHERE hosts.label IN (${parameters(labels.length)})`,
        labels,
      );
      return rows.map((row) => hostOf(row, names.below(String(row["label"]))));
    },
    async set(changes) {
      const now = clock.now();
      const known = changes.flatMap((change) => {
        const label = labelOf(change.name);
        return label === null ? [] : [{ ...change, label }];
      });
      // In one order everywhere, or two of them could wait for each other.
      known.sort((a, b) => (a.label < b.label ? -1 : 1));
      await store.transaction(async (sql) => {
        for (const { label, ipv4, ipv6 } of known) {
          const [row] = await sql.query(
            `UPDATE hosts SET seen_at = $2, ipv4 = CASE WHEN $3 = 1 THEN $4 ELSE ipv4 END, ipv6 = CASE WHEN $5 = 1 THEN $6 ELSE ipv6 END
             WHERE label = $1 RETURNING label`,
            [label, now, ipv4 === undefined ? 0 : 1, ipv4 ?? null, ipv6 === undefined ? 0 : 1, ipv6 ?? null],
          );
          if (row === undefined)
            throw new TellyportError("store-unavailable", "The name was given up meanwhile.");
        }
        await noteChanged(
          sql,
          store,
          names.zone,
          known.map(({ name }) => name),
          now,
        );
      });
      store.wake();
    },
    async countUnchanged(name) {
      const label = labelOf(name);
      if (label === null) return 0;
      const now = clock.now();
      const today = Math.floor(now / DAY);
      return store.transaction(async (sql) => {
        await sql.query(
          `INSERT INTO host_days (label, day, unchanged) VALUES ($1, $2, 1)
           ON CONFLICT (label, day) DO UPDATE SET unchanged = host_days.unchanged + 1`,
          [label, today],
        );
        await sql.query("UPDATE hosts SET seen_at = $2 WHERE label = $1", [label, now]);
        const [row] = await sql.query(
          "SELECT SUM(unchanged) AS n FROM host_days WHERE label = $1 AND day > $2",
          [label, today - WEEK],
        );
        return Number(row?.["n"] ?? 0);
      });
    },
    async countChange(name, address) {
      const label = labelOf(name);
      if (label === null) return 0;
      const now = clock.now();
      return store.transaction(async (sql) => {
        await sql.query("DELETE FROM host_changes WHERE label = $1 AND at <= $2", [label, now - HOUR]);
        await sql.query(
          "INSERT INTO host_changes (label, address, at) VALUES ($1, $2, $3) ON CONFLICT (label, address) DO UPDATE SET at = excluded.at",
          [label, address, now],
        );
        const [row] = await sql.query("SELECT COUNT(*) AS n FROM host_changes WHERE label = $1", [label]);
        return Number(row?.["n"] ?? 0);
      });
    },
  };
}

function hostOf(row: SqlRow, name: string): DynamicHost {
  const text = (column: string): string | null => (row[column] === null ? null : String(row[column]));
  return {
    name,
    tokenHash: String(row["token_hash"]),
    ipv4: text("ipv4"),
    ipv6: text("ipv6"),
    blocked: Number(row["blocked"]) !== 0 || row["box_blocked"] !== null,
  };
}
