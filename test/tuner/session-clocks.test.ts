import t from "tap";
import fc from "fast-check";
import {
  examine,
  transition,
  type SessionClocks,
  type SessionEvent,
} from "../../src/tuner/session-clocks.ts";
import { helpOfAnother, isBroadcast, isSteady, nextStep, restAfter } from "../../src/tuner/recovery.ts";
import type { SessionState } from "../../src/tuner/session-contract.ts";

const CLOCKS: SessionClocks = { asked: 0, lock: -1, relock: -1, data: -1, firstPat: -1, pat: -1, pmt: -1 };

t.test("session state: from tuning over locked to streaming, degraded and back, failed for good", (t) => {
  const path: [SessionEvent, SessionState][] = [
    ["healthy", "tuning"],
    ["unhealthy", "tuning"],
    ["lock", "locked"],
    ["healthy", "streaming"],
    ["unhealthy", "degraded"],
    ["lock", "degraded"],
    ["healthy", "streaming"],
    ["fail", "failed"],
    ["lock", "failed"],
  ];
  let state: SessionState = "tuning";
  for (const [event, after] of path) {
    state = transition(state, event);
    t.equal(state, after, event);
  }
  t.end();
});

t.test("session state: whatever happens, nothing streams before it has locked", (t) => {
  const events = fc.array(fc.constantFrom<SessionEvent>("lock", "healthy", "unhealthy", "fail"));
  fc.assert(
    fc.property(events, (sequence) => {
      let state: SessionState = "tuning";
      let locked = false;
      for (const event of sequence) {
        locked ||= event === "lock";
        state = transition(state, event);
        if (!locked && state !== "tuning" && state !== "failed") return false;
      }
      return !sequence.includes("fail") || state === "failed";
    }),
  );
  t.end();
});

t.test("session clocks: silence counts from the last packet or lock; a PAT keeps it healthy", (t) => {
  const locked = { ...CLOCKS, lock: 100, relock: 100 };
  t.same(examine(locked, 1100), { silent: 1000, health: "unknown" });
  t.equal(examine(locked, 3200).health, "bad");
  t.same(examine({ ...locked, data: 2000, firstPat: 300, pat: 1900 }, 2500), { silent: 500, health: "good" });
  t.equal(examine({ ...locked, data: 7000, firstPat: 300, pat: 1900 }, 7000).health, "bad", "no PAT for 5 s");
  t.equal(examine({ ...locked, relock: 9000, data: 2000 }, 9500).silent, 500);
  t.end();
});

t.test(
  "recovery: retune, reopen, give up; the device rests longer with each failure, and never long",
  (t) => {
    t.same(
      ["retune", "reopen", "failed", "failed"],
      [nextStep("running"), nextStep("retune"), nextStep("reopen"), nextStep("failed")],
    );
    t.same([1, 2, 3, 9].map(restAfter), [250, 500, 1000, 1000]);
    t.same((["device-gone", "no-lock", "service-not-on-air", "stopping"] as const).map(helpOfAnother), [
      "always",
      "gently",
      "never",
      "never",
    ]);
    t.notOk(isSteady({ system: "http", url: "http://box/1" }), "a server may send in bursts");
    t.ok(isSteady({ system: "mock", index: 1 }));
    t.notOk(isBroadcast({ system: "hdhomerun", device: "1", channel: "v5.1" }));
    t.end();
  },
);
