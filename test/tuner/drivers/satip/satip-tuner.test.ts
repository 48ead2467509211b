import t from "tap";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { DARK, eventually, FIRST, never, NotingSink, receive, SECOND } from "./satip-fixtures.ts";

for (const transport of ["udp", "tcp"] as const) {
  t.test(`satip: ${transport} delivers every packet in order`, async (t) => {
    const { fake, tuner, sink } = await receive(t, {
      transport,
      quirks: { pieces: transport === "tcp" ? 333 : 0 },
    });
    await tuner.tune(FIRST, sink, never);
    await eventually("packets", () => sink.packetsSeen > 500);
    await eventually("a report", () => tuner.signal().strength !== null);
    t.match(tuner.signal(), { locked: true, strength: -25, quality: 1 });
    t.same([sink.breaks, sink.overflows, sink.syncLosses], [0, 0, 0]);
    t.equal(tuner.rtp.lost, 0);
    const [setup] = fake.asked("SETUP");
    t.match(
      setup?.headers.get("transport"),
      transport === "udp"
        ? /^RTP\/AVP;unicast;client_port=\d*[02468]-\d*[13579]$/
        : /^RTP\/AVP\/TCP;interleaved=0-1$/,
    );
    t.match(
      setup?.url,
      /\?src=1&freq=11494&pol=h&ro=0\.35&msys=dvbs2&mtype=8psk&plts=auto&sr=22000&pids=all$/,
    );
  });
}

for (const transport of ["udp", "tcp"] as const) {
  t.test(`satip: what the network loses or turns round over ${transport} is counted and told`, async (t) => {
    const { fake, tuner, sink } = await receive(t, { transport, quirks: { loseEvery: 20 } });
    await tuner.tune(FIRST, sink, never);
    await eventually("losses", () => fake.lost.packets >= 4 && tuner.rtp.lost >= 4);
    t.equal(sink.breaks, 0, "no jump of a counter that was not told before");
    t.ok(sink.overflows > 0 && sink.overflows <= tuner.rtp.lost, "each gap was told once");
    fake.quirks.loseEvery = 0;
    fake.quirks.swapEvery = 15;
    await eventually("disorder", () => tuner.rtp.reordered >= 3);
    t.equal(sink.breaks, 0);
  });
}

t.test("satip: the server sees TEARDOWN within 300 ms of close, whether it answers or not", async (t) => {
  const cases = (["udp", "tcp"] as const).flatMap((transport) => [
    { transport, quirks: {} },
    { transport, quirks: { ignoresTeardown: true } },
    { transport, quirks: { closeAfterReply: transport === "udp" } },
  ]);
  await Promise.all(
    cases.map(async ({ transport, quirks }) => {
      const { fake, tuner, sink } = await receive(t, { transport, quirks });
      await tuner.tune(FIRST, sink, never);
      await eventually("packets", () => sink.packetsSeen > 0);
      const from = performance.now();
      await tuner.close();
      const [teardown] = fake.asked("TEARDOWN");
      t.ok(teardown !== undefined && teardown.at - from < 300, `${transport}: it saw it in time`);
      t.equal(teardown?.status, 200, "of a session that it knew");
      const seen = sink.packetsSeen;
      await new Promise((resolve) => setTimeout(resolve, 50));
      t.equal(sink.packetsSeen, seen, "nothing is delivered afterwards");
      t.notOk(tuner.signal().locked);
    }),
  );
});

t.test("satip: a session under way when the tuner is closed is torn down too", async (t) => {
  const { fake, tuner, sink } = await receive(t);
  const tuning = tuner.tune(DARK, sink, never);
  const outcome = tuning.then(
    () => "tuned",
    (error: unknown) => (isTellyportError(error) ? error.code : "?"),
  );
  await eventually("a SETUP", () => fake.asked("SETUP").length > 0);
  await tuner.close();
  t.equal(await outcome, "request-cancelled");
  t.equal(fake.sessions.size, 0);
  t.equal(fake.asked("TEARDOWN").length, 1);
});

t.test("satip: PIDs change without disturbing those that stay", async (t) => {
  const { fake, tuner, sink } = await receive(t);
  tuner.filter(new Set([0, 0x100]) as never);
  await tuner.tune(FIRST, sink, never);
  await eventually("packets", () => sink.packetsSeen > 100);
  t.same([...sink.byPid.keys()].sort(), [0, 0x100]);
  tuner.filter(new Set([0, 0x101]) as never);
  await eventually("the other PID", () => (sink.byPid.get(0x101) ?? 0) > 50);
  const before = sink.byPid.get(0x100);
  tuner.filter(new Set([0, 0x101, 0x102]) as never);
  await eventually("a third", () => (sink.byPid.get(0x102) ?? 0) > 50);
  t.equal(sink.byPid.get(0x100), before, "what was taken away does not come any more");
  t.same([sink.breaks, sink.overflows], [0, 0], "the others never stopped");
  tuner.filter("all");
  await eventually("all", () => (sink.byPid.get(0x100) ?? 0) > (before ?? 0));
  const plays = fake.asked("PLAY").map((play) => play.url.split("?")[1] ?? "");
  t.same(
    plays,
    ["", "addpids=257", "delpids=256", "addpids=258", "pids=all"],
    "added first, and never mixed",
  );
  t.equal(fake.asked("SETUP").length, 1);
});

t.test("satip: a server short of filters is asked for everything", async (t) => {
  const { fake, tuner, sink } = await receive(t, { quirks: { mostPids: 2 } });
  await tuner.tune(FIRST, sink, never);
  tuner.filter(new Set([0]) as never);
  await eventually("one PID", () => fake.asked("PLAY").some((play) => play.url.endsWith("?pids=0")));
  tuner.filter(new Set([0, 0x100, 0x101]) as never);
  await eventually("all PIDs", () => fake.asked("PLAY").at(-1)?.url.endsWith("?pids=all") === true);
  t.equal(fake.asked("PLAY").at(-2)?.status, 503);
  await eventually("what was asked for", () => (sink.byPid.get(0x101) ?? 0) > 0);
  t.equal(sink.failure, null);
});

t.test("satip: another multiplex in the same session, without anything of the old one", async (t) => {
  const cases = (["udp", "tcp"] as const).flatMap((transport) => [
    { transport, rtpInfo: true },
    { transport, rtpInfo: false },
  ]);
  await Promise.all(
    cases.map(async ({ transport, rtpInfo }) => {
      const { fake, tuner, sink } = await receive(t, { transport, quirks: { rtpInfo, stalePackets: 8 } });
      await tuner.tune(FIRST, sink, never);
      await eventually("packets", () => sink.packetsSeen > 50);
      const next = new NotingSink();
      await tuner.tune(SECOND, next, never);
      await eventually("packets", () => next.packetsSeen > 50);
      t.same([...next.marks], [0xbb], `${transport}: only of the new one`);
      t.same([...sink.marks], [0xaa]);
      t.same([fake.asked("SETUP").length, fake.asked("TEARDOWN").length], [1, 0]);
      t.match(fake.asked("PLAY").at(-1)?.url, /\/stream=1\?src=1&freq=11612&.*&pids=all$/);
    }),
  );
});

t.test("satip: without a signal tuning waits until it is given up, and nothing is delivered", async (t) => {
  const { fake, tuner, sink } = await receive(t);
  const abort = new AbortController();
  const tuning = tuner.tune(DARK, sink, abort.signal).catch((error: unknown) => error);
  await eventually("a report", () => tuner.signal().strength !== null);
  t.notOk(tuner.signal().locked);
  abort.abort();
  t.ok(isTellyportError(await tuning, "request-cancelled"));
  await eventually("the end of the session", () => fake.sessions.size === 0);
  t.equal(sink.packetsSeen, 0);
});
