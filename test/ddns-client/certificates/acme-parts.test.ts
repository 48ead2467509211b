import fc from "fast-check";
import t from "tap";
import { problemError, readProblem } from "../../../src/ddns-client/certificates/acme/problem.ts";
import { renewalWindow } from "../../../src/ddns-client/certificates/acme/renewal-window.ts";
import { retryAfter } from "../../../src/ddns-client/certificates/acme/retry-after.ts";
import { AccountKey } from "../../../src/ddns-client/certificates/acme/signing.ts";

const NOW = Date.UTC(2026, 10, 20);
const HOUR = 3600_000;

t.test("problems: what passes, and what somebody has to change", (t) => {
  const of = (type: string, context = {}) =>
    problemError("the order", { type: `urn:ietf:params:acme:error:${type}`, detail: "words" }, context);
  for (const type of ["serverInternal", "rateLimited", "badNonce", "dns", "connection", "orderNotReady"])
    t.equal(of(type).code, "acme-failed", type);
  for (const type of [
    "caa",
    "rejectedIdentifier",
    "malformed",
    "unauthorized",
    "badCSR",
    "userActionRequired",
    "invalidProfile",
  ])
    t.match(of(type), { code: "acme-refused", detail: { problem: type, said: "words" } });
  t.equal(
    of("unauthorized", { challenge: true }).code,
    "acme-failed",
    "another place had not heard of it yet",
  );
  t.equal(of("caa", { challenge: true }).code, "acme-refused");
  t.equal(of("malformed", { status: 500 }).code, "acme-failed");
  t.equal(of("rateLimited", { status: 429, retryAfterMs: 5000 }).retryAfterMs, 5000);
  t.equal(problemError("x", undefined, { status: 404 }).code, "acme-refused");
  t.equal(problemError("x", undefined, { status: 502 }).code, "acme-failed");
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      const error = problemError("x", readProblem(Buffer.from(text)));
      t.ok(error.message.length < 600);
    }),
  );
  t.end();
});

t.test("Retry-After in both spellings", (t) => {
  t.equal(retryAfter("120", NOW), 120_000);
  t.equal(retryAfter(new Date(NOW + HOUR).toUTCString(), NOW), HOUR);
  t.equal(retryAfter(new Date(NOW - HOUR).toUTCString(), NOW), 0);
  t.equal(retryAfter("9999999999", NOW), 7 * 24 * HOUR);
  for (const nothing of [undefined, "", "soon", "-5x"])
    t.equal(retryAfter(nothing, NOW), undefined, String(nothing));
  t.end();
});

t.test("windows of renewal", (t) => {
  const suggested = (start: string, end: string) => ({ suggestedWindow: { start, end } });
  const good = suggested("2026-12-01T00:00:00Z", "2026-12-03T00:00:00Z");
  t.same(renewalWindow(good, undefined, NOW), {
    start: Date.UTC(2026, 11, 1),
    end: Date.UTC(2026, 11, 3),
    askAgainAt: NOW + 6 * HOUR,
    explanation: null,
  });
  t.equal(renewalWindow(good, 1, NOW).askAgainAt, NOW + 60_000);
  t.equal(renewalWindow(good, 9e9, NOW).askAgainAt, NOW + 24 * HOUR);
  t.equal(renewalWindow({ ...good, explanationURL: "javascript:x" }, 1, NOW).explanation, null);
  t.throws(() => renewalWindow(suggested("2026-12-03T00:00:00Z", "2026-12-01T00:00:00Z"), 1, NOW), {
    code: "acme-failed",
  });
  t.throws(() => renewalWindow(suggested("x", "y"), 1, NOW), { code: "acme-failed" });
  t.end();
});

t.test("an account's key stays the same through its file, and others are none", async (t) => {
  const key = await AccountKey.open();
  const again = await AccountKey.open(key.pem);
  t.match(key.dnsDigest("token"), /^[A-Za-z0-9_-]{43}$/);
  t.equal(again.dnsDigest("token"), key.dnsDigest("token"));
  await t.rejects(AccountKey.open("nonsense"));
});
