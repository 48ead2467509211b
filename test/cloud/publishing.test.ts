import { pino } from "pino";
import t from "tap";
import { MemoryPublisher } from "../helpers/memory-publisher.ts";
import { backOff } from "../../src/cloud/publishing/back-off.ts";
import { publishBatch } from "../../src/cloud/publishing/batch.ts";
import {
  OutboxPublisher,
  ZoneFollower,
  type OutboxOptions,
  type PublishingDeps,
} from "../../src/cloud/publishing/index.ts";
import type { NameRecords } from "../../src/cloud/ports.ts";
import { addressPolicy, ZoneNames } from "../../src/cloud/registry/index.ts";
import { noteChanged } from "../../src/cloud/registry/outbox.ts";
import { MIGRATIONS } from "../../src/cloud/store/migrations.ts";
import type { Store } from "../../src/cloud/store/ports.ts";
import { postgresStore } from "../../src/cloud/store/postgres-store.ts";
import { sqliteStore } from "../../src/cloud/store/sqlite-store.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { eventually } from "../helpers/daemon.ts";
import { skipWithoutPostgres, startPostgres, type Postgres } from "../helpers/postgres.ts";
import type { Teardown } from "../helpers/temporary.ts";

const ZONE = "box.test";
const names = new ZoneNames(ZONE);
const ids = Array.from(
  { length: 30 },
  (_, at) => `aaaaaaaaaaaaaa${"abcdef"[Math.floor(at / 6)]}${"abcdef"[at % 6]}`,
);

/** Refuses some names, as a name server's policy does. */
class Picky extends MemoryPublisher {
  readonly refused = new Set<string>();
  readonly batches: number[] = [];
  lies = false;
  override async publish(zone: string, all: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    this.batches.push(all.length);
    const [bad] = all.filter(({ name }) => this.refused.has(name));
    if (bad !== undefined) throw new TellyportError("dns-refused", `REFUSED at ${bad.name}`);
    if (!this.lies) await super.publish(zone, all, signal);
  }
}

let server: Postgres | null = null;
async function storeOf(t: Teardown, kind: string, url?: string): Promise<{ store: Store; url: string }> {
  const log = pino({ level: "silent" });
  if (kind === "sqlite") {
    const store = sqliteStore(openDatabase(":memory:"));
    await store.migrate(MIGRATIONS);
    return { store, url: "" };
  }
  server ??= await startPostgres({ teardown: (callback) => void ends.push(callback) });
  const database = url ?? (await server.database());
  const store = postgresStore({ url: database, clock: systemClock, log });
  await store.migrate(MIGRATIONS);
  t.teardown(() => store.close());
  return { store, url: database };
}
const ends: (() => unknown)[] = [];
t.teardown(async () => {
  for (const end of ends.reverse()) await end();
});

const depsOf = (store: Store, publisher: MemoryPublisher, target = "one"): PublishingDeps => ({
  store,
  publisher,
  target,
  rules: { names, policy: addressPolicy(), caa: [] },
  clock: systemClock,
  log: pino({ level: "silent" }),
});

/** Gives a box an address, as the registry would. */
async function publishBox(store: Store, id: string, address: string | null): Promise<number> {
  return store.transaction(async (sql) => {
    await sql.query(
      `INSERT INTO boxes (id, public_key, version, model, seq, state, blocked, enrolled_at, seen_at, lan, lan_at, challenge, challenge_until)
       VALUES ($1, '', '', NULL, 1, 'active', NULL, 0, 0, '[]', NULL, '[]', NULL) ON CONFLICT (id) DO NOTHING`,
      [id],
    );
    await sql.query(
      `INSERT INTO doors (box, family, state, address, port, seq, published, verified_port, verified_at, recent, reported_at)
       VALUES ($1, 'ipv4', 'direct', $2, 1, 1, $2, 1, 0, '[]', 0) ON CONFLICT (box, family) DO UPDATE SET published = excluded.published`,
      [id, address],
    );
    return noteChanged(sql, store, ZONE, [names.below(id)], Date.now());
  });
}

async function run(t: Teardown, deps: PublishingDeps, options: OutboxOptions = {}): Promise<OutboxPublisher> {
  const publisher = new OutboxPublisher(deps, { gatherMs: 20, pollMs: 50, settleMs: 0, ...options });
  publisher.start();
  t.teardown(() => publisher.stop());
  return publisher;
}

t.test("batch: what is refused is found by halves, and the rest goes through", async (t) => {
  const publisher = new Picky();
  const all = Array.from({ length: 64 }, (_, at) => ({
    name: `n${at}.box.test`,
    sets: [{ type: "A" as const, ttl: 1, values: ["1.1.1.1"] }],
  }));
  publisher.refused.add("n17.box.test").add("n40.box.test");
  const { published, refused } = await publishBatch(publisher, ZONE, all, new AbortController().signal);
  t.equal(published.length, 62);
  t.same([...refused.keys()], ["n17.box.test", "n40.box.test"]);
  t.ok(publisher.batches.length < 40, `${publisher.batches.length} messages`);
  for (const { name } of all) publisher.refused.add(name);
  publisher.batches.length = 0;
  await t.rejects(publishBatch(publisher, ZONE, all, new AbortController().signal), { code: "dns-refused" });
  t.ok(publisher.batches.length < 15, "when everything is refused that is seen soon");
});

t.test("back-off: within its bounds", (t) => {
  for (let attempts = 1; attempts < 60; attempts++)
    for (const random of [0, 0.5, 0.999]) {
      const wait = backOff(attempts, 500, 30_000, () => random);
      t.ok(wait >= 125 && wait <= 30_000);
    }
  t.end();
});

for (const [kind, skip] of [
  ["sqlite", false],
  ["postgresql", skipWithoutPostgres()],
] as const) {
  t.test(
    `outbox on ${kind}: names are gathered; one that is refused does not hold up the others`,
    { skip },
    async (t) => {
      const { store } = await storeOf(t, kind);
      const publisher = new Picky();
      const [bad = "", ...good] = ids;
      publisher.refused.add(names.below(bad));
      for (const id of ids) await publishBox(store, id, "93.184.216.34");
      const outbox = await run(t, depsOf(store, publisher));
      await eventually(
        "the good ones are there",
        () => good.every((id) => publisher.names.has(names.below(id))),
        45_000,
        10,
      );
      await eventually("nothing else waits", async () => (await outbox.state()).pending === 1, 45_000, 10);
      t.match(await outbox.state(), {
        pending: 1,
        refused: [{ name: names.below(bad), attempts: 1 }],
        role: "leader",
      });
      publisher.refused.clear();
      await eventually("it is tried again", () => publisher.names.has(names.below(bad)), 45_000);
    },
  );

  t.test(`outbox on ${kind}: not even many that are refused, and came first`, { skip }, async (t) => {
    const { store } = await storeOf(t, kind);
    const publisher = new Picky();
    const [bad, good] = [ids.slice(0, 5), ids.slice(5)];
    for (const id of bad) publisher.refused.add(names.below(id));
    for (const id of ids) await publishBox(store, id, "93.184.216.1");
    await run(t, depsOf(store, publisher));
    await eventually(
      "the others are published",
      () => good.every((id) => publisher.names.has(names.below(id))),
      45_000,
    );
  });

  t.test(`outbox on ${kind}: another name server is told everything`, { skip }, async (t) => {
    const { store } = await storeOf(t, kind);
    const [first, second] = [new MemoryPublisher(), new MemoryPublisher()];
    for (const id of ids) await publishBox(store, id, "93.184.216.34");
    const one = await run(t, depsOf(store, first, "one"));
    await eventually(
      "the first has it",
      async () => first.names.size >= ids.length && (await one.state()).pending === 0,
      45_000,
      10,
    );
    await one.stop();
    await run(t, depsOf(store, second, "two"));
    await eventually("the second has it", () => second.names.size === 2 * ids.length, 45_000, 10);
  });

  t.test(`outbox on ${kind}: what changes while it is told is told again`, { skip }, async (t) => {
    const { store } = await storeOf(t, kind);
    const [id = ""] = ids;
    const publisher = new (class extends MemoryPublisher {
      count = 0;
      override async publish(zone: string, all: readonly NameRecords[], signal: AbortSignal): Promise<void> {
        if (this.count++ === 0) await publishBox(store, id, "93.184.216.99");
        await super.publish(zone, all, signal);
      }
    })();
    await publishBox(store, id, "93.184.216.1");
    const outbox = await run(t, depsOf(store, publisher));
    await eventually("everything is told", async () => (await outbox.state()).pending === 0, 45_000, 10);
    t.equal(publisher.names.get(names.below(id))?.sets[0]?.values[0], "93.184.216.99");
  });

  t.test(
    `outbox on ${kind}: a name server that says yes and does nothing is found out`,
    { skip },
    async (t) => {
      const { store } = await storeOf(t, kind);
      const publisher = new Picky();
      publisher.lies = true;
      const [id = ""] = ids;
      const outbox = await run(t, depsOf(store, publisher));
      await publishBox(store, id, "93.184.216.1");
      await eventually("it is seen", () => outbox.counters.differing > 0, 45_000, 10);
      publisher.lies = false;
      await eventually("and told again", () => publisher.names.has(names.below(id)), 45_000);
    },
  );

  t.test(`follower on ${kind}: everything at the start, then each change`, { skip }, async (t) => {
    const { store } = await storeOf(t, kind);
    for (const id of ids) await publishBox(store, id, "93.184.216.1");
    const publisher = new MemoryPublisher();
    const follower = new ZoneFollower(depsOf(store, publisher));
    await follower.start();
    t.teardown(() => follower.stop());
    t.equal(publisher.names.size, 2 * ids.length, "all of it is there when it has started");
    const [id = "", gone = ""] = ids;
    const version = await publishBox(store, id, "93.184.216.2");
    store.wake();
    await follower.whenPublished(names.below(id), version, systemClock.monotonic() + 5000);
    t.equal(publisher.names.get(names.below(id))?.sets[0]?.values[0], "93.184.216.2");
    await publishBox(store, gone, null);
    await eventually(
      "what is gone goes, without a word too",
      () => !publisher.names.has(names.below(gone)),
      5000,
      20,
    );
    await t.rejects(
      follower.whenPublished(names.below(id), await noted(store, id), systemClock.monotonic() - 1),
      { code: "dns-unavailable" },
    );
  });

  t.test(`follower on ${kind}: a name that is refused keeps no other out`, { skip }, async (t) => {
    const { store } = await storeOf(t, kind);
    const [bad = "", good = "", later = ""] = ids;
    for (const id of [bad, good]) await publishBox(store, id, "93.184.216.1");
    const publisher = new Picky();
    publisher.refused.add(names.below(bad));
    const follower = new ZoneFollower(depsOf(store, publisher));
    await follower.start();
    t.teardown(() => follower.stop());
    t.ok(publisher.names.has(names.below(good)), "it starts, and tells the others");
    await publishBox(store, bad, "93.184.216.2");
    const version = await publishBox(store, later, "93.184.216.2");
    store.wake();
    await follower.whenPublished(names.below(later), version, systemClock.monotonic() + 5000);
    t.ok(publisher.names.has(names.below(later)));
    t.notOk(publisher.names.has(names.below(bad)));
  });
}

/** Notes a name, and lets nobody know. */
async function noted(store: Store, id: string): Promise<number> {
  return store.transaction((sql) => noteChanged(sql, store, ZONE, [names.below(id)], Date.now()));
}

t.test(
  "follower: a transaction that began first and ends last is not missed",
  { skip: skipWithoutPostgres() },
  async (t) => {
    const { store, url } = await storeOf(t, "postgresql");
    const other = (await storeOf(t, "postgresql", url)).store;
    const publisher = new MemoryPublisher();
    const follower = new ZoneFollower(depsOf(store, publisher));
    await follower.start();
    t.teardown(() => follower.stop());
    const [slow = "", fast = ""] = ids;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let begun = (): void => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    await publishBox(other, slow, null);
    const first = other.transaction(async (sql) => {
      await sql.query("UPDATE doors SET published = '93.184.216.7' WHERE box = $1", [slow]);
      await noteChanged(sql, other, ZONE, [names.below(slow)], Date.now());
      begun();
      await held;
    });
    await hasBegun;
    for (let turn = 1; turn <= 20; turn++) await publishBox(store, fast, `93.184.216.${turn}`);
    await eventually(
      "the one that began later is there",
      () => publisher.names.get(names.below(fast))?.sets[0]?.values[0] === "93.184.216.20",
      5000,
      20,
    );
    release();
    await first;
    await eventually(
      "and so is the one that ended later",
      () => publisher.names.get(names.below(slow))?.sets[0]?.values[0] === "93.184.216.7",
      5000,
      20,
    );
  },
);

t.test(
  "lease: one instance holds it, and who loses the connection knows at once",
  { skip: skipWithoutPostgres() },
  async (t) => {
    const { store, url } = await storeOf(t, "postgresql");
    const other = (await storeOf(t, "postgresql", url)).store;
    const lease = await store.lease("zone");
    t.ok(lease);
    t.equal(await other.lease("zone"), null);
    t.ok(await other.lease("another zone"));
    await other.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tellyport-cloud lease zone' AND datname = current_database()",
    );
    await eventually("it is lost", () => lease?.lost.aborted === true, 3000, 10);
    const next = await other.lease("zone");
    t.ok(next, "and to be had");
    await next?.release();
  },
);
