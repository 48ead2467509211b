import fc from "fast-check";
import t from "tap";
import { ServiceSchedule, type EitPlace } from "../../../src/tuner/guide/service-schedule.ts";

const HOUR = 60 * 60_000;
const midnight = Date.UTC(2026, 10, 20);
const place = (more: Partial<EitPlace>): EitPlace => ({
  table: 1,
  version: 1,
  section: 0,
  lastSection: 0,
  segmentLast: 0,
  lastTable: 1,
  ...more,
});
const at = (eventId: number, hours: number) => ({ eventId, startsAt: midnight + hours * HOUR });

t.test("schedule: a segment that is whole is a stretch with all of its events", (t) => {
  const schedule = new ServiceSchedule();
  t.equal(schedule.note(place({ section: 9, lastSection: 9, segmentLast: 9 }), [at(3, 5)]), null);
  t.same(schedule.note(place({ section: 8, lastSection: 9, segmentLast: 9 }), [at(1, 3), at(2, 4)]), {
    from: midnight + 3 * HOUR,
    to: midnight + 6 * HOUR,
    eventIds: [3, 1, 2],
  });
  t.same(
    schedule.note(place({ section: 0, lastSection: 9, segmentLast: 0 }), []),
    { from: midnight, to: midnight + 3 * HOUR, eventIds: [] },
    "an empty one lies beside it",
  );
  t.ok(schedule.complete(null));
  t.end();
});

t.test("schedule: tables go on where the one before ends, four days later", (t) => {
  const schedule = new ServiceSchedule();
  const later = place({ table: 2, lastTable: 2 });
  t.equal(schedule.note(later, [])?.from, undefined, "where it begins is not known yet");
  const other = new ServiceSchedule();
  t.equal(other.note(later, [at(7, 96.5)])?.from, midnight + 96 * HOUR);
  t.notOk(other.complete(null), "the first table lacks");
  other.note(place({ lastTable: 2 }), [at(1, 0)]);
  t.ok(other.complete(null));
  t.end();
});

t.test("schedule: what does not keep to the three hours of a segment is no stretch", (t) => {
  const cases = [[at(1, 2), at(2, 3)], [at(1, 4)], [at(1, -1)]];
  for (const events of cases) t.equal(new ServiceSchedule().note(place({}), events), null);
  const local = new ServiceSchedule();
  t.equal(local.note(place({ section: 8, segmentLast: 8 }), [at(1, 7)]), null, "begins at another hour");
  t.end();
});

t.test("schedule: one section more than a segment had is no reason to forget the others' events", (t) => {
  const schedule = new ServiceSchedule();
  t.same(schedule.note(place({ lastSection: 1 }), [at(1, 0)])?.eventIds, [1]);
  const more = place({ section: 1, lastSection: 1, segmentLast: 1 });
  t.ok(schedule.isNew(more));
  t.equal(schedule.note(more, [at(2, 1)]), null);
  t.end();
});

t.test("schedule: a new version begins its table anew, and only that", (t) => {
  const schedule = new ServiceSchedule();
  schedule.note(place({ lastTable: 2 }), [at(1, 0)]);
  schedule.note(place({ table: 2, lastTable: 2 }), [at(2, 96)]);
  t.ok(schedule.complete(null));
  const first = place({ version: 2, lastSection: 1, segmentLast: 1, lastTable: 2 });
  t.ok(schedule.isNew(first));
  t.equal(schedule.note(first, [at(3, 0)]), null);
  t.notOk(schedule.complete(null));
  t.notOk(schedule.isNew(place({ table: 2, lastTable: 2 })));
  t.same(schedule.note({ ...first, section: 1 }, [at(4, 1)])?.eventIds, [3, 4]);
  t.ok(schedule.complete(null));
  t.notOk(schedule.isNew(first));
  t.ok(schedule.isNew({ ...first, version: 1 }), "versions wrap: 31 is followed by 0");
  t.end();
});

t.test("schedule: a version that comes while another is half there takes none of its events along", (t) => {
  const schedule = new ServiceSchedule();
  schedule.note(place({ lastSection: 1, segmentLast: 1 }), [at(1, 0)]);
  schedule.note(place({ version: 2, lastSection: 1, segmentLast: 1 }), [at(2, 0)]);
  t.same(schedule.note(place({ version: 2, section: 1, lastSection: 1, segmentLast: 1 }), [])?.eventIds, [2]);
  t.end();
});

t.test(
  "schedule: after midnight, empty segments of a new version are not taken for those of yesterday",
  (t) => {
    const schedule = new ServiceSchedule();
    schedule.note(place({ lastSection: 8 }), [at(1, 0)]);
    const next = place({ version: 2, section: 8, lastSection: 8, segmentLast: 8 });
    t.equal(schedule.note(next, []), null);
    t.equal(schedule.note({ ...next, section: 0, segmentLast: 0 }, [at(9, 25)])?.from, midnight + 24 * HOUR);
    t.end();
  },
);

t.test("schedule: what is over need not be sent, and no more than that", (t) => {
  const schedule = new ServiceSchedule();
  schedule.note(place({ section: 16, lastSection: 16, segmentLast: 16 }), [at(1, 6)]);
  t.notOk(schedule.complete(null));
  t.notOk(schedule.complete(midnight + 5 * HOUR));
  t.ok(schedule.complete(midnight + 6 * HOUR));
  t.ok(schedule.complete(midnight + 30 * 24 * HOUR), "a clock far ahead");
  t.notOk(schedule.complete(midnight - 24 * HOUR), "and one far behind");
  const empty = new ServiceSchedule();
  t.notOk(empty.complete(midnight), "nothing is not everything");
  empty.note(place({ section: 16, lastSection: 16, segmentLast: 16 }), []);
  t.ok(empty.complete(midnight + 7 * HOUR), "no event tells its midnight: the clock's is taken");
  t.notOk(empty.complete(midnight + 3 * HOUR));
  t.end();
});

t.test("schedule: present and following is whole with both sections, and no schedule", (t) => {
  const schedule = new ServiceSchedule();
  const present = place({ table: 0, lastTable: 0, lastSection: 1, segmentLast: 1 });
  t.equal(schedule.note(present, [at(1, 0)]), null);
  t.notOk(schedule.hasPresentFollowing);
  t.equal(schedule.note({ ...present, section: 1 }, [at(2, 1)]), null);
  t.ok(schedule.hasPresentFollowing);
  t.notOk(schedule.hasSchedule);
  t.end();
});

t.test("schedule: sections in any order give each segment once, with its events", (t) => {
  const sections = fc.array(
    fc.record({
      segment: fc.integer({ min: 0, max: 63 }),
      // Events of each of its sections, in quarters of an hour.
      sections: fc.array(fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 4 }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const anchor = { segment: 0, sections: [[0]] };
  fc.assert(
    fc.property(sections, fc.infiniteStream(fc.nat()), (drawn, dice) => {
      const chosen = [...new Map([...drawn, anchor].map((one) => [one.segment, one])).values()];
      let eventId = 0;
      const all = chosen.flatMap(({ segment, sections: parts }) =>
        parts.map((events, number) => ({
          segment,
          place: place({
            table: 1 + (segment >> 5),
            lastTable: 2,
            section: (segment & 31) * 8 + number,
            lastSection: 255,
            segmentLast: (segment & 31) * 8 + parts.length - 1,
          }),
          events: events.map((quarter) => at(eventId++, segment * 3 + quarter / 4)),
        })),
      );
      const order = [...all].sort(() => ((dice.next().value as number) % 3) - 1);
      const schedule = new ServiceSchedule();
      const given = new Map<number, readonly number[]>();
      for (const one of order) {
        if (!schedule.isNew(one.place)) return false;
        const stretch = schedule.note(one.place, one.events);
        if (schedule.isNew(one.place)) return false;
        if (stretch === null) continue;
        const segment = (stretch.from - midnight) / (3 * HOUR);
        if (given.has(segment) || stretch.to - stretch.from !== 3 * HOUR) return false;
        given.set(segment, stretch.eventIds);
      }
      return chosen.every(({ segment }) => {
        const events = all.filter((one) => one.segment === segment).flatMap((one) => one.events);
        const ids = given.get(segment);
        // One without events has no time while none of its table's others has told it.
        if (ids === undefined) return events.length === 0;
        return (
          [...ids].sort((a, b) => a - b).join() ===
          events
            .map((one) => one.eventId)
            .sort((a, b) => a - b)
            .join()
        );
      });
    }),
    { numRuns: 150 },
  );
  t.end();
});
