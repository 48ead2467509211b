import { join } from "node:path";
import t from "tap";
import { eventually, startDaemon, tellyport } from "../helpers/daemon.ts";
import { pairPhone } from "../helpers/phone.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test("power: kill -9 at any moment, and paired clients and channels are still there", async (t) => {
  const state = await temporaryFolder(t);
  let box = await startDaemon(t, { state });
  const phone = await pairPhone(t, box);
  const listed = await eventually("channels are listed", async () => {
    const channels = await phone.channels();
    return channels.length === 12 ? channels : null;
  });
  const identity = (await (await fetch(`${box.url}/api/v1/box`)).json()) as { id: string };

  for (let round = 0; round < 4; round++) {
    // A claim is under way while the power goes: it is there afterwards, or it never was, but never half.
    const offer = await box.openOffer("viewer");
    const env = { ...process.env, TELLYPORT_CREDENTIALS: join(state, `other-${round}.json`) };
    const pairing = tellyport(["remote", "pair", box.url, "--code", offer.code, "--json"], { env });
    await new Promise((resolve) => setTimeout(resolve, 150 + round * 180));
    await box.kill();
    const acknowledged = (await pairing).code === 0;

    box = await startDaemon(t, {
      state,
      config: `http: {address: "127.0.0.1", port: ${box.http}, https: {port: 0}}\nannounce: {mdns: false, ssdp: off}\n`,
    });
    t.equal(
      ((await (await fetch(`${box.url}/api/v1/box`)).json()) as { id: string }).id,
      identity.id,
      "the box is the same",
    );
    const { body } = await box.local<{ channels: { id: string; name: string }[] }>("GET", "/api/v1/channels");
    t.same(
      body.channels.map(({ id, name }) => ({ id, name })),
      listed.map(({ id, name }) => ({ id, name })),
      "the channels are there at once",
    );
    t.equal((await phone.channels()).length, 12, "the first phone still gets in");
    if (acknowledged)
      t.equal((await tellyport(["remote", "channels"], { env })).code, 0, "an acknowledged pairing holds");
  }
});

t.test("power: SIGTERM ends the daemon in good order", async (t) => {
  const box = await startDaemon(t);
  t.equal(await box.stop(), 0);
  t.ok(box.log.some(({ msg }) => msg === "stopped"));
  t.notOk(
    box.log.some(({ msg }) => String(msg).startsWith("component-stop")),
    "nothing was late",
  );
});
