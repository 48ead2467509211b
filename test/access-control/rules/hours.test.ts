import t from "tap";
import { isWithinHours, nextHours, type Hours } from "../../../src/access-control/rules/hours.ts";
import { localMoment, localTime } from "../../../src/access-control/rules/local-time.ts";

/** Runs in the time zone of a place. Node reads `TZ` anew whenever it is set. */
function inZone(t: { teardown(fn: () => unknown): unknown }, zone: string): void {
  const before = process.env["TZ"];
  process.env["TZ"] = zone;
  t.teardown(() => {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  });
}

const AFTER_SCHOOL: Hours = [
  { days: [1, 2, 3, 4, 5], from: "15:00", to: "20:00" },
  { days: [6, 7], from: "08:00", to: "21:00" },
];
const at = (text: string): number => Date.parse(text);
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

t.test("hours: by weekday and the clock on the wall, the end not included", async (t) => {
  inZone(t, "Europe/Paris");
  // 2026-11-20 is a Friday; Paris is an hour ahead of UTC.
  for (const [when, may] of [
    ["2026-11-20T13:59:59Z", false],
    ["2026-11-20T14:00:00Z", true],
    ["2026-11-20T18:59:59Z", true],
    ["2026-11-20T19:00:00Z", false],
    ["2026-11-21T07:00:00Z", true],
    ["2026-11-22T19:59:59Z", true],
    ["2026-11-22T20:00:00Z", false],
  ] as const)
    t.equal(isWithinHours(AFTER_SCHOOL, at(when)), may, when);
  t.equal(iso(nextHours(AFTER_SCHOOL, at("2026-11-20T19:00:00Z"))), "2026-11-21T07:00:00.000Z");
  t.equal(iso(nextHours(AFTER_SCHOOL, at("2026-11-22T20:00:00Z"))), "2026-11-23T14:00:00.000Z");
});

t.test("hours: the same clock on the wall in summer and in winter", async (t) => {
  inZone(t, "Europe/Paris");
  t.ok(isWithinHours(AFTER_SCHOOL, at("2026-07-17T13:00:00Z")), "15:00 in summer");
  t.notOk(isWithinHours(AFTER_SCHOOL, at("2026-07-17T12:59:59Z")));
  // Summer time ends on Sunday, 25 October 2026.
  t.equal(iso(nextHours(AFTER_SCHOOL, at("2026-10-24T19:30:00Z"))), "2026-10-25T07:00:00.000Z");
});

t.test("hours: an hour that there is not, or is twice", async (t) => {
  inZone(t, "Europe/Paris");
  const night: Hours = [{ days: [7], from: "02:30", to: "03:30" }];
  // 29 March 2026: the clock goes from 02:00 to 03:00.
  t.equal(iso(nextHours(night, at("2026-03-29T00:00:00Z"))), "2026-03-29T01:30:00.000Z");
  t.ok(isWithinHours(night, at("2026-03-29T01:00:00Z")), "03:00 is within them");
  // 25 October 2026: 02:30 comes twice.
  for (const when of ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:29:59Z"])
    t.ok(isWithinHours(night, at(when)), when);
});

t.test("hours: until midnight, all day, never", async (t) => {
  inZone(t, "Asia/Shanghai");
  const evening: Hours = [{ days: [5], from: "20:00", to: "24:00" }];
  t.ok(isWithinHours(evening, at("2026-11-20T15:59:59Z")), "23:59:59");
  t.notOk(isWithinHours(evening, at("2026-11-20T16:00:00Z")), "the next day");
  t.notOk(isWithinHours([], at("2026-11-20T15:00:00Z")));
  t.equal(nextHours([], at("2026-11-20T15:00:00Z")), null);
  const weekly: Hours = [{ days: [5], from: "20:00", to: "21:00" }];
  t.equal(iso(nextHours(weekly, at("2026-11-20T14:00:00Z"))), "2026-11-27T12:00:00.000Z", "in a week");
});

t.test(
  "local time: a day ends at the midnight of the place, and where there is none an hour later",
  async (t) => {
    inZone(t, "Pacific/Auckland");
    t.equal(localTime(at("2026-11-20T10:59:59Z")).date, "2026-11-20");
    t.equal(localTime(at("2026-11-20T11:00:00Z")).date, "2026-11-21");
    t.equal(iso(localMoment(at("2026-11-20T10:00:00Z"), 1, 0)), "2026-11-20T11:00:00.000Z");
    process.env["TZ"] = "Africa/Cairo";
    // 24 April 2026, Cairo: the clock goes from 00:00 to 01:00.
    t.equal(iso(localMoment(at("2026-04-23T12:00:00Z"), 1, 0)), "2026-04-23T22:00:00.000Z");
    t.equal(localTime(at("2026-04-23T22:00:00Z")).minute, 60);
  },
);
