import { join } from "node:path";
import t from "tap";
import { anywhere, remoteFrom, skipWithoutAnywhere } from "../helpers/anywhere.ts";
import { temporaryFolder } from "../helpers/temporary.ts";

t.test(
  "A2, A3, A7: a box behind a router is found by its name, with a certificate, and a phone in the internet pairs",
  { skip: skipWithoutAnywhere() },
  async (t) => {
    t.setTimeout(240_000);
    const world = await anywhere(t);
    const state = await world.found();
    t.comment(JSON.stringify(state));
    t.same(await world.dug(state.name!), [world.lab.wan]);
    t.same(await world.dug(state.lanName!), [world.lab.box.address]);
    const env = { TELLYPORT_CREDENTIALS: join(await temporaryFolder(t), "credentials.json") };
    const offer = await world.box.openOffer();
    const paired = await remoteFrom(
      world,
      world.lab.phone,
      env,
      "pair",
      state.addresses.away!,
      "--code",
      offer.code,
      "--json",
    );
    t.equal(paired.code, 0, paired.stderr);
    const channels = await remoteFrom(world, world.lab.phone, env, "channels", "--json");
    t.equal(channels.code, 0, channels.stderr);
  },
);
