import t from "tap";
import { checkLimits, objectionTo } from "../../../src/access-control/rules/limits.ts";
import { lockAfter } from "../../../src/access-control/rules/pin-tries.ts";
import { sessionsToEnd } from "../../../src/access-control/rules/session-limits.ts";
import { policyOf } from "../../../src/access-control/policy.ts";
import type { Watching } from "../../../src/access-control/ports.ts";
import type { ClientLimits } from "../../../src/protocol/client-limits.ts";
import type { Role } from "../../../src/protocol/principal.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 10, 20, 12);

const judge = (
  limits: ClientLimits,
  facts: { channel?: string; minimumAge?: number | null; watched?: number } = {},
) => objectionTo(limits, { channel: "1", minimumAge: null, now: NOON, watched: 0, ...facts });

t.test("limits: the ceiling is the highest age that may be watched", async (t) => {
  t.equal(judge({ maximumAge: 12 }, { minimumAge: 12 }), null);
  t.match(judge({ maximumAge: 12 }, { minimumAge: 13 }), {
    code: "parental-rating",
    detail: { minimumAge: 13 },
  });
  t.equal(judge({ maximumAge: 12 }), null, "without a rating it may be watched");
  t.match(judge({ maximumAge: 12, unrated: false }), {
    code: "parental-rating",
    detail: { minimumAge: null },
  });
  t.equal(judge({ maximumAge: 0 }, { minimumAge: 4 })?.code, "parental-rating");
  t.equal(judge({}, { minimumAge: 18 }), null);
});

t.test("limits: channels, hours, the day's time", async (t) => {
  t.equal(judge({ channels: ["2"] })?.code, "parental-channel");
  t.equal(judge({ channels: ["2", "1"] }), null);
  t.equal(judge({ channels: [] })?.code, "parental-channel", "none at all");
  t.match(judge({ hours: [] }), { code: "parental-hours", detail: { until: null } });
  t.equal(judge({ minutesPerDay: 30 }, { watched: 1799 }), null);
  const used = judge({ minutesPerDay: 30 }, { watched: 1800 });
  t.equal(used?.code, "quota-used");
  const until = new Date(String(used?.detail?.["until"]));
  t.same([until.getHours(), until.getMinutes()], [0, 0]);
  t.ok(until.getTime() > NOON && until.getTime() <= NOON + DAY);
});

t.test("limits: hours that end before they begin are refused, with where", async (t) => {
  const hours = [
    { days: [1], from: "08:00", to: "09:00" },
    { days: [1], from: "21:00", to: "06:00" },
  ];
  t.throws(() => checkLimits({ hours }), { code: "limits-invalid", detail: { field: "limits/hours/1" } });
  t.throws(() => checkLimits({ hours: [{ days: [1], from: "08:00", to: "08:00" }] }), {
    code: "limits-invalid",
  });
  t.doesNotThrow(() => checkLimits({ hours: [{ days: [1], from: "00:00", to: "24:00" }] }));
});

t.test("PIN: five tries, then 1, 2, 4, ... 60 minutes", async (t) => {
  t.same(
    [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 100, 5000].map((wrong) => lockAfter(wrong) / 60_000),
    [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60],
  );
});

// ---- sessions

let count = 0;
const watching = (client: string, role: Role, home: boolean): Watching => ({
  id: `${client}-${++count}`,
  principal: { client, user: client, terminalType: "mobile", role, payer: client },
  home,
});
const RELAXED = policyOf({ policy: "relaxed", lanHttp: true }).sessions;
const ids = (all: readonly Watching[]): string[] => all.map(({ id }) => id);

t.test("sessions: one away and two at home of a viewer; its own oldest ends for a newer one", async (t) => {
  const [first, second] = [watching("vic", "viewer", true), watching("vic", "viewer", true)];
  const away = watching("vic", "viewer", false);
  t.same(sessionsToEnd(watching("vic", "viewer", true), [first], RELAXED), []);
  t.same(sessionsToEnd(watching("vic", "viewer", true), [first, away, second], RELAXED), [first.id]);
  t.same(sessionsToEnd(watching("vic", "viewer", false), [first, second, away], RELAXED), [away.id]);
  t.same(sessionsToEnd(watching("val", "viewer", true), [first, second, away], RELAXED), []);
});

t.test("sessions: one of a guest, wherever it is", async (t) => {
  const home = watching("gil", "guest", true);
  t.same(sessionsToEnd(watching("gil", "guest", false), [home], RELAXED), [home.id]);
  t.same(sessionsToEnd(watching("gil", "guest", true), [watching("gil", "guest", false)], RELAXED).length, 1);
});

t.test("sessions: two away in all, and the third is told so", async (t) => {
  const all = [watching("a", "viewer", false), watching("b", "kid", false), watching("c", "viewer", true)];
  t.throws(() => sessionsToEnd(watching("d", "viewer", false), all, RELAXED), {
    code: "session-limit",
    detail: { where: "away", limit: 2 },
    retryAfterMs: 10_000,
  });
  t.same(sessionsToEnd(watching("d", "viewer", true), all, RELAXED), [], "at home there is no such limit");
  t.same(sessionsToEnd(watching("a", "viewer", false), all, RELAXED), [all[0]?.id], "its own makes room");
});

t.test("sessions: an owner takes the place of who weighs least, and of no owner", async (t) => {
  const viewer = watching("v", "viewer", false);
  const guest = watching("g", "guest", false);
  const owners = [watching("o1", "owner", false), watching("o2", "owner", false)];
  t.same(sessionsToEnd(watching("o", "owner", false), [viewer, guest], RELAXED), [guest.id]);
  t.same(sessionsToEnd(watching("o", "owner", false), [viewer, owners[0]!], RELAXED), [viewer.id]);
  t.throws(() => sessionsToEnd(watching("o", "owner", false), owners, RELAXED), { code: "session-limit" });
  t.same(sessionsToEnd(watching("o1", "owner", false), owners, RELAXED), [owners[0]?.id]);
  t.same(ids(owners), [owners[0]?.id, owners[1]?.id]);
  t.throws(() => sessionsToEnd(watching("v", "viewer", false), owners, RELAXED), { code: "session-limit" });
});

t.test("policy: what each means in figures", async (t) => {
  t.match(policyOf({ policy: "relaxed", lanHttp: false }), {
    access: {
      clients: 64,
      refreshSliding: 30 * DAY,
      refreshAbsolute: 180 * DAY,
      pairFromHomeOnly: false,
      lanHttp: false,
    },
    sessions: { away: 2 },
  });
  const strict = policyOf({ policy: "nextv-f", lanHttp: true });
  t.match(strict, {
    access: { clients: 6, refreshAbsolute: 90 * DAY, pairFromHomeOnly: true, lanHttp: true },
    sessions: { away: 1 },
  });
  const { access } = strict;
  for (const end of [access.refreshSliding, access.lanCookie, access.guest]) t.ok(end <= 90 * DAY);
  t.throws(
    () => sessionsToEnd(watching("d", "viewer", false), [watching("a", "viewer", false)], strict.sessions),
    { code: "session-limit", detail: { limit: 1 } },
  );
});
