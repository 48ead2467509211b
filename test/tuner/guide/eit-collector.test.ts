import fc from "fast-check";
import t from "tap";
import { EitCollector } from "../../../src/tuner/guide/eit-collector.ts";
import { encodeEit, type Eit, type EitEvent } from "../../../src/tuner/si/eit.ts";

const HOUR = 60 * 60_000;
const midnight = Date.UTC(2026, 10, 20);

const event = (eventId: number, hours: number, more: Partial<EitEvent> = {}): EitEvent => ({
  eventId,
  startsAt: midnight + hours * HOUR,
  durationMs: HOUR / 4,
  runningStatus: 0,
  freeCaMode: false,
  title: `Programme ${eventId}`,
  description: "",
  language: "eng",
  content: [],
  rating: [],
  ...more,
});
const eit = (more: Partial<Eit> = {}): Buffer =>
  encodeEit({
    tableId: 0x50,
    actual: true,
    schedule: true,
    serviceId: 7,
    transportStreamId: 10,
    originalNetworkId: 1,
    version: 1,
    current: true,
    sectionNumber: 0,
    lastSectionNumber: 0,
    segmentLastSectionNumber: 0,
    lastTableId: more.tableId ?? 0x50,
    events: [],
    ...more,
  });
const present = (more: Partial<Eit>): Buffer =>
  eit({ tableId: 0x4e, lastSectionNumber: 1, segmentLastSectionNumber: 1, ...more });
const all = (collector: EitCollector) => collector.take(Infinity).map(({ eventId }) => eventId);

t.test("eit: a section that comes again is not decoded again, a new version is", (t) => {
  const collector = new EitCollector();
  for (let i = 0; i < 3; i++) collector.push(eit({ events: [event(1, 0)] }));
  t.same(all(collector), [1]);
  t.equal(collector.decodedSections, 1);
  t.equal(collector.scheduleSections, 1);
  collector.push(eit({ version: 2, events: [event(2, 0)] }));
  t.same(all(collector), [2]);
  t.same(all(collector), [], "taken once");
  t.end();
});

t.test("eit: present and following that change under one version are seen", (t) => {
  const collector = new EitCollector();
  collector.push(present({ events: [event(1, 0)] }));
  t.notOk(collector.hasPresentFollowing(7));
  collector.push(present({ sectionNumber: 1, events: [event(2, 1)] }));
  t.ok(collector.hasPresentFollowing(7));
  t.notOk(collector.hasPresentFollowing(8));
  collector.push(present({ events: [event(2, 1)] }));
  collector.push(present({ sectionNumber: 1, events: [event(3, 2)] }));
  collector.push(present({ sectionNumber: 1, events: [event(3, 2)] }));
  t.same(all(collector), [1, 2, 2, 3]);
  t.equal(collector.decodedSections, 4);
  t.equal(collector.scheduleSections, 0);
  t.same(collector.takeStretches(), []);
  t.end();
});

t.test("eit: what is announced for later is left out", (t) => {
  const collector = new EitCollector();
  collector.push(eit({ current: false, events: [event(1, 0)] }));
  t.same(all(collector), []);
  collector.push(eit({ events: [event(1, 0)] }));
  t.same(all(collector), [1]);
  t.end();
});

t.test("eit: services of one number in other streams are others, and so is what others say of them", (t) => {
  const collector = new EitCollector();
  collector.push(eit({ events: [event(1, 0)] }));
  collector.push(eit({ transportStreamId: 11, tableId: 0x60, events: [event(2, 0)] }));
  collector.push(eit({ originalNetworkId: 2, tableId: 0x60, events: [event(3, 0)] }));
  collector.push(eit({ tableId: 0x60, events: [event(4, 0)] }));
  t.match(collector.take(9), [
    {
      eventId: 1,
      service: { originalNetworkId: 1, transportStreamId: 10, serviceId: 7 },
      origin: { table: "schedule", actual: true },
    },
    { eventId: 2, service: { transportStreamId: 11 }, origin: { actual: false } },
    { eventId: 3, service: { originalNetworkId: 2 } },
    { eventId: 4, origin: { actual: false } },
  ]);
  t.match(
    collector.takeStretches().map(({ actual }) => actual),
    [true, false, false, false],
  );
  t.end();
});

t.test("eit: complete when every schedule is, and everyone who promised one has sent it", (t) => {
  const collector = new EitCollector();
  t.ok(collector.complete([], null), "nothing was promised");
  t.notOk(collector.complete([7], null));
  collector.push(eit({ lastTableId: 0x51, events: [event(1, 0)] }));
  t.notOk(collector.complete([7], null), "the second table lacks");
  collector.push(eit({ tableId: 0x51, lastTableId: 0x51 }));
  t.ok(collector.complete([7], null));
  t.notOk(collector.complete([7, 8], null));
  collector.push(eit({ tableId: 0x60, serviceId: 8 }));
  t.notOk(collector.complete([7, 8], null), "what is said of another stream's service does not count");
  collector.push(eit({ serviceId: 8 }));
  t.ok(collector.complete([7, 8], null));
  collector.push(present({ serviceId: 9 }));
  t.ok(collector.complete([7, 8], null), "present and following is no schedule");
  collector.push(eit({ version: 2, lastSectionNumber: 8, lastTableId: 0x51 }));
  t.notOk(collector.complete([7, 8], null), "a new version has begun");
  t.end();
});

t.test("eit: without a clock, the running programmes tell which segments are over", (t) => {
  const collector = new EitCollector();
  collector.push(
    eit({ sectionNumber: 16, lastSectionNumber: 16, segmentLastSectionNumber: 16, events: [event(1, 6)] }),
  );
  t.notOk(collector.complete([7], null));
  t.ok(collector.complete([7], midnight + 6 * HOUR));
  collector.push(present({ events: [event(5, 6.5)] }));
  t.ok(collector.complete([7], null));
  t.notOk(collector.complete([7], midnight), "the broadcaster's clock goes before");
  t.end();
});

t.test("eit: an event without a time is none, and its segment is whole all the same", (t) => {
  const collector = new EitCollector();
  collector.push(eit({ events: [event(1, 0, { startsAt: null }), event(2, 1)] }));
  t.same(all(collector), [2]);
  t.match(collector.takeStretches(), [{ eventIds: [2], from: midnight }]);
  t.end();
});

t.test("eit: what waits is bounded, and comes with its next repetition", (t) => {
  const collector = new EitCollector();
  const sections = Array.from({ length: 60 }, (_, n) =>
    eit({ serviceId: n, events: Array.from({ length: 50 }, (_, i) => event(n * 50 + i, i / 20)) }),
  );
  for (const section of sections) collector.push(section);
  const first = all(collector);
  t.ok(first.length > 1900 && first.length < 2100, `${first.length} wait`);
  for (const section of sections) collector.push(section);
  t.same(
    [...first, ...all(collector)],
    Array.from({ length: 3000 }, (_, i) => i),
    "each once",
  );
  t.end();
});

t.test("eit: whatever order sections come in, every event is told once and the end is noticed", (t) => {
  const services = fc.array(
    fc.record({
      tables: fc.integer({ min: 1, max: 3 }),
      segments: fc.integer({ min: 1, max: 4 }),
      other: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(services, fc.infiniteStream(fc.nat()), (drawn, dice) => {
      let eventId = 0;
      const sections = drawn.flatMap(({ tables, segments, other }, serviceId) =>
        Array.from({ length: tables * segments * 2 }, (_, n) => {
          const table = Math.floor(n / (segments * 2));
          const segment = Math.floor(n / 2) % segments;
          const first = other ? 0x60 : 0x50;
          return eit({
            serviceId,
            tableId: first + table,
            lastTableId: first + tables - 1,
            sectionNumber: segment * 8 + (n % 2),
            lastSectionNumber: segments * 8 - 7,
            segmentLastSectionNumber: segment * 8 + 1,
            events: [event(eventId++, (table * 32 + segment) * 3 + (n % 2))],
          });
        }),
      );
      const roll = (below: number): number => (dice.next().value as number) % below;
      const order = [...sections].sort(() => roll(3) - 1);
      const promised = drawn.flatMap(({ other }, serviceId) => (other ? [] : [serviceId]));
      const collector = new EitCollector();
      for (const [at, section] of order.entries()) {
        const seen = new Set(order.slice(0, at).map((one) => one.readUInt16BE(3)));
        if (seen.size === drawn.length && collector.complete(promised, null)) return false;
        collector.push(section);
        collector.push(order[roll(at + 1)]!);
      }
      const told = all(collector).sort((a, b) => a - b);
      const stretched = collector.takeStretches().flatMap(({ eventIds }) => eventIds);
      return (
        collector.complete(promised, null) &&
        told.length === eventId &&
        told.every((id, at) => id === at) &&
        stretched.sort((a, b) => a - b).join() === told.join()
      );
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("eit: garbage is taken without harm, and does not hide what is whole", (t) => {
  const good = eit({ events: [event(1, 0, { description: "Text", content: [0x10] }), event(2, 1)] });
  const damaged = fc
    .tuple(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      fc.nat(good.length),
    )
    .map(([changes, length]) => {
      const copy = Buffer.from(good);
      for (const [at, value] of changes) copy[at] = value;
      return copy.subarray(0, length);
    });
  const anything = fc.oneof(
    damaged,
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 20 }), (sections) => {
      const collector = new EitCollector();
      for (const section of sections) collector.push(section);
      collector.complete([7], null);
      for (const { startsAt, endsAt, eventId } of collector.take(Infinity))
        if (!Number.isFinite(startsAt) || endsAt < startsAt || eventId > 0xffff) return false;
      for (const { from, to } of collector.takeStretches()) if (to - from !== 3 * HOUR) return false;
      collector.push(eit({ serviceId: 4711, events: [event(1, 0)] }));
      return all(collector).includes(1);
    }),
    { numRuns: 300 },
  );
  t.end();
});
