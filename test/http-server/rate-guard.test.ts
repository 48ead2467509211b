import type { IncomingMessage } from "node:http";
import t from "tap";
import { RateGuard } from "../../src/http-server/rate-guard.ts";
import type { RequestOrigin } from "../../src/protocol/access.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const from = (address: string | null, listener: RequestOrigin["listener"] = "https"): RequestOrigin => ({
  listener,
  address,
  onLink: false,
  confidential: true,
});
const showing = (authorization?: string): IncomingMessage =>
  ({ url: "/x", headers: { authorization } }) as unknown as IncomingMessage;

function guard(): { rates: RateGuard; clock: FakeClock } {
  const clock = new FakeClock();
  const rates = new RateGuard({
    clock,
    recognise: ({ headers, body }) => {
      if (headers.authorization?.startsWith("good ") === true) return headers.authorization.slice(5);
      return body === "refresh of ada" ? "ada" : null;
    },
    limits: {
      requests: { burst: 3, perSecond: 1 },
      known: { burst: 5, perSecond: 1 },
      guesses: { burst: 2, perSecond: 1 },
    },
  });
  return { rates, clock };
}

t.test("rates: T24 a sender that guesses is stopped, its neighbours and known clients are not", (t) => {
  const { rates, clock } = guard();
  const flooder = rates.senderOf(showing("bad"), from("192.0.2.1"));
  for (let i = 0; i < 50; i++) rates.countGuess(flooder);
  t.throws(() => rates.mayGuess(flooder), { code: "rate-limited", retryAfterMs: 1000 });
  const other = rates.senderOf(showing("bad"), from("192.0.2.2"));
  t.doesNotThrow(() => rates.mayGuess(other));
  const ada = rates.senderOf(showing("good ada"), from("192.0.2.1"));
  t.doesNotThrow(() => rates.mayGuess(ada), "a client behind the same address");
  for (let i = 0; i < 50; i++) rates.countGuess(ada);
  t.throws(
    () => rates.mayGuess(ada),
    { code: "rate-limited" },
    "whoever has her token and no key is stopped, too",
  );
  t.doesNotThrow(() => rates.mayGuess(rates.senderOf(showing("good ada"), from("192.0.2.9"))), "and not she");
  t.equal(rates.senderOf(showing(), from("192.0.2.1"), "refresh of ada").known, "ada");
  clock.advance(1000);
  t.doesNotThrow(() => rates.mayGuess(flooder));
  t.end();
});

t.test("rates: T22 a known client asks so often, and nobody else asks in its name", (t) => {
  const { rates, clock } = guard();
  const ada = rates.senderOf(showing("good ada"), from("192.0.2.1"));
  for (let i = 0; i < 5; i++) t.equal(rates.countKnown(ada), null);
  t.match(rates.countKnown(ada), { code: "rate-limited", retryAfterMs: 1000 });
  t.equal(rates.countKnown(rates.senderOf(showing("good bob"), from("192.0.2.1"))), null);
  t.equal(
    rates.countKnown(rates.senderOf(showing("good ada"), from("192.0.2.9"))),
    null,
    "not from elsewhere",
  );
  clock.advance(3000);
  t.match(rates.countKnown(ada, 4), { code: "rate-limited", retryAfterMs: 1000 }, "what is dear counts more");
  t.equal(rates.countKnown(ada, 3), null);
  t.end();
});

t.test("rates: T24 another address of the same /64 is no other sender", (t) => {
  const { rates } = guard();
  for (let i = 0; i < 3; i++)
    t.equal(rates.countRequest(rates.senderOf(showing(), from(`2001:db8:1:2::${i}`)), "poll"), null);
  const next = rates.senderOf(showing(), from("2001:db8:1:2:aaaa:bbbb:cccc:dddd"));
  t.equal(rates.countRequest(next, "poll")?.code, "rate-limited");
  t.equal(rates.countRequest(next, "claim"), null, "what has limits of its own");
  t.equal(rates.countRequest(rates.senderOf(showing(), from("2001:db8:1:3::1")), "poll"), null);
  t.end();
});

t.test(
  "rates: T24 who comes through the tunnel unnamed shares nobody's limits: only known clients pass",
  (t) => {
    const { rates } = guard();
    t.throws(() => rates.senderOf(showing("bad"), from(null, "tunnel")), { code: "rate-limited" });
    t.equal(rates.senderOf(showing("good ada"), from(null, "tunnel")).known, "ada");
    t.end();
  },
);
