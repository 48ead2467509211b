import t from "tap";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import { eventually, FIRST, never, receive, type NotingSink } from "./satip-fixtures.ts";

/** Lets time pass while packets come. */
async function watchFor(clock: FakeClock, sink: NotingSink, milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 500) {
    const seen = sink.packetsSeen;
    clock.advance(Math.min(500, left));
    await eventually("packets", () => sink.packetsSeen > seen);
  }
}

t.test("satip: recovery", { jobs: 8 }, async (t) => {
  t.test(
    "a session is kept by OPTIONS at half its time-out, and only so often",
    { buffered: true },
    async (t) => {
      const clock = new FakeClock();
      const { fake, tuner, sink } = await receive(t, { clock, quirks: { timeoutS: 30 } });
      await tuner.tune(FIRST, sink, never);
      await watchFor(clock, sink, 14_999);
      t.same(fake.asked("OPTIONS"), []);
      clock.advance(1);
      await eventually("a first", () => fake.asked("OPTIONS").length === 1);
      t.equal(fake.asked("OPTIONS")[0]?.headers.get("session"), [...fake.sessions.keys()][0]);
      await watchFor(clock, sink, 14_999);
      t.equal(fake.asked("OPTIONS").length, 1);
      clock.advance(1);
      await eventually("a second", () => fake.asked("OPTIONS").length === 2);
      t.equal(fake.asked("SETUP").length, 1);
    },
  );

  t.test("with keep-alives a session outlives its time-out", { buffered: true }, async (t) => {
    const { fake, tuner, sink } = await receive(t, { quirks: { timeoutS: 2, expires: true } });
    await tuner.tune(FIRST, sink, never);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    t.same(
      [...fake.sessions.values()].map((session) => session.stream),
      [1],
    );
    t.same([sink.overflows, sink.failure], [0, null]);
  });

  t.test(
    "a session that the server forgot is set up again, and the gap told",
    { buffered: true },
    async (t) => {
      for (const transport of ["udp", "tcp"] as const) {
        const clock = new FakeClock();
        const { fake, tuner, sink } = await receive(t, { clock, transport, quirks: { timeoutS: 4 } });
        tuner.filter(new Set([0, 0x101]) as never);
        await tuner.tune(FIRST, sink, never);
        await watchFor(clock, sink, 1000);
        fake.forget();
        const seen = sink.packetsSeen;
        clock.advance(1000);
        await eventually("a refusal", () => fake.asked("OPTIONS").at(-1)?.status === 454);
        await eventually("packets again", () => {
          clock.advance(20);
          return sink.packetsSeen > seen + 50;
        });
        t.equal(fake.asked("SETUP").length, 2, transport);
        t.equal(fake.asked("SETUP")[1]?.query.get("pids"), "0,257");
        t.ok(sink.overflows >= 1, "what follows is told to be behind a gap");
        t.same([sink.breaks, sink.failure], [0, null]);
        t.equal(tuner.rtp.lost, 0, "but no packet was lost on the way");
        await tuner.close();
      }
    },
  );

  t.test("a server that is gone for a moment in mid-stream is found again", { buffered: true }, async (t) => {
    await Promise.all(
      (["udp", "tcp"] as const).map(async (transport) => {
        const { fake, tuner, sink } = await receive(t, { transport });
        await tuner.tune(FIRST, sink, never);
        await eventually("packets", () => sink.packetsSeen > 50);
        const { port } = fake;
        await fake.die();
        await fake.start(port);
        const seen = sink.packetsSeen;
        await eventually("packets again", () => sink.packetsSeen > seen + 50);
        t.same([sink.breaks, sink.failure], [0, null], transport);
        t.equal(fake.sessions.size, 1);
      }),
    );
  });

  t.test("a server that dies in mid-stream is told to be gone", { buffered: true }, async (t) => {
    await Promise.all(
      (["udp", "tcp"] as const).map(async (transport) => {
        const { fake, tuner, sink } = await receive(t, { transport });
        await tuner.tune(FIRST, sink, never);
        await eventually("packets", () => sink.packetsSeen > 50);
        await fake.die();
        await eventually("a failure", () => sink.failure !== null);
        t.equal(sink.failure, "device-gone", transport);
        t.notOk(tuner.signal().locked);
      }),
    );
  });

  t.test(
    "a lock without packets is asked for again, set up again, and then told",
    { buffered: true },
    async (t) => {
      const { fake, tuner, sink } = await receive(t, { quirks: { silentPlays: Infinity } });
      await tuner.tune(FIRST, sink, never);
      t.ok(tuner.signal().locked);
      await eventually("a failure", () => sink.failure !== null);
      t.equal(sink.failure, "no-data");
      const methods = fake.requests.map((request) => request.method);
      t.same(methods.slice(0, 6), ["SETUP", "PLAY", "PLAY", "TEARDOWN", "SETUP", "PLAY"]);
      await eventually("the end of the session", () => fake.sessions.size === 0);
      t.equal(sink.packetsSeen, 0);
    },
  );
});
