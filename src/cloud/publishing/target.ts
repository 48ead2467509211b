import type { Clock } from "../../kernel/clock.ts";
import { noteChanged } from "../registry/outbox.ts";
import { wholeZone, type RecordRules } from "../registry/index.ts";
import type { Store } from "../store/ports.ts";

/**
 * When the zone is to be published somewhere else than before, every name is put on the list.
 * @param target tells name servers, and what is the same for all names, apart
 * @returns whether it was
 */
export async function noteTarget(
  store: Store,
  rules: RecordRules,
  target: string,
  clock: Clock,
): Promise<boolean> {
  const { zone } = rules.names;
  const [row] = await store.query("SELECT publisher FROM published_with WHERE zone = $1", [zone]);
  if (row?.["publisher"] === target) return false;
  for await (const page of wholeZone(store, rules, () => clock.now())) {
    const names = page.map(({ name }) => name);
    await store.transaction((sql) => noteChanged(sql, store, zone, names, clock.now()));
  }
  // Last: who is interrupted begins again.
  await store.query(
    "INSERT INTO published_with (zone, publisher) VALUES ($1, $2) ON CONFLICT (zone) DO UPDATE SET publisher = excluded.publisher",
    [zone, target],
  );
  return true;
}
