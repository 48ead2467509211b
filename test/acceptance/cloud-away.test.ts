import { join } from "node:path";
import t from "tap";
import { anywhere, remoteFrom, skipWithoutAnywhere } from "../helpers/anywhere.ts";
import { eventually } from "../helpers/daemon.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test(
  "T20: without its cloud a box does at home all that it did, and is found again by itself when the cloud is back",
  { skip: skipWithoutAnywhere() },
  async (t) => {
    t.setTimeout(300_000);
    const world = await anywhere(t);
    const { name } = await world.found();
    const { neighbour, box } = world.lab;
    const home = `https://${box.address}:8443`;
    const phone = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
    const another = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
    const pair = async (env: NodeJS.ProcessEnv): Promise<void> => {
      const { code } = await world.box.openOffer();
      const paired = await remoteFrom(world, neighbour, env, "pair", home, "--code", code, "--json");
      t.equal(paired.code, 0, paired.stderr);
    };
    await pair(phone);

    await world.cloud.kill();
    const wan = world.lab.newWanAddress();
    const away = await eventually("the box notices that its cloud is away", async () => {
      const state = await world.online();
      return state.registration === "failed" ? state : null;
    });
    t.match(away, { problem: { code: "cloud-unreachable" }, name });
    t.equal(away.certificate?.problem, null, "the certificate is as good as it was");
    t.ok(away.addresses.home, "and phones at home have their address");
    const channels = await remoteFrom(world, neighbour, phone, "channels", "--json");
    t.equal(channels.code, 0, channels.stderr);
    const { body: playback } = await world.box.local<{ id: string; hls: string }>(
      "POST",
      "/api/v1/playback",
      {
        channel: (JSON.parse(channels.stdout) as { channels: { id: string }[] }).channels[0]?.id,
      },
    );
    t.ok(playback.hls, "a channel plays");
    await pair(another);

    await world.cloud.again();
    const back = performance.now();
    await eventually(
      "dig sees the new address",
      async () => (await world.dug(name!)).includes(wan),
      320_000,
      500,
    );
    t.comment(
      `the box was found ${((performance.now() - back) / 1000).toFixed(1)} s after the cloud was back`,
    );
    t.match(await world.online(), {
      registration: "registered",
      doors: { ipv4: { state: "direct", address: wan } },
    });
  },
);
