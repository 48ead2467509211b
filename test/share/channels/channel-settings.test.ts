import { join } from "node:path";
import t from "tap";
import { isTellyportError } from "../../../src/kernel/errors.ts";
import { openDatabase, type Database } from "../../../src/kernel/store/database.ts";
import { ChannelList } from "../../../src/share/channels/channel-list.ts";
import { createChannelSettingsStore } from "../../../src/share/channels/channel-settings.ts";
import { createChannelStore } from "../../../src/share/channels/channel-store.ts";
import { SHARE_MIGRATIONS } from "../../../src/share/schema.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";
import { FakeTuners, service, silent } from "../fakes.ts";

function listOf(database: Database, tuners: FakeTuners): ChannelList {
  database.migrate("share", SHARE_MIGRATIONS);
  const store = createChannelStore(database);
  const settings = createChannelSettingsStore(database);
  const list = new ChannelList({ tuners, store, settings, clock: new FakeClock(), log: silent });
  list.start();
  return list;
}

const idOf = (list: ChannelList, name: string): string =>
  list.all().find((one) => one.name === name)?.id ?? "";
const shown = (list: ChannelList): [number, string][] =>
  list
    .all()
    .filter(({ visible }) => visible)
    .map(({ number, name }) => [number, name]);

t.test("channel settings: number, name, hiding and mark outlive rescans, absence and restarts", async (t) => {
  const path = join(await temporaryFolder(t), "state.db");
  const database = openDatabase(path);
  const services = [service(1, { lcn: 1 }), service(2, { lcn: 2 }), service(3, { lcn: 3, visible: false })];
  const tuners = new FakeTuners(services);
  const list = listOf(database, tuners);
  t.same(shown(list), [
    [1, "Channel 1"],
    [2, "Channel 2"],
  ]);
  const [one, two, three] = ["Channel 1", "Channel 2", "Channel 3"].map((name) => idOf(list, name)) as [
    string,
    string,
    string,
  ];
  t.match(list.decide(one, { number: 9, name: "Mine", favourite: true }), {
    number: 9,
    name: "Mine",
    favourite: true,
  });
  list.decide(two, { hidden: true });
  list.decide(three, { hidden: false });
  const decided: [number, string][] = [
    [3, "Channel 3"],
    [9, "Mine"],
  ];
  t.same(shown(list), decided);
  // The broadcaster renames and renumbers, then all vanish, then come back.
  tuners.list = services.map((each) => ({ ...each, name: `${each.name} HD`, lcn: (each.lcn ?? 0) + 10 }));
  list.refresh();
  t.match(list.get(one), { number: 9, name: "Mine", lcn: 11 });
  tuners.list = [];
  list.refresh();
  t.match(list.get(two), { hidden: true });
  tuners.list = services;
  list.refresh();
  t.same(shown(list), decided);
  list.stop();
  // No close: as after a power cut.
  const later = openDatabase(path);
  const next = listOf(later, new FakeTuners());
  t.same(shown(next), decided);
  t.match(next.decide(one, null), { name: "Channel 1", favourite: false, hidden: false });
  next.stop();
  database.close();
  later.close();
});

t.test("channel settings: a number of another channel is refused in words, with a free one", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const tuners = new FakeTuners([service(1, { lcn: 1 }), service(2, { lcn: 2 }), service(3, { lcn: 3 })]);
  const list = listOf(database, tuners);
  const one = idOf(list, "Channel 1");
  try {
    list.decide(one, { number: 2 });
    t.fail("was not refused");
  } catch (error) {
    t.ok(isTellyportError(error, "channel-number-taken"));
    t.match(error, {
      message: /2 is the number of "Channel 2": .*such as 4/,
      detail: { name: "Channel 2", free: 4 },
    });
  }
  t.match(list.get(one), { number: 1 }, "nothing changed");
  t.match(list.decide(one, { number: 1 }), { number: 1 }, "its own is its own");
  tuners.list = [service(1, { lcn: 1 })];
  list.refresh();
  t.match(list.decide(one, { number: 2 }), { number: 2 }, "one that is not on air gives way");
  t.throws(() => list.decide("none", { hidden: true }), { code: "channel-not-found" });
  list.stop();
  t.end();
});

t.test("channel settings: an HD simulcast stands where people look for the channel", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const list = listOf(
    database,
    new FakeTuners([
      service(1, { lcn: 2, name: "Two" }),
      service(2, { lcn: 102, simulcastLcn: 2, name: "Two HD" }),
    ]),
  );
  t.same(shown(list), [
    [2, "Two HD"],
    [102, "Two"],
  ]);
  list.stop();
  t.end();
});
