import t from "tap";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { eventually, FIRST, never, receive } from "./satip-fixtures.ts";

type Quirks = NonNullable<Parameters<typeof receive>[1]>["quirks"];

/** The code that tuning fails with, or `tuned`. */
async function outcome(tuning: Promise<void>): Promise<string> {
  try {
    await tuning;
    return "tuned";
  } catch (error) {
    return isTellyportError(error) ? error.code : String(error);
  }
}

t.test("satip: quirks", { jobs: 8 }, async (t) => {
  t.test("what a server refuses has a code, and its reason a sentence", { buffered: true }, async (t) => {
    const refusals: [Quirks, string, number][] = [
      [{ refuseSetup: { status: 404, body: "" } }, "device-busy", 1],
      [{ refuseSetup: { status: 503, body: "No-More: frontends\r\n" } }, "device-busy", 1],
      [{ refuseSetup: { status: 503, body: "No-More: sessions\r\n" } }, "device-busy", 1],
      [{ refuseSetup: { status: 503, body: "" } }, "device-busy", 4],
      [{ refuseSetup: { status: 403, body: "Out-of-Range: src\r\n" } }, "unsupported", 1],
      [{ refuseSetup: { status: 400, body: "Check-Syntax: freq\r\n" } }, "unsupported", 1],
      [{ refuseSetup: { status: 454, body: "" } }, "device-gone", 4],
      [{ refuseSetup: { status: 408, body: "" } }, "device-gone", 4],
      [{ refuseSetup: { status: 500, body: "" } }, "device-gone", 4],
      [{ refuseSetup: { status: 461, body: "" } }, "unsupported", 2],
      [{ mostPids: 0 }, "tuned", 1],
    ];
    await Promise.all(
      refusals.map(async ([quirks, code, setups]) => {
        const { fake, tuner, sink } = await receive(t, { quirks: quirks ?? {} });
        const name = JSON.stringify(quirks);
        t.equal(await outcome(tuner.tune(FIRST, sink, never)), code, name);
        t.equal(fake.asked("SETUP").length, setups, `${name}: as often as it makes sense`);
      }),
    );
    const { tuner, sink } = await receive(t, {
      quirks: { refuseSetup: { status: 403, body: "Out-of-Range: src" } },
    });
    await t.rejects(tuner.tune(FIRST, sink, never), /403.*Out-of-Range: src/);
  });

  t.test("nobody there is a device that is gone", { buffered: true }, async (t) => {
    const { fake, tuner, sink } = await receive(t);
    await fake.die();
    t.equal(await outcome(tuner.tune(FIRST, sink, never)), "device-gone");
  });

  t.test("a server that is busy with the tune before is asked again", { buffered: true }, async (t) => {
    const { fake, tuner, sink } = await receive(t, { quirks: { settling: 2 } });
    await tuner.tune(FIRST, sink, never);
    t.same(
      fake.asked("SETUP").map((setup) => setup.status),
      [503, 503, 200],
    );
  });

  t.test("servers that are odd in harmless ways are received all the same", { buffered: true }, async (t) => {
    const harmless: [string, Quirks][] = [
      ["wants mtype", { needsMtype: true }],
      ["no session in the reply to PLAY", { noSessionInPlay: true }],
      ["a few bytes of RTP now and then", { shortRtp: true }],
      ["the connection closed after each reply", { closeAfterReply: true }],
      ["no RTP-Info", { rtpInfo: false }],
    ];
    await Promise.all(
      harmless.map(async ([name, quirks]) => {
        const { fake, tuner, sink } = await receive(t, { quirks: quirks ?? {}, transport: "udp" });
        await tuner.tune(FIRST, sink, never);
        await eventually(name, () => sink.packetsSeen > 300);
        tuner.filter(new Set([0]) as never);
        await eventually(`${name}: PIDs`, () => fake.asked("PLAY").at(-1)?.url.endsWith("?pids=0") === true);
        t.same([sink.breaks, sink.syncLosses, sink.failure], [0, 0, null], name);
        t.same(
          fake.requests.filter((request) => request.status !== 200),
          [],
          `${name}: nothing was refused`,
        );
      }),
    );
  });

  t.test("a server that measures nothing has a lock and no strength", { buffered: true }, async (t) => {
    const { tuner, sink } = await receive(t, { quirks: { measuresNothing: true } });
    await tuner.tune(FIRST, sink, never);
    await eventually("packets", () => sink.packetsSeen > 0);
    await eventually("a lock", () => tuner.signal()?.locked === true);
    t.same(tuner.signal(), { locked: true, strength: null, cnr: null, quality: null });
  });

  t.test("where UDP does not get through, TCP is used, and remembered", { buffered: true }, async (t) => {
    const { fake, tuner, sink, server } = await receive(t, { quirks: { udpBlocked: true } });
    await tuner.tune(FIRST, sink, never);
    await eventually("packets", () => sink.packetsSeen > 50);
    t.same(
      fake.asked("SETUP").map((setup) => setup.headers.get("transport")?.slice(0, 12)),
      ["RTP/AVP;unic", "RTP/AVP/TCP;"],
    );
    t.equal(fake.asked("TEARDOWN").length, 1, "the session over UDP was ended");
    t.equal(server.learned, "tcp");
    await tuner.close();
    await tuner.tune(FIRST, sink, never);
    t.match(fake.asked("SETUP").at(-1)?.headers.get("transport"), /TCP/, "at once the next time");
  });

  t.test(
    "a transport that is refused gives way to the other, unless it was chosen",
    { buffered: true },
    async (t) => {
      const refused = { refusedTransport: "udp" } as const;
      const free = await receive(t, { quirks: refused });
      await free.tuner.tune(FIRST, free.sink, never);
      await eventually("packets", () => free.sink.packetsSeen > 0);
      const chosen = await receive(t, { quirks: refused, transport: "udp" });
      await t.rejects(chosen.tuner.tune(FIRST, chosen.sink, never), /transport to auto/);
    },
  );

  t.test("a front end is named only where the configuration does", { buffered: true }, async (t) => {
    const { fake, tuner, sink } = await receive(t, { frontend: 3 });
    await tuner.tune(FIRST, sink, never);
    t.equal(fake.asked("SETUP")[0]?.query.get("fe"), "3");
    const plain = await receive(t);
    await plain.tuner.tune(FIRST, plain.sink, never);
    t.notOk(plain.fake.asked("SETUP")[0]?.query.has("fe"));
  });
});
