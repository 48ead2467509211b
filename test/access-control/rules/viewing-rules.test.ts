import t from "tap";
import { NO_AUDIT, type AuditNote } from "../../../src/access-control/audit/port.ts";
import { policyOf, RELAXED } from "../../../src/access-control/policy.ts";
import { ViewingRules } from "../../../src/access-control/rules/viewing-rules.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { openDatabase, type Database } from "../../../src/kernel/store/database.ts";
import type { Principal, Role } from "../../../src/protocol/principal.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";

const MINUTE = 60_000;
const who = (client: string, role: Role): Principal => ({
  client,
  user: client,
  terminalType: "mobile",
  role,
  payer: client,
});
const KIM = who("kim", "kid");
const wish = (principal: Principal, minimumAge: number | null = null, channel = "1") => ({
  principal,
  channel,
  minimumAge,
  home: true,
});

interface Options {
  readonly database?: Database;
  readonly known?: readonly string[];
  readonly parents?: Readonly<Record<string, string>>;
  readonly clock?: FakeClock;
}

function rulesWith(options: Options = {}) {
  const { database = openDatabase(":memory:"), known = ["kim", "tab"], parents = {} } = options;
  const { clock = new FakeClock() } = options;
  const notes: AuditNote[] = [];
  const rules = new ViewingRules({
    database,
    clock,
    log: createLog({ level: "silent" }),
    random: (bytes) => Buffer.alloc(bytes, 7),
    audit: { ...NO_AUDIT, note: (note) => void notes.push(note) },
    sessions: policyOf(RELAXED).sessions,
    isKnown: (client) => known.includes(client),
    lineOf: (client) => parents[client] ?? client,
  });
  rules.start();
  const changes: (string | null)[] = [];
  rules.onChanged((client) => changes.push(client));
  return { rules, clock, database, notes, changes };
}

t.test("rules: a new kid may watch what is for twelve; nobody else is limited", async (t) => {
  const { rules } = rulesWith();
  t.match(rules.objection(wish(KIM, 16)), { code: "parental-rating" });
  t.equal(rules.objection(wish(KIM, 12)), null);
  t.equal(rules.objection(wish(KIM, null)), null);
  for (const role of ["owner", "viewer", "guest"] as const)
    t.equal(rules.objection(wish(who("x", role), 18)), null);
  t.same(rules.limitsOf("kim", "kid"), { maximumAge: 12, unrated: true });
  t.equal(rules.limitsOf("x", "viewer"), undefined);
  t.same(
    [KIM, who("g", "guest"), who("v", "viewer"), who("o", "owner")].map((one) => rules.reach(one)),
    ["since-start", "live", "all", "all"],
  );
});

t.test("rules: what was set holds over a restart, and rows of clients that are gone do not", async (t) => {
  const { rules, database } = rulesWith();
  rules.set("kim", { maximumAge: 6, channels: ["1", "2"] });
  rules.set("tab", { minutesPerDay: 30 });
  const again = rulesWith({ database, known: ["kim"] }).rules;
  t.same(again.limitsOf("kim", "kid"), { maximumAge: 6, channels: ["1", "2"] });
  t.same(again.limitsOf("tab", "kid"), { maximumAge: 12, unrated: true });
  t.same([...(again.channelsOf(KIM) ?? [])], ["1", "2"]);
  t.same(database.prepare("SELECT client FROM viewing_limits").all(), [{ client: "kim" }]);
  again.set("kim", {});
  t.equal(again.objection(wish(KIM, 18, "9")), null, "none at all is what an owner may set, too");
});

t.test("rules: the PIN lifts a day that is used up, too, and only for its half hour", async (t) => {
  const { rules, clock } = rulesWith();
  rules.set("kim", { minutesPerDay: 5 });
  await rules.setPin("2468", "local");
  rules.watched(KIM, 300);
  t.equal(rules.objection(wish(KIM))?.code, "quota-used");
  await rules.unlock(KIM, "2468");
  t.equal(rules.objection(wish(KIM)), null);
  clock.advance(30 * MINUTE);
  t.equal(rules.objection(wish(KIM))?.code, "quota-used");
});

t.test("rules: the day's time is counted, ends it, and begins anew at midnight", async (t) => {
  const clock = new FakeClock(new Date(2026, 10, 20, 23, 50).getTime());
  const { rules } = rulesWith({ clock });
  rules.set("kim", { minutesPerDay: 5 });
  rules.watched(KIM, 299);
  t.equal(rules.objection(wish(KIM)), null);
  rules.watched(KIM, 1);
  t.match(rules.objection(wish(KIM)), {
    code: "quota-used",
    detail: { until: new Date(2026, 10, 21).toISOString() },
  });
  rules.watched(who("vic", "viewer"), 5000);
  clock.advance(10 * MINUTE);
  t.equal(rules.objection(wish(KIM)), null, "midnight");
});

t.test(
  "rules: the day's time is written every few minutes, and at the end; not for every segment",
  async (t) => {
    const { rules, clock, database } = rulesWith();
    rules.set("kim", { minutesPerDay: 60 });
    const written = () => database.prepare("SELECT seconds FROM viewing_quota").get()?.["seconds"];
    for (let i = 0; i < 30; i++) rules.watched(KIM, 2);
    clock.advance(4 * MINUTE);
    t.equal(written(), undefined);
    clock.advance(MINUTE);
    t.equal(written(), 60);
    rules.watched(KIM, 3540);
    rules.stop();
    t.equal(rulesWith({ database, clock }).rules.objection(wish(KIM))?.code, "quota-used", "over a restart");
  },
);

t.test(
  "rules: who took up a hand-off has the limits, the time and the tries of the one who made it",
  async (t) => {
    const { rules, clock } = rulesWith({ parents: { tab: "kim" } });
    const tab = who("tab", "kid");
    rules.set("tab", { maximumAge: 6, minutesPerDay: 10 });
    t.same(rules.limitsOf("kim", "kid"), { maximumAge: 6, minutesPerDay: 10 });
    rules.watched(KIM, 300);
    rules.watched(tab, 300);
    t.equal(rules.objection(wish(tab))?.code, "quota-used");
    await rules.setPin("2468", "local");
    for (let i = 0; i < 5; i++)
      await t.rejects(rules.unlock(i % 2 === 0 ? KIM : tab, "0000"), { code: "pin-wrong" });
    await t.rejects(rules.unlock(tab, "2468"), { code: "pin-locked" });
    clock.advance(MINUTE);
    await rules.unlock(tab, "2468");
    t.equal(rules.objection(wish(tab, 18)), null);
    t.ok(rules.objection(wish(KIM, 18)), "only who asked is let in");
  },
);

t.test("PIN: lifts the limits of who asked, for half an hour, and tells so when it is over", async (t) => {
  const { rules, clock, changes, notes } = rulesWith();
  await t.rejects(rules.unlock(KIM, "2468"), { code: "pin-missing" });
  await rules.setPin("2468", "local");
  rules.set("kim", { maximumAge: 0, channels: [], hours: [], minutesPerDay: 1 });
  changes.length = 0;
  const until = await rules.unlock(KIM, "2468");
  t.equal(until, clock.now() + 30 * MINUTE);
  t.equal(rules.objection(wish(KIM, 18)), null);
  t.equal(rules.channelsOf(KIM), null);
  t.equal(rules.reach(KIM), "all");
  clock.advance(30 * MINUTE - 1);
  t.equal(rules.objection(wish(KIM, 18)), null);
  clock.advance(1);
  t.ok(rules.objection(wish(KIM, 18)));
  t.same(changes, ["kim", "kim"]);
  t.same(
    notes.map(({ event }) => event),
    ["pin-changed", "pin-unlocked"],
  );
  t.notMatch(JSON.stringify(notes), /2468/);
});

t.test("PIN: a guest is live only, whatever the PIN lifts", async (t) => {
  const { rules } = rulesWith();
  await rules.setPin("2468", "local");
  const guest = who("gil", "guest");
  await rules.unlock(guest, "2468");
  t.equal(rules.reach(guest), "live");
});

t.test("PIN: what the owner sets anew holds at once, for who was let in too", async (t) => {
  const { rules } = rulesWith();
  await rules.setPin("2468", "local");
  await rules.unlock(KIM, "2468");
  rules.set("kim", { maximumAge: 6 });
  t.ok(rules.objection(wish(KIM, 12)), "other limits");
  await rules.unlock(KIM, "2468");
  await rules.setPin("1357", "local");
  t.ok(rules.objection(wish(KIM, 12)), "another PIN");
  await t.rejects(rules.unlock(KIM, "2468"), { code: "pin-wrong" });
  await rules.setPin(null, "local");
  await t.rejects(rules.unlock(KIM, "1357"), { code: "pin-missing" });
});

t.test("PIN: a restart locks again, and gives no new tries", async (t) => {
  const { rules, database, clock } = rulesWith();
  await rules.setPin("2468", "local");
  await rules.unlock(KIM, "2468");
  for (let i = 0; i < 3; i++) await t.rejects(rules.unlock(KIM, "0000"), { code: "pin-wrong" });
  const again = rulesWith({ database, clock }).rules;
  t.ok(again.objection(wish(KIM, 18)));
  await t.rejects(again.unlock(KIM, "0000"), { code: "pin-wrong" });
  await t.rejects(again.unlock(KIM, "0000"), { code: "pin-wrong", retryAfterMs: MINUTE });
  await t.rejects(rulesWith({ database, clock }).rules.unlock(KIM, "2468"), { code: "pin-locked" });
});

t.test("PIN: the door closes for longer and longer, for one client, and never for good", async (t) => {
  const { rules, clock, notes } = rulesWith();
  await rules.setPin("2468", "local");
  for (let i = 0; i < 4; i++) await t.rejects(rules.unlock(KIM, "0000"), { code: "pin-wrong" });
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    await t.rejects(rules.unlock(KIM, "0000"), { code: "pin-wrong", retryAfterMs: minutes * MINUTE });
    clock.advance(minutes * MINUTE - 1);
    await t.rejects(rules.unlock(KIM, "2468"), { code: "pin-locked", retryAfterMs: 1 });
    clock.advance(1);
  }
  t.equal(notes.filter(({ event }) => event === "pin-locked").length, 8);
  await rules.unlock(who("tab", "kid"), "2468");
  await rules.unlock(KIM, "2468");
  for (let i = 0; i < 4; i++) await t.rejects(rules.unlock(KIM, "0000"), { code: "pin-wrong" });
  await rules.unlock(KIM, "2468");
  t.pass("the right one takes the wrong ones back");
});

t.test("PIN: a clock that goes back closes the door for no longer than it would have been", async (t) => {
  const { rules, clock } = rulesWith();
  await rules.setPin("2468", "local");
  for (let i = 0; i < 5; i++) await t.rejects(rules.unlock(KIM, "0000"), { code: "pin-wrong" });
  clock.setWall(Date.UTC(1970, 0, 1));
  await t.rejects(rules.unlock(KIM, "2468"), { code: "pin-locked", retryAfterMs: MINUTE });
  clock.advance(MINUTE);
  await rules.unlock(KIM, "2468");
});

t.test("PIN: guesses at the same time are not judged side by side", async (t) => {
  const { rules } = rulesWith();
  await rules.setPin("2468", "local");
  const mine = await Promise.allSettled(Array.from({ length: 20 }, () => rules.unlock(KIM, "0000")));
  const codes = mine.map((one) =>
    one.status === "rejected" ? (one.reason as { code: string }).code : "let in",
  );
  t.same([...new Set(codes)].sort(), ["pin-wrong", "rate-limited"]);
  t.equal(codes.filter((code) => code === "pin-wrong").length, 1);
  const many = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => rules.unlock(who(`kid-${n}`, "kid"), "0000")),
  );
  const busy = many.filter((one) => one.status === "rejected" && one.reason.code === "rate-limited");
  t.equal(busy.length, 12, "eight wait at most");
});

t.test("PIN: what is on disk is a salted hash", async (t) => {
  const { rules, database } = rulesWith();
  await rules.setPin("2468", "local");
  const row = database.prepare("SELECT * FROM parental_pin").get();
  t.equal((row?.["hash"] as Uint8Array).length, 32);
  t.notMatch(Buffer.from(row?.["hash"] as Uint8Array).toString("latin1"), "2468");
});

t.test("rules: what nobody has rated is too old for who sees only what somebody has", async (t) => {
  const { rules } = rulesWith();
  t.notOk(rules.isTooOld(KIM, null));
  rules.set("kim", { unrated: false });
  t.ok(rules.isTooOld(KIM, null));
  t.notOk(rules.isTooOld(KIM, 18));
  t.equal(rules.reach(KIM), "since-start");
  t.notOk(rules.isTooOld(who("v", "viewer"), null));
});
