import t from "tap";
import { openDatabase } from "../../src/kernel/store/database.ts";
import { applyScan } from "../../src/tuner/scan/apply.ts";
import { EMPTY_LINE_UP, type KnownLineUp } from "../../src/tuner/scan/line-up-known.ts";
import { createLineUpStore, foundMultiplexes } from "../../src/tuner/store.ts";
import { temporaryFolder } from "../helpers/temporary.ts";
import { join } from "node:path";
import { dvbt, named, resultOf } from "./scan/scan-fakes.ts";

const lineUp = (): KnownLineUp =>
  applyScan(
    EMPTY_LINE_UP,
    [
      resultOf(named(dvbt(474)), {
        transportStreamId: 1,
        services: [{ id: 1, name: "Ä 央视", lcn: 4 }],
        cnr: 21.5,
      }),
      resultOf(named({ system: "dvbt2", frequencyHz: 498_000_000, bandwidthHz: 8_000_000, plp: 3 }), {
        transportStreamId: 2,
        services: [{ id: 9, name: "" }],
      }),
      resultOf(
        { id: "mock-1", delivery: { system: "mock", index: 1 } },
        { transportStreamId: 3, services: [] },
      ),
    ],
    1000,
  ).lineUp;

t.test("line-up store: comes back as it was, from another process too", async (t) => {
  const path = join(await temporaryFolder(t), "state.db");
  const before = openDatabase(path);
  const store = createLineUpStore(before);
  t.same(store.load(), EMPTY_LINE_UP);
  const known = lineUp();
  store.save(known);
  // No close: as after a power cut.
  const after = openDatabase(path);
  const read = createLineUpStore(after).load();
  t.same([...read.multiplexes].sort(byId), [...known.multiplexes].sort(byId));
  t.same(read.services.length, known.services.length);
  for (const one of known.services)
    t.ok(read.services.some((other) => JSON.stringify(sorted(other)) === JSON.stringify(sorted(one))));
  t.same(
    foundMultiplexes(read).map(({ id }) => id),
    ["dvbt-474.000", "dvbt2-498.000-plp3"],
    "a source's own is its own",
  );
  before.close();
  after.close();
});

t.test(
  "line-up store: writes what differs, removes what is not there, leaves out what has no multiplex",
  (t) => {
    const database = openDatabase(":memory:");
    t.teardown(() => database.close());
    const store = createLineUpStore(database);
    const known = lineUp();
    store.save(known);
    const changes = (): number => Number(database.prepare("SELECT total_changes() AS n").get()?.["n"]);
    const from = changes();
    store.save(known);
    t.equal(changes(), from, "the same again writes no row");
    const [first] = known.services;
    store.save({ ...known, services: first === undefined ? [] : [{ ...first, goneSince: 5 }] });
    t.match(store.load().services, [{ goneSince: 5 }]);
    store.save({ multiplexes: [], services: known.services });
    t.same(store.load(), EMPTY_LINE_UP);
    t.end();
  },
);

t.test("line-up store: a multiplex that three scans have missed is not listed, and not forgotten", (t) => {
  const known = lineUp();
  const missed = { ...known, multiplexes: known.multiplexes.map((one) => ({ ...one, missed: 3 })) };
  t.same(foundMultiplexes(missed), []);
  t.end();
});

const byId = (a: { multiplex: { id: string } }, b: { multiplex: { id: string } }): number =>
  a.multiplex.id < b.multiplex.id ? -1 : 1;
/** Members in one order. */
const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => [key, sorted(member)])
    : value;
