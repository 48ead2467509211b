import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { ranked } from "../../../src/share/guide/event-ranks.ts";
import { createGuideStore, type GuideStore } from "../../../src/share/guide/guide-store.ts";
import { openGuide } from "../../../src/share/guide/open-guide.ts";
import { planChanges } from "../../../src/share/guide/plan-changes.ts";
import { searchGuide } from "../../../src/share/guide/search.ts";
import { cut, eventOf, placeOf, tupleOf } from "../../../src/share/guide/stored-event.ts";
import type { GuideEvent, GuideOrigin } from "../../../src/tuner/ports.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { service, silent } from "../fakes.ts";

const MINUTE = 60_000;
const noon = Date.UTC(2026, 10, 20, 12);
const key = service(1).key;
const PRESENT: GuideOrigin = { table: "present-following", actual: true };
const SCHEDULE: GuideOrigin = { table: "schedule", actual: true };
const OTHER: GuideOrigin = { table: "schedule", actual: false };
const IMPORTED: GuideOrigin = { table: "imported", actual: false };

const event = (
  eventId: number,
  from: number,
  minutes: number,
  origin: GuideOrigin,
  more: Partial<GuideEvent> = {},
) =>
  ranked({
    service: key,
    eventId,
    startsAt: noon + from * MINUTE,
    endsAt: noon + (from + minutes) * MINUTE,
    title: `Programme ${eventId}`,
    description: "",
    language: "eng",
    origin,
    ...more,
  });

function storeOf(t: { teardown(fn: () => unknown): unknown }): GuideStore {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  return createGuideStore(database);
}
const all = (store: GuideStore) => store.between(key, 0, Number.MAX_SAFE_INTEGER, 9999);
const ids = (store: GuideStore) => all(store).map(({ eventId }) => eventId);

t.test("guide store: times of present/following hold against the schedule", (t) => {
  const store = storeOf(t);
  store.save([event(1, 0, 40, PRESENT)], [], noon);
  store.save([event(1, 0, 30, SCHEDULE, { description: "Long" })], [], noon);
  t.match(all(store), [{ endsAt: noon + 40 * MINUTE, description: "Long" }]);
  t.end();
});

t.test("guide store: another multiplex neither deletes nor renames, and a description is never lost", (t) => {
  const store = storeOf(t);
  store.save([event(1, 30, 30, SCHEDULE, { title: "Ours", description: "All of it" })], [], noon);
  store.save(
    [event(1, 35, 30, OTHER, { title: "Theirs", description: "" }), event(2, 30, 30, OTHER)],
    [],
    noon,
  );
  const gone = { service: key, from: noon, to: noon + 180 * MINUTE, eventIds: [], actual: false };
  store.save([], [gone], noon);
  t.match(all(store), [
    { eventId: 1, title: "Ours", description: "All of it", startsAt: noon + 30 * MINUTE },
  ]);
  store.save([event(1, 30, 30, PRESENT, { title: "Ours", description: "All" })], [], noon);
  t.match(all(store), [{ description: "All of it" }]);
  t.end();
});

t.test(
  "guide store: events that went are removed by stretches, over midnight too, but not what has begun",
  (t) => {
    const store = storeOf(t);
    store.save(
      [event(1, -10, 30, SCHEDULE), event(2, 700, 60, SCHEDULE), event(3, 770, 30, SCHEDULE)],
      [],
      noon,
    );
    const stretch = {
      service: key,
      from: noon - 60 * MINUTE,
      to: noon + 1440 * MINUTE,
      eventIds: [3],
      actual: true,
    };
    t.equal(store.save([], [stretch], noon), 1);
    t.same(ids(store), [1, 3]);
    t.end();
  },
);

t.test("guide store: the broadcast wins over what was imported, whichever came first", (t) => {
  const store = storeOf(t);
  store.save([event(70_000, 0, 30, IMPORTED), event(70_001, 30, 30, IMPORTED)], [], noon);
  store.save([event(1, 0, 30, SCHEDULE)], [], noon);
  t.same(ids(store), [1, 70_001]);
  store.save([event(70_000, 0, 30, IMPORTED)], [], noon);
  t.same(ids(store), [1, 70_001]);
  t.end();
});

t.test("guide store: a repetition writes nothing", (t) => {
  const store = storeOf(t);
  const events = [
    event(1, 0, 30, SCHEDULE, { description: "Text", subtitle: "Te", genres: [0x10] }),
    event(2, 30, 30, OTHER),
  ];
  t.equal(store.save(events, [], noon), 2);
  t.equal(store.save(events, [], noon), 0);
  t.match(all(store)[0], { subtitle: "Te", genres: [0x10] });
  t.end();
});

t.test(
  "guide: planned changes are settled at once, and no actual event goes for another multiplex's",
  (t) => {
    const arbitrary = fc.record({
      eventId: fc.integer({ min: 0, max: 6 }),
      from: fc.integer({ min: 0, max: 40 }),
      minutes: fc.integer({ min: 1, max: 12 }),
      origin: fc.constantFrom(PRESENT, SCHEDULE, OTHER, IMPORTED),
      title: fc.string({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(arbitrary, { maxLength: 8 }),
        fc.array(arbitrary, { maxLength: 8 }),
        (first, second) => {
          const store = storeOf(t);
          const make = (list: typeof first) =>
            list.map((one) => event(one.eventId, one.from, one.minutes, one.origin, { title: one.title }));
          store.save(make(first), [], noon);
          const kept = all(store);
          if (new Set(kept.map(({ eventId }) => eventId)).size !== kept.length) return false;
          const others = make(second).map((one) => ranked({ ...one, origin: OTHER }));
          store.save(others, [], noon);
          const after = new Set(ids(store));
          return kept.every((one) => one.textsRank < 3 || after.has(one.eventId));
        },
      ),
      { numRuns: 150 },
    );
    t.end();
  },
);

t.test("guide: what changes is planned in place of what is stored", (t) => {
  const known = cut(event(1, 0, 30, SCHEDULE, { genres: [0x10], minimumAge: 12, subtitle: "" }));
  t.same(placeOf(eventOf(key, tupleOf(known))), placeOf(known));
  const changed = event(1, 0, 30, SCHEDULE, { title: "New" });
  const plan = planChanges([placeOf(known)], [changed], [], () => known, noon);
  t.match(plan, { removed: [], written: [{ eventId: 1, title: "New", genres: [0x10], minimumAge: 12 }] });
  t.end();
});

t.test("guide store: what another multiplex said first is the service's own once it says the same", (t) => {
  const store = storeOf(t);
  store.save([event(1, 30, 30, OTHER)], [], noon);
  t.equal(store.save([event(1, 30, 30, SCHEDULE)], [], noon), 1);
  t.equal(store.save([event(1, 30, 30, PRESENT)], [], noon), 0, "nothing new");
  const gone = { service: key, from: noon, to: noon + 180 * MINUTE, eventIds: [], actual: false };
  store.save([], [gone], noon);
  t.same(ids(store), [1]);
  t.end();
});

t.test("guide store: an event that moves far is in its new place alone, after a restart too", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const store = createGuideStore(database);
  store.save([event(1, 30, 30, SCHEDULE), event(2, 60, 30, SCHEDULE)], [], noon);
  store.save([event(1, 700, 30, SCHEDULE)], [], noon);
  t.same(ids(store), [2, 1]);
  const again = createGuideStore(database);
  t.equal(again.save([event(1, 700, 30, SCHEDULE)], [], noon), 0, "a restart makes nothing new");
  again.save([event(1, 1400, 30, SCHEDULE)], [], noon);
  t.same(ids(again), [2, 1]);
  t.equal(database.prepare("SELECT count(*) AS n FROM guide_slot").get()?.["n"], 2);
  t.end();
});

t.test("guide store: a full file takes no more, and goes on with what it has", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  createGuideStore(database).save([event(1, 30, 30, SCHEDULE)], [], noon);
  const full = createGuideStore(database, 1);
  full.save([event(2, 700, 30, SCHEDULE), event(1, 30, 30, SCHEDULE, { title: "New" })], [], noon);
  t.match(all(full), [{ eventId: 1, title: "New" }]);
  t.equal(all(full).length, 1);
  const roomy = createGuideStore(database);
  roomy.save([event(2, 700, 30, SCHEDULE)], [], noon);
  t.same(ids(roomy), [1, 2]);
  t.end();
});

t.test("guide store: a row that is damaged is no more than missing", async (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  createGuideStore(database).save([event(1, 30, 30, SCHEDULE), event(2, 700, 30, SCHEDULE)], [], noon);
  database.exec("UPDATE guide_slot SET events = x'00ff00ff' WHERE id = (SELECT min(id) FROM guide_slot)");
  const store = createGuideStore(database);
  t.same(ids(store), [2]);
  t.same(await searchGuide(store, "Programme 1", noon, 10), []);
  store.save([event(1, 30, 30, SCHEDULE)], [], noon);
  t.same(ids(store), [1, 2]);
});

t.test(
  "guide search: case and diacritics do not matter, Chinese is found within, titles come first",
  async (t) => {
    const store = storeOf(t);
    store.save(
      [
        event(1, 0, 30, SCHEDULE, { title: "News", description: "Aus Zürich" }),
        event(2, 30, 30, SCHEDULE, { title: "ZÜRICH heute".normalize("NFD") }),
        event(3, 60, 30, SCHEDULE, { title: "中央电视台新闻联播" }),
        event(4, -60, 30, SCHEDULE, { title: "Zürich, vorbei" }),
        event(5, 90, 30, SCHEDULE, { title: 'Er sagte "Nein"', description: "C:\\\\Zeit" }),
      ],
      [],
      noon,
    );
    const found = async (text: string) =>
      (await searchGuide(store, text, noon, 10)).map(({ eventId }) => eventId);
    t.same(await found("zurich"), [2, 1]);
    t.same(await found("新闻"), [3]);
    t.same(await found("zurich aus"), [1]);
    t.same(await found("(.*"), []);
    t.same(await found('"nein" c:\\\\zeit'), [5]);
    t.same(await found("eng"), [], "only texts are looked at");
    t.same(await found(" "), []);
  },
);

t.test("guide database: a damaged file is begun anew", async (t) => {
  const path = join(await temporaryFolder(t), "guide.db");
  writeFileSync(path, "not a database at all, but long enough to be read as a header".repeat(100));
  const database = openGuide(path, silent);
  const store = createGuideStore(database);
  store.save([event(1, 0, 30, SCHEDULE)], [], noon);
  t.same(ids(store), [1]);
  t.match(database.prepare("PRAGMA page_size").get(), { page_size: 4096 });
  database.close();
  const again = openGuide(path, silent);
  t.same(ids(createGuideStore(again)), [1]);
  again.exec("DROP TABLE guide_slot");
  again.close();
  const other = openGuide(path, silent);
  t.same(ids(createGuideStore(other)), [], "other tables than it says");
  other.close();
});
