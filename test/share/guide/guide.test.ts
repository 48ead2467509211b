import t from "tap";
import { openDatabase, type Database } from "../../../src/kernel/store/database.ts";
import { ranked, type RankedEvent } from "../../../src/share/guide/event-ranks.ts";
import { createGuideStore } from "../../../src/share/guide/guide-store.ts";
import { Guide } from "../../../src/share/guide/guide.ts";
import { mergeEvents, nowAndNext } from "../../../src/share/guide/now-next.ts";
import type { GuideEvent } from "../../../src/tuner/ports.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { FakeTuners, house, service, silent } from "../fakes.ts";

const MINUTE = 60_000;
const noon = Date.UTC(2026, 10, 20, 12);
const key = service(1).key;

const event = (eventId: number, from: number, minutes: number, more: Partial<GuideEvent> = {}): RankedEvent =>
  ranked({
    service: key,
    eventId,
    startsAt: noon + from * MINUTE,
    endsAt: noon + (from + minutes) * MINUTE,
    title: `Programme ${eventId}`,
    description: "",
    language: "eng",
    ...more,
  });

function guideOf(database: Database, tuners: FakeTuners, clock: FakeClock): Guide {
  const guide = new Guide({ tuners, store: createGuideStore(database), clock, log: silent });
  guide.start();
  return guide;
}

t.test("now and next: what has ended is never now, what has not begun never either", (t) => {
  const events = [event(1, -60, 60), event(2, 0, 30), event(3, 45, 30)];
  const titles = (minute: number) => {
    const { now, next } = nowAndNext(events, noon + minute * MINUTE);
    return [now?.eventId ?? null, next?.eventId ?? null];
  };
  t.same(titles(-1), [1, 2]);
  t.same(titles(0), [2, 3]);
  t.same(titles(30), [null, 3]);
  t.same(titles(75), [null, null]);
  t.end();
});

t.test("now and next: the newest table wins over what it overlaps", (t) => {
  const known = [event(1, 0, 30), event(2, 30, 30), event(3, 60, 30)];
  const merged = mergeEvents(known, [event(9, 20, 30)], noon, 10);
  t.same(
    merged.map(({ eventId }) => eventId),
    [1, 9, 3],
    "a loose edge of the first stays",
  );
  t.same(
    mergeEvents([], [event(1, 0, 30), event(2, 30, 30), event(3, -30, 10), event(4, 60, 0)], noon, 1).map(
      ({ eventId }) => eventId,
    ),
    [1],
  );
  t.end();
});

t.test("guide: now and next roll with the clock and survive a restart", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const clock = new FakeClock(noon);
  const tuners = new FakeTuners();
  const guide = guideOf(database, tuners, clock);
  tuners.emit({ kind: "guide", events: [event(1, 0, 30), event(2, 30, 30)] });
  t.match(guide.nowAndNext(key), {
    now: { title: "Programme 1", startsAt: "2026-11-20T12:00:00.000Z", language: "eng" },
    next: { title: "Programme 2" },
  });
  clock.advance(31 * MINUTE);
  t.match(guide.nowAndNext(key), { now: { title: "Programme 2" }, next: null });
  guide.stop();
  t.equal(clock.pending, 0);
  const again = guideOf(database, new FakeTuners(), clock);
  t.match(again.nowAndNext(key), { now: { title: "Programme 2" }, next: null });
  again.stop();
  clock.advance(30 * MINUTE);
  const late = guideOf(database, new FakeTuners(), clock);
  t.same(late.nowAndNext(key), { now: null, next: null });
  late.stop();
  t.end();
});

t.test("guide: the schedule beyond now and next comes back from the database when it is due", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const clock = new FakeClock(noon);
  const tuners = new FakeTuners();
  const guide = guideOf(database, tuners, clock);
  tuners.emit({ kind: "guide", events: Array.from({ length: 48 }, (_, i) => event(i, i * 30, 30)) });
  clock.advance(10_000);
  clock.advance(20 * 30 * MINUTE);
  t.match(guide.nowAndNext(key), { now: { title: "Programme 20" }, next: { title: "Programme 21" } });
  guide.stop();
  t.end();
});

t.test("guide: the store is bounded in time, number and length of texts", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const store = createGuideStore(database);
  const day = 24 * 60;
  store.save(
    [
      event(1, 9 * day, 30),
      event(2, -2 * day, 30),
      event(3, 0, 30, { title: "x".repeat(9999) }),
      event(4, 60, -5),
    ],
    [],
    noon,
  );
  const all = store.between(key, 0, Number.MAX_SAFE_INTEGER, 9999);
  t.same(
    all.map(({ eventId, title }) => [eventId, title.length]),
    [[3, 256]],
  );
  store.save(
    Array.from({ length: 1500 }, (_, i) => event(i, i * 5, 5)),
    [],
    noon,
  );
  t.equal(store.between(key, 0, Number.MAX_SAFE_INTEGER, 9999).length, 1000);
  store.save([event(5000, 4, 4)], [], noon);
  const first = store.between(key, noon, noon + 20 * MINUTE, 10);
  t.same(
    first.map(({ eventId }) => eventId),
    [0, 5000, 2, 3],
    "what it overlaps is replaced",
  );
  t.end();
});

t.test("guide: the route answers a stretch of time, for one channel or all", async (t) => {
  const h = await house(t, [service(1), service(2)]);
  h.tuners.emit({ kind: "guide", events: [event(1, 0, 30), event(2, 30, 30), event(3, 36 * 60, 30)] });
  const get = async (query: string) =>
    (await h.app.inject({ url: `/api/v1/guide${query}`, headers: { "x-client": "x" } })).json();
  const all = await get("");
  t.same(
    all.channels.map(({ programmes }: { programmes: unknown[] }) => programmes.length),
    [2, 0],
  );
  const id = all.channels[0].channel;
  t.match(await get(`?channel=${id}&from=2026-11-20T12:40:00Z&to=2026-11-23T00:00:00Z`), {
    channels: [{ channel: id, programmes: [{ title: "Programme 2" }, { title: "Programme 3" }] }],
  });
  const other = all.channels[1].channel;
  t.same(
    (await get(`?channel=${other}&channel=gone&channel=${id}&channel=${other}`)).channels.map(
      ({ channel }: { channel: string }) => channel,
    ),
    [other, id],
    "several, in the order asked; a list that has changed meanwhile is no reason to refuse the others",
  );
  t.match(await get("?channel=none"), { status: 404, code: "channel-not-found" });
  t.match(await get("?channel=none&channel=neither"), { status: 404, code: "channel-not-found" });
  t.match(await get(`?${Array.from({ length: 65 }, (_, at) => `channel=${at}`).join("&")}`), { status: 400 });
  t.match(await get("?from=yesterday"), { status: 400, code: "body-invalid" });
  t.match(await get("?from=2026-11-20T12:00:00Z&to=2026-11-20T11:00:00Z"), {
    status: 400,
    code: "body-invalid",
  });
  const channels = (await h.app.inject({ url: "/api/v1/channels", headers: { "x-client": "x" } })).json();
  t.match(channels.channels[0], { now: { title: "Programme 1" }, next: { title: "Programme 2" } });
  t.match(channels.channels[1], { number: 2, now: null, next: null, codecs: null, availability: "free" });
});
