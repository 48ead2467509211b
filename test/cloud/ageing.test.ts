import t from "tap";
import { age } from "../../src/cloud/registry/ageing.ts";
import {
  addressPolicy,
  DEFAULT_LIMITS,
  Registry,
  ZoneNames,
  wholeZone,
  type Action,
  type RegistryDeps,
} from "../../src/cloud/registry/index.ts";
import { MIGRATIONS } from "../../src/cloud/store/migrations.ts";
import { sqliteStore } from "../../src/cloud/store/sqlite-store.ts";
import { postgresStore } from "../../src/cloud/store/postgres-store.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { numbered } from "../../src/cloud/store/statements.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import { openDatabase } from "../../src/kernel/store/database.ts";
import type { Registration } from "../../src/protocol/registration.ts";
import { pino } from "pino";
import { eventually } from "../helpers/daemon.ts";
import { FakeClock } from "../helpers/fake-clock.ts";
import { skipWithoutPostgres, startPostgres } from "../helpers/postgres.ts";
import type { Teardown } from "../helpers/temporary.ts";

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const log = pino({ level: "silent" });
const KEY = new Uint8Array(32);
const NETWORK = "93.184.216.34";
const ids = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, at) => `aaaaaaaaaaaaaa${"abcdefghij"[Math.floor(at / 10)]}${"abcdefghij"[at % 10]}`,
  );

interface House {
  readonly registry: Registry;
  readonly deps: RegistryDeps;
  readonly clock: FakeClock;
  /** Performs an action, with the box's next number. */
  readonly say: (box: string, act: object, observed?: string) => Promise<Registration>;
  /** Every name with records. */
  readonly names: () => Promise<string[]>;
}

async function house(
  t: Teardown,
  kind: string,
  limits: Partial<RegistryDeps["limits"]> = {},
): Promise<House> {
  const clock = new FakeClock();
  const store =
    kind === "sqlite"
      ? sqliteStore(openDatabase(":memory:"))
      : postgresStore({ url: await (await startPostgres(t)).database(), clock: systemClock, log });
  await store.migrate(MIGRATIONS);
  t.teardown(() => store.close());
  const names = new ZoneNames("box.test");
  const deps: RegistryDeps = {
    store,
    clock,
    log,
    names,
    policy: addressPolicy(),
    dialBack: { verify: async () => true },
    caa: [],
    limits: { ...DEFAULT_LIMITS, requestsPerBox: { burst: 1000, perSecond: 1 }, ...limits },
    publishing: { whenPublished: async () => undefined },
  };
  const registry = new Registry(deps);
  const seqs = new Map<string, number>();
  return {
    registry,
    deps,
    clock,
    say: (box, act, observed = NETWORK) => {
      const seq = (seqs.get(box) ?? 0) + 1;
      seqs.set(box, seq);
      const action = { iss: box, aud: "https://cloud.test", seq, iat: 0, ...act } as Action;
      return registry.perform(action, { observed, publicKey: KEY });
    },
    names: async () => {
      const found: string[] = [];
      for await (const page of wholeZone(store, { names, policy: deps.policy, caa: [] }, () => clock.now()))
        found.push(...page.map(({ name }) => name));
      return found.sort();
    },
  };
}

const UPDATE = { act: "update", address: null, port: 8443, lan: ["192.168.1.2"] };
const ENROL = { act: "enrol", version: "1" };

for (const [kind, skip] of [
  ["sqlite", false],
  ["postgresql", skipWithoutPostgres()],
] as const) {
  t.test(
    `ageing on ${kind}: addresses go after two days, challenges after an hour, boxes after half a year`,
    { skip },
    async (t) => {
      const { say, names, clock, deps } = await house(t, kind);
      const [quiet = "", lively = ""] = ids(2);
      for (const box of [quiet, lively]) {
        await say(box, ENROL);
        await say(box, UPDATE);
      }
      await say(quiet, { act: "alias", label: "smith-family" });
      await say(quiet, { act: "challenge", values: ["a".repeat(43)] });
      const of = (box: string): string[] => ["", "lan.", "w."].map((prefix) => `${prefix}${box}.box.test`);
      const alias = ["_acme-challenge.smith-family.box.test", "smith-family.box.test"];
      t.same(
        await names(),
        [...alias, `_acme-challenge.${quiet}.box.test`, ...of(quiet), ...of(lively)].sort(),
      );
      clock.advance(HOUR + 1);
      t.same(await names(), [...alias, ...of(quiet), ...of(lively)].sort(), "what is over is not published");
      t.match(await age(deps), { challenges: 1, addresses: 0, boxes: 0 });
      clock.advance(40 * HOUR);
      await say(lively, UPDATE);
      t.match(await age(deps), { addresses: 0 });
      clock.advance(8 * HOUR);
      t.match(await age(deps), { addresses: 2, boxes: 0 }, "one at its names, one at home");
      t.same(await names(), [...alias, ...of(lively)].sort());
      t.match(await age(deps), { addresses: 0, challenges: 0, boxes: 0 }, "once");
      for (let day = 0; day < 182; day++) {
        clock.advance(DAY);
        if (day % 40 === 0) await say(lively, UPDATE);
      }
      t.match(await age(deps), { boxes: 1 });
      t.notOk((await names()).some((name) => name.includes("smith") || name.includes(quiet)));
      await t.rejects(say(quiet, { act: "state" }), { code: "box-unknown" });
      await t.rejects(
        say(lively, { act: "alias", label: "sm1thfamily" }),
        { code: "alias-taken" },
        "its name is nobody's for a year",
      );
      const back = await say(quiet, { ...ENROL, version: "2" });
      t.match(
        back,
        { box: quiet, alias: null, doors: { ipv4: { state: "none" } } },
        "and it is itself again when it comes back",
      );
      t.equal(back.seq, 6, "its numbers go on");
      clock.advance(366 * DAY);
      await say(lively, { act: "alias", label: "sm1thfamily" });
      // One that says the same once a day is dialled once a day.
    },
  );

  t.test(
    `limits on ${kind}: new boxes by network, by region and at all; requests by box`,
    { skip },
    async (t) => {
      const { say, clock, registry } = await house(t, kind, {
        enrolmentsPerNetwork: { burst: 3, perSecond: 3 / 3600 },
        enrolmentsPerRegion: { burst: 5, perSecond: 5 / 3600 },
        enrolments: { burst: 7, perSecond: 7 / 3600 },
        requestsPerBox: { burst: 5, perSecond: 1 },
      });
      const [a = "", b = "", c = "", d = "", e = "", f = "", g = "", h = "", i = ""] = ids(9);
      for (const box of [a, b, c]) await say(box, ENROL, "93.184.216.1");
      await t.rejects(say(d, ENROL, "93.184.216.1"), { code: "too-many-boxes" });
      await say(a, ENROL, "93.184.216.1");
      await say(d, ENROL, "93.184.216.2");
      await say(e, ENROL, "93.184.216.3");
      await t.rejects(say(f, ENROL, "93.184.216.4"), { code: "too-many-boxes" }, "of the /24");
      await say(f, ENROL, "2a00:1450:4001:81b::1");
      await say(g, ENROL, "2a00:1450:4001:81b:ffff::1");
      await t.rejects(say(h, ENROL, "151.101.1.1"), { code: "too-many-boxes" }, "at all");
      clock.advance(3600_000);
      await say(h, ENROL, "151.101.1.1");
      for (let turn = 0; turn < 4; turn++) await say(h, { act: "state" });
      const refused = await say(h, { act: "state" }).catch((error: unknown) => error);
      t.match(refused, { code: "rate-limited" });
      t.ok((refused as { retryAfterMs: number }).retryAfterMs > 0);
      t.match(await say(i, ENROL, "151.101.2.1"), { box: i }, "and nobody else's");
      const copied = { act: "state", iss: i, aud: "", seq: 1, iat: 0 } as const;
      for (let turn = 0; turn < 9; turn++)
        await t.rejects(registry.perform(copied, { observed: NETWORK, publicKey: KEY }), {
          code: "sequence-behind",
        });
      t.match(await say(i, { act: "state" }), { seq: 2 }, "old ones that somebody copied use up nothing");
    },
  );
}

t.test("ageing: a box whose router still updates a name of its own stays", async (t) => {
  const { say, clock, deps, registry } = await house(t, "sqlite");
  const [box = ""] = ids(1);
  await say(box, ENROL);
  await registry.addHost({ act: "host", iss: box, aud: "", seq: 50, iat: 0, label: "router1" });
  for (let day = 0; day < 200; day += 20) {
    clock.advance(20 * DAY);
    await registry.hosts.countUnchanged("router1.box.test");
  }
  t.match(await age(deps), { boxes: 0 });
  clock.advance(184 * DAY);
  t.match(await age(deps), { boxes: 1 });
});

t.test("dial-backs: so many at a time, so many to one network, and each has its time", async (t) => {
  const { say, clock, deps, registry } = await house(t, "sqlite", { dialBacks: 3, dialBacksPerNetwork: 2 });
  void deps;
  const boxes = ids(6);
  for (const box of boxes) await say(box, ENROL);
  const held: (() => void)[] = [];
  const dialBack = deps.dialBack as { verify: unknown };
  dialBack.verify = () => new Promise<boolean>((resolve) => held.push(() => resolve(true)));
  const dialling = (count: number, why: string): Promise<boolean> =>
    eventually(why, () => registry.dialling === count && held.length > 0);
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  const [a = "", b = "", c = "", d = "", e = ""] = boxes;
  const answers = [a, b, c].map((box) => say(box, UPDATE, "93.184.216.34"));
  await dialling(2, "of one network");
  await turn();
  t.equal(registry.dialling, 2, "and no more of it");
  const elsewhere = say(d, UPDATE, "151.101.1.1");
  await dialling(3, "another is not held up by it");
  const waits = say(e, UPDATE, "151.101.2.1");
  await turn();
  t.equal(registry.dialling, 3, "of all");
  for (let dialled = 3; dialled < 5; dialled++) {
    held.shift()?.();
    await eventually("who waited goes on", () => held.length === 3);
    t.equal(registry.dialling, 3);
  }
  for (const done of held.splice(0)) done();
  for (const one of [...answers, elsewhere, waits])
    t.match(await one, { doors: { ipv4: { state: "direct" } } });
  const never = say(a, { ...UPDATE, port: 99 }, "93.184.216.34");
  await eventually("it is dialled", () => held.length === 1);
  clock.advance(9000);
  t.match(
    await never,
    { doors: { ipv4: { state: "unverified" } } },
    "who does not answer in time is not there",
  );
  t.equal(registry.dialling, 0);
});

t.test("ageing: what is due among a million boxes is found by an index, and in its order", async (t) => {
  const { deps, say } = await house(t, "sqlite");
  const [box = ""] = ids(1);
  await say(box, ENROL);
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  database.migrate("cloud", MIGRATIONS);
  const texts = new Set<string>();
  const store: RegistryDeps["store"] = {
    ...deps.store,
    transaction: (work) =>
      deps.store.transaction((sql) =>
        work({ query: (text, values) => (texts.add(text), sql.query(text, values)) }),
      ),
  };
  await age({ ...deps, store });
  const plans = [...texts]
    .filter((text) => /\b(boxes|doors)\b/.test(text))
    .map((text) => {
      const rows = database.prepare(`EXPLAIN QUERY PLAN ${numbered(text)}`).all();
      return rows.map(({ detail }) => String(detail)).join("\n");
    });
  t.ok(plans.length >= 4);
  for (const plan of plans) {
    t.notMatch(plan, /SCAN (boxes|doors)/);
    t.notMatch(plan, /TEMP B-TREE/);
  }
});

t.test("dial-backs: a box that could not be asked in the crowd keeps what it has", async (t) => {
  const { deps, say, clock } = await house(t, "sqlite");
  const [box = ""] = ids(1);
  await say(box, ENROL);
  t.match(await say(box, UPDATE), { doors: { ipv4: { state: "direct" } } });
  clock.advance(25 * HOUR);
  const verify = async (): Promise<never> => {
    throw new TellyportError("rate-limited", "Too many.", { retryAfterMs: 6000 });
  };
  Object.assign(deps.dialBack, { verify });
  await t.rejects(say(box, UPDATE), { code: "rate-limited", retryAfterMs: 6000 });
  t.match(await say(box, { act: "state" }), { doors: { ipv4: { state: "direct", address: NETWORK } } });
});

t.test("dial-backs: a region takes a part of the places, and of the queue", async (t) => {
  const { say, deps, registry } = await house(t, "sqlite", {
    dialBacks: 8,
    dialBacksPerNetwork: 2,
    enrolmentsPerRegion: { burst: 1000, perSecond: 1 },
  });
  const held: (() => void)[] = [];
  (deps.dialBack as { verify: unknown }).verify = () =>
    new Promise<boolean>((resolve) => held.push(() => resolve(true)));
  const boxes = ids(100);
  const [victim = "", ...others] = boxes;
  const of = (index: number): string => `2a00:1450:4001:${index.toString(16)}::1`;
  for (const [index, box] of boxes.entries()) await say(box, ENROL, of(index));
  const answers = others.map((box, index) => say(box, UPDATE, of(index)).catch((error: unknown) => error));
  await eventually("the rest is sent away", () => registry.dialling === 2);
  const refused = await Promise.all(answers.slice(-10));
  for (const one of refused) t.match(one, { code: "rate-limited" });
  const good = say(victim, UPDATE, NETWORK);
  await eventually("another region goes before them", () => registry.dialling === 3);
  held.at(-1)?.();
  t.match(await good, { doors: { ipv4: { state: "direct" } } });
  while (held.length > 0 || registry.dialling > 0) {
    held.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(answers);
});

t.test("limits: who sends many requests at once has no more of them", async (t) => {
  const { say } = await house(t, "sqlite", { requestsPerBox: { burst: 5, perSecond: 0.001 } });
  const [box = ""] = ids(1);
  await say(box, ENROL);
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => say(box, { act: "state" })));
  t.equal(answers.filter(({ status }) => status === "fulfilled").length, 4);
});

t.test("addresses: one that cannot be shown again goes after two days, whatever else is said", async (t) => {
  const { say, clock, deps } = await house(t, "sqlite");
  const [box = ""] = ids(1);
  await say(box, ENROL);
  await say(box, UPDATE);
  const published = async () => (await deps.store.query("SELECT published FROM doors"))[0]?.["published"];
  t.equal(await published(), NETWORK);
  deps.dialBack.verify = () =>
    Promise.reject(new TellyportError("rate-limited", "Too many addresses are being checked."));
  for (let hour = 0; hour < 50; hour += 10) {
    t.equal(await published(), NETWORK, `${hour} h`);
    clock.advance(10 * HOUR);
    await t.rejects(say(box, UPDATE, "93.184.216.99"), { code: "rate-limited" });
    await age(deps);
  }
  t.equal(await published(), null);
});
