import { join } from "node:path";
import t from "tap";
import { CredentialsFile } from "../../../src/cli/remote/credentials.ts";
import { keepPlaybackAlive, RENEW_MS } from "../../../src/cli/remote/playback.ts";
import { Session } from "../../../src/cli/remote/session.ts";
import type { TellyportError } from "../../../src/kernel/errors.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { eventually } from "../../helpers/daemon.ts";
import { temporaryFolder, type Teardown } from "../../helpers/temporary.ts";
import { fakeCredentials, problem, startFakeBox, type FakeAnswer } from "../fake-box.ts";

/** A playback on a box without an event stream; `renewals` are its answers, the last one for ever. */
async function playing(
  t: Teardown,
  renewals: FakeAnswer[],
): Promise<{
  clock: FakeClock;
  asked: () => number;
  stop: () => void;
  over: Promise<TellyportError | null>;
}> {
  let asked = 0;
  const box = await startFakeBox(t, ({ line }) => {
    if (!line.endsWith("/renew")) return problem(404, "route-not-found");
    const answer = renewals[Math.min(asked++, renewals.length - 1)];
    return answer ?? {};
  });
  const clock = new FakeClock();
  const file = new CredentialsFile(join(await temporaryFolder(t), "c.json"), clock);
  const stopped = new AbortController();
  const session = new Session(file, await fakeCredentials(box.port), clock);
  const over = keepPlaybackAlive(session, "p1", { clock, signal: stopped.signal });
  await eventually("the renewal's timer alone", () => clock.pending === 1);
  return { clock, asked: () => asked, stop: () => stopped.abort(), over };
}

t.test("playback: is renewed every 20 s until it is ended here", async (t) => {
  const { clock, asked, stop, over } = await playing(t, [{ body: "{}" }]);
  for (let n = 1; n <= 3; n++) {
    clock.advance(RENEW_MS - 1);
    t.equal(asked(), n - 1);
    clock.advance(1);
    await eventually("a renewal and its next timer", () => asked() === n && clock.pending === 1, 5000, 5);
  }
  stop();
  t.equal(await over, null);
  t.equal(clock.pending, 0, "no timer is left");
});

t.test("playback: what the box ended is told with the box's reason", async (t) => {
  for (const [status, code] of [
    [410, "displaced"],
    [404, "playback-not-found"],
    [401, "client-revoked"],
  ] as const) {
    const { clock, over } = await playing(t, [problem(status, code)]);
    clock.advance(RENEW_MS);
    t.match(await over, { code });
    t.equal(clock.pending, 0);
  }
});

t.test("playback: a box out of reach is asked again for a minute, then given up", async (t) => {
  const { clock, asked, over } = await playing(t, [{ hangUp: true }, { body: "{}" }, { hangUp: true }]);
  clock.advance(RENEW_MS);
  await eventually("the first failure", () => asked() === 1 && clock.pending === 1, 5000, 5);
  clock.advance(2000);
  await eventually("the recovery", () => asked() === 2 && clock.pending === 1, 5000, 5);
  let settled = false;
  void over.then(() => (settled = true));
  let asking = 2;
  for (let passed = 0; !settled && passed < 120_000; passed += 2000) {
    clock.advance(2000);
    await eventually("an answer", () => settled || clock.pending === 1, 5000, 5);
    asking = asked();
  }
  t.match(await over, { code: "box-unreachable" });
  t.ok(asking > 10, `it was asked ${asking} times`);
});
