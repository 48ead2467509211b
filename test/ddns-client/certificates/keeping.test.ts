import t from "tap";
import { next, renewAt, type Keeping } from "../../../src/ddns-client/certificates/keeping.ts";
import { EMPTY_LEDGER, backOff, freeAt, parseLedger } from "../../../src/ddns-client/certificates/ledger.ts";

const DAY = 86_400_000;
const HOUR = 3600_000;
const NOW = Date.UTC(2026, 10, 20);
const NAMES = ["a.test", "*.a.test"];
const certificate = { names: NAMES, issuer: "CA", notBefore: NOW, notAfter: NOW + 45 * DAY };
const keeping: Keeping = {
  wanted: NAMES,
  certificate,
  ledger: EMPTY_LEDGER,
  authority: "ca",
  suggested: null,
  clockTrusted: true,
  ordersPerWeek: 3,
};
const order = { authority: "ca", names: NAMES, key: "", url: null };

t.test("what is next", (t) => {
  const is = (what: string, change: Partial<Keeping>, now: number, step: object): void =>
    void t.match(next({ ...keeping, ...change }, now), step, what);
  const ledger = (more: object) => ({ ledger: { ...EMPTY_LEDGER, ...more } });
  is("nobody wants one", { wanted: [], certificate: null }, NOW, { do: "nothing" });
  is("the clock", { clockTrusted: false, certificate: null }, NOW, { do: "wait-for-clock" });
  is("the first", { certificate: null }, NOW, { do: "order", reason: "missing" });
  is("all is well", {}, NOW + 29 * DAY, { do: "keep", until: NOW + 30 * DAY });
  is("two thirds", {}, NOW + 30 * DAY, { do: "order", reason: "renewal" });
  is("over", {}, NOW + 45 * DAY, { do: "order", reason: "expired" });
  is("another name", { wanted: [...NAMES, "b.test"] }, NOW, { do: "order", reason: "names" });
  is("a name less", { wanted: ["a.test"] }, NOW, { do: "keep" });
  is("the authority's wish", { suggested: NOW + DAY }, NOW + DAY, { do: "order", reason: "renewal" });
  is("later than two thirds", { suggested: NOW + 35 * DAY }, NOW + 32 * DAY, {
    do: "keep",
    until: NOW + 35 * DAY,
  });
  is("much too late", { suggested: NOW + 99 * DAY }, NOW, { do: "keep", until: NOW + 40.5 * DAY });
  is("one was begun", { certificate: null, ...ledger({ order }) }, NOW, { do: "go-on" });
  is("for other names", { certificate: null, ...ledger({ order: { ...order, names: ["x"] } }) }, NOW, {
    do: "order",
  });
  is("elsewhere", { certificate: null, ...ledger({ order: { ...order, authority: "b" } }) }, NOW, {
    do: "order",
  });
  const failed = ledger({ failures: 1, failedNames: NAMES, retryAt: NOW + HOUR, order });
  is("not yet", { certificate: null, ...failed }, NOW, { do: "wait", until: NOW + HOUR, why: "failed" });
  is("now", { certificate: null, ...failed }, NOW + HOUR, { do: "go-on" });
  is("other names are not held back", { certificate: null, wanted: ["b"], ...failed }, NOW, { do: "order" });
  is("a clock that went back", { certificate: null, ...failed }, NOW - 30 * DAY, { do: "go-on" });
  const held = ledger({ heldUntil: NOW + DAY });
  is("the authority holds all back", { certificate: null, wanted: ["b"], ...held }, NOW, {
    do: "wait",
    why: "held",
  });
  const made = ledger({ made: [NOW - 8 * DAY, NOW - 6 * DAY, NOW - DAY, NOW - HOUR] });
  is("three a week", { certificate: null, ...made }, NOW, { do: "wait", why: "limit", until: NOW + DAY });
  is("and one that was begun", { certificate: null, ledger: { ...made.ledger, order } }, NOW, {
    do: "go-on",
  });
  is("a week later", { certificate: null, ...made }, NOW + DAY, { do: "order" });
  t.equal(renewAt({ certificate: null, suggested: NOW }), null);
  t.end();
});

t.test("waiting after failures", (t) => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20].map((failures) => backOff(failures, false, 0) / 60_000);
  t.same(minutes, [1, 5, 15, 60, 120, 240, 480, 960, 1440, 1440]);
  t.same(
    [1, 4, 5].map((failures) => backOff(failures, true, 0) / HOUR),
    [1, 1, 2],
  );
  t.equal(backOff(4, false, 1), 1.25 * HOUR);
  t.equal(freeAt([NOW, NOW, NOW + DAY], 2, NOW), NOW + 7 * DAY, "what is to come does not count");
  t.throws(() => parseLedger("{}"));
  t.same(parseLedger(JSON.stringify(EMPTY_LEDGER)), EMPTY_LEDGER);
  t.end();
});
