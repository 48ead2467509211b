import fc from "fast-check";
import t from "tap";
import type { AuditEntry } from "../../src/protocol/access-api.ts";
import { ALARMS, AUDIT_EVENTS } from "../../src/protocol/audit-events.ts";
import { ClientLimits } from "../../src/protocol/client-limits.ts";
import type { Client } from "../../src/protocol/api.ts";
import { RECOVERY_LENGTH } from "../../src/protocol/pairing.ts";
import { Check } from "typebox/value";
import { GRAVE_EVENTS, unseenAlarms } from "../../web/access/alarms.ts";
import { inOrder, isLastOwner } from "../../web/access/client-order.ts";
import { byDay } from "../../web/access/days.ts";
import {
  PRESETS,
  fromFieldTime,
  isSound,
  presetOf,
  toFieldTime,
  toggled,
  withOwn,
} from "../../web/access/limits.ts";
import { staysOf } from "../../web/access/stay.ts";
import { accessEn } from "../../web/i18n/access-en.ts";
import { accessZh } from "../../web/i18n/access-zh.ts";
import { showCode } from "../../web/pairing/code-field.ts";
import { inDirection, type Place } from "../../web/screens/direction.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const entry = (id: number, event: string, age: number, client = "other"): AuditEntry => ({
  id,
  event,
  at: new Date(NOW - age).toISOString(),
  client,
  name: null,
  address: null,
  count: 1,
  detail: {},
});
const ids = (entries: readonly AuditEntry[]): number[] => entries.map(({ id }) => id);

t.test("web access: the grave events are alarms, and every event has words in both languages", async (t) => {
  const alarms: readonly string[] = ALARMS;
  for (const event of GRAVE_EVENTS) t.ok(alarms.includes(event), event);
  for (const event of AUDIT_EVENTS) t.ok(`log.${event}` in accessEn, event);
});

t.test("web access: Chinese and English have the same keys, with the same things filled in", async (t) => {
  t.same(Object.keys(accessZh).sort(), Object.keys(accessEn).sort());
  const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(accessEn) as (keyof typeof accessEn)[]) {
    t.same(holes(accessZh[key]), holes(accessEn[key]), key);
    t.match(accessZh[key], /\p{Script=Han}/u, key);
  }
});

t.test("web access: unseen alarms are what others did since, and of a recovery for a day", async (t) => {
  const log = [
    entry(8, "client-paired", HOUR),
    entry(7, "client-paired", HOUR, "me"),
    entry(6, "owner-recovered", 2 * HOUR),
    entry(5, "refresh-reused", 2 * DAY),
    entry(4, "owner-recovered", 3 * DAY),
    entry(3, "refresh-reused", 8 * DAY),
  ];
  t.same(ids(unseenAlarms(log, "me", { seen: 2, now: NOW })), [8, 6, 5, 4]);
  t.same(ids(unseenAlarms(log, "me", { seen: null, now: NOW })), [8, 6], "at first only today's");
  t.same(ids(unseenAlarms(log, "me", { seen: 8, now: NOW })), [6], "put away or not");
});

t.test("web access: presets are known again in any order; anything else is one's own", async (t) => {
  t.equal(presetOf(undefined), "any");
  for (const [name, hours] of Object.entries(PRESETS)) {
    const shuffled = [...hours].reverse().map((span) => ({ ...span, days: [...span.days].reverse() }));
    t.equal(presetOf(shuffled), name);
    t.ok(Check(ClientLimits, { hours }), `${name}: the box takes it`);
    t.ok(hours.every(isSound));
  }
  t.equal(presetOf([]), "own");
  t.equal(presetOf([{ days: [1], from: "07:00", to: "20:00" }]), "own");
});

t.test("web access: times in fields and on the box; midnight is the end of a day", async (t) => {
  t.equal(fromFieldTime("00:00"), "24:00");
  t.equal(toFieldTime("24:00"), "00:00");
  t.equal(fromFieldTime("21:30"), "21:30");
  t.ok(isSound({ days: [1], from: "20:00", to: "24:00" }));
  for (const [days, from, to] of [
    [[], "08:00", "09:00"],
    [[1], "09:00", "09:00"],
    [[1], "22:00", "06:00"],
    [[1], "", "09:00"],
    [[1], "08:00", ""],
  ] as const)
    t.notOk(isSound({ days: [...days], from, to }), `${days.join()} ${from} ${to}`);
  t.same(toggled([1, 3], 2), [1, 2, 3]);
  t.same(toggled([1, 2, 3], 2), [1, 3]);
  t.same(withOwn([30, 60], 45), [30, 45, 60]);
  t.same(withOwn([30, 60], 60), [30, 60]);
});

t.test("web access: a guest stays until a night that is still to come, a week at most", async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 * 24 }), (hours) => {
      const now = NOW + hours * HOUR;
      const ends = staysOf(now).map(({ endsAt }) => Date.parse(endsAt) - now);
      return ends.every((left) => left > 0 && left < 7 * DAY) && (ends[0] ?? Infinity) <= DAY;
    }),
  );
  t.same(
    staysOf(NOW).map(({ name }) => name),
    ["today", "tomorrow", "days", "week"],
  );
});

t.test("web access: a log is split at midnight where the viewer is", async (t) => {
  const at = (day: number, hour: number): { at: string } => ({
    at: new Date(2026, 10, day, hour).toISOString(),
  });
  const days = byDay([at(20, 23), at(20, 1), at(19, 23), at(12, 5)]);
  t.same(
    days.map(({ entries }) => entries.length),
    [2, 1, 1],
  );
  t.same(byDay([]), []);
});

t.test("web access: a recovery code is shaped while typing", async (t) => {
  t.equal(showCode("bcdfghjklmnpqrstvwxzbb", RECOVERY_LENGTH), "BCDF-GHJK-LMNP-QRST-VWXZ");
  t.equal(showCode("", RECOVERY_LENGTH), "");
});

t.test("web access: arrow keys lead to what lies there", async (t) => {
  const box = (left: number, top: number, width = 50, height = 50): Place => ({
    left,
    top,
    right: left + width,
    bottom: top + height,
  });
  // a header of two, a row of three, a wide one below
  const places = [box(0, 0), box(250, 0), box(0, 100), box(100, 100), box(200, 100), box(0, 200, 300)];
  const go = (key: string, from: number): number => inDirection(key, places[from] as Place, places);
  t.equal(go("ArrowDown", 0), 2);
  t.equal(go("ArrowDown", 1), 4);
  t.equal(go("ArrowRight", 0), 1);
  t.equal(go("ArrowRight", 2), 3);
  t.equal(go("ArrowLeft", 4), 3);
  t.equal(go("ArrowLeft", 2), -1);
  t.equal(go("ArrowDown", 3), 5);
  t.equal(go("ArrowUp", 5), 2, "the first of those that are as near");
  t.equal(go("ArrowDown", 5), -1);
  t.equal(go("Enter", 2), -1);
});

t.test("web access: this device comes first, then who was here last; the last owner is known", async (t) => {
  const client = (id: string, lastSeenAt: string | null, more: Partial<Client> = {}): Client => ({
    id,
    name: id,
    role: "viewer",
    terminalType: "mobile",
    kind: "key",
    pairedAt: "2026-11-01T00:00:00.000Z",
    lastSeenAt,
    lastAddress: null,
    current: false,
    ...more,
  });
  const list = [
    client("never", null),
    client("old", "2026-10-01T00:00:00.000Z"),
    client("me", "2026-11-02T00:00:00.000Z", { current: true, role: "owner" }),
    client("new", "2026-11-20T00:00:00.000Z"),
  ];
  t.same(
    inOrder(list).map(({ id }) => id),
    ["me", "new", "never", "old"],
  );
  t.ok(isLastOwner(list, "me"));
  t.notOk(isLastOwner(list, "new"));
  t.notOk(isLastOwner([...list, client("second", null, { role: "owner" })], "me"));
});
