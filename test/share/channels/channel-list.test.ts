import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { openDatabase, type Database } from "../../../src/kernel/store/database.ts";
import { seconds } from "../../../src/kernel/units.ts";
import { ChannelList } from "../../../src/share/channels/channel-list.ts";
import { codecsOf } from "../../../src/share/channels/codec-facts.ts";
import { createChannelStore } from "../../../src/share/channels/channel-store.ts";
import { SHARE_MIGRATIONS } from "../../../src/share/schema.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { FakeTuners, service, silent, videoTrack } from "../fakes.ts";

function listOf(database: Database, tuners: FakeTuners, clock = new FakeClock()): ChannelList {
  database.migrate("share", SHARE_MIGRATIONS);
  const list = new ChannelList({ tuners, store: createChannelStore(database), clock, log: silent });
  list.start();
  return list;
}

t.test("channel list: is there after a restart before anything is tuned", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tellyport-channels-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "state.db");
  const before = openDatabase(path);
  const services = [service(1, { lcn: 7, name: "央视" }), service(2, { kind: "radio", provider: null })];
  const list = listOf(before, new FakeTuners(services));
  const id = list.all()[1]?.id ?? "";
  const codecs = codecsOf([videoTrack()], true);
  list.learn(id, { codecs });
  list.learn(id, { history: { longestSegment: seconds(1.92), peak: 5, average: 4 } });
  const remembered = list.all();
  // No close, no stop: as after kill -9, a second process reads what was committed.
  const after = openDatabase(path);
  const again = listOf(after, new FakeTuners());
  t.same(again.all(), remembered);
  t.match(again.get(id), { number: 7, name: "央视", codecs, history: { longestSegment: 1.92 } });
  t.equal(again.availability(remembered[0]!, "viewer"), "no-signal", "nothing is on air yet");
  before.close();
  after.close();
  t.end();
});

t.test("channel list: follows the line-up; what vanishes is kept without signal", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const clock = new FakeClock();
  const tuners = new FakeTuners([service(1), service(2)]);
  const list = listOf(database, tuners, clock);
  let changes = 0;
  list.changed.on(() => changes++);
  tuners.list = [service(2, { name: "Renamed" }), service(3, { scrambled: true })];
  tuners.emit({ kind: "lineup" });
  tuners.emit({ kind: "lineup" });
  clock.advance(200);
  t.equal(changes, 1, "changes are gathered");
  t.same(
    list.all().map(({ number, name }) => [number, name]),
    [
      [1, "Channel 1"],
      [2, "Renamed"],
      [3, "Channel 3"],
    ],
  );
  t.same(
    list.all().map((channel) => list.availability(channel, "viewer")),
    ["no-signal", "free", "scrambled"],
  );
  list.stop();
  t.equal(tuners.listeners, 0);
  t.equal(clock.pending, 0);
  t.end();
});

t.test("channel list: an id outlives the original_network_id becoming known, not another multiplex", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const tuners = new FakeTuners([service(1)]);
  const list = listOf(database, tuners);
  const id = list.all()[0]?.id;
  const late = service(1);
  tuners.list = [{ ...late, key: { ...late.key, originalNetworkId: 8442 } }];
  list.refresh();
  t.same(
    list.all().map((channel) => [channel.id, channel.key.originalNetworkId]),
    [[id, 8442]],
  );
  tuners.list = [{ ...late, multiplex: { id: "mock-2", delivery: { system: "mock", index: 2 } } }];
  list.refresh();
  t.equal(list.all().length, 2);
  list.stop();
  t.end();
});

t.test("channel list: writes nothing when nothing changed", (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  database.migrate("share", SHARE_MIGRATIONS);
  const store = createChannelStore(database);
  let saved = 0;
  const counting = {
    ...store,
    save: (channels: Parameters<typeof store.save>[0]) => (saved++, store.save(channels)),
  };
  const clock = new FakeClock();
  const list = new ChannelList({ tuners: new FakeTuners([service(1)]), store: counting, clock, log: silent });
  list.start();
  t.equal(saved, 1);
  clock.advance(60_000);
  list.refresh();
  t.equal(saved, 1, "a later last-seen alone is not written");
  clock.advance(3_600_000);
  list.refresh();
  t.equal(saved, 2, "once an hour it is");
  list.stop();
  t.end();
});
