import fastify from "fastify";
import t from "tap";
import { TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import type { ScanProgress } from "../../../src/protocol/api.ts";
import { ChannelScan } from "../../../src/tuner/scan/channel-scan.ts";
import { scanRoutes } from "../../../src/tuner/scan/routes.ts";
import { createLineUpStore } from "../../../src/tuner/store.ts";
import { fakeTuners, second, silentLog } from "../feeding.ts";

type Database = ReturnType<typeof openDatabase>;

/** Tuners without a survey, a scan over them, and time. */
function box(database: Database, behaviour?: Parameters<typeof fakeTuners>[0]["behaviour"]) {
  const fake = fakeTuners({
    drivers: 2,
    multiplexes: 3,
    options: { survey: false },
    ...(behaviour !== undefined && { behaviour }),
  });
  const store = createLineUpStore(database);
  const scan = new ChannelScan({ tuners: fake.tuners, store, clock: fake.clock, log: silentLog });
  scan.start();
  return { ...fake, store, scan };
}

const names = (services: readonly { readonly name: string }[]): string[] =>
  services.map(({ name }) => name).sort();

t.test("channel scan: finds, remembers, and gives the next start its line-up before any lock", async (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const first = box(database, ({ id }) => (id === "mux-3" ? "no-lock" : "lock"));
  t.same(first.tuners.services(), []);
  const told: ScanProgress[] = [];
  first.scan.on((progress) => told.push(progress));
  t.match(first.scan.begin({}), { state: "running", total: 3 });
  t.throws(() => first.scan.begin({}), { code: "scan-running", message: /`tellyport scan --cancel`/ });
  const ended = await first.settle(first.scan.ended());
  t.match(ended, { state: "finished", percent: 100, done: 3, found: { tv: 4 }, error: null });
  t.same(names(ended.services ?? []), ["Service 1.1", "Service 1.2", "Service 2.1", "Service 2.2"]);
  t.equal(ended.diff?.added.length, 4);
  t.same(
    [...ended.multiplexes].map(({ id, outcome }) => [id, outcome === "ok" || outcome === "partial"]).sort(),
    [
      ["mux-1", true],
      ["mux-2", true],
      ["mux-3", false],
    ],
  );
  t.match(told.at(-1), { state: "finished" });
  const again = first.scan.begin({});
  t.match(again, { services: null, diff: null });
  t.match((await first.settle(first.scan.ended())).diff, { added: [], changed: [], gone: [], unchanged: 4 });
  await first.scan.stop();
  await first.tuners.stop?.();

  const next = box(database, () => "no-lock");
  t.same(names(next.tuners.services()), names(ended.services ?? []), "known before anything is tuned");
  const [service] = next.tuners.services();
  t.equal(service === undefined ? null : next.tuners.availability(service.key, "viewer"), "free");
  t.same(
    next.drivers.flatMap(({ calls }) => calls),
    [],
  );
  await next.scan.stop();
  await next.tuners.stop?.();
  t.equal(next.clock.pending, 0);
});

t.test("channel scan: a dry run tells and changes nothing", async (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const { scan, store, settle, tuners, substitute } = box(database);
  substitute.set("dvbt-474.000", second(1)).set("dvbt-498.000", second(2));
  scan.begin({ dryRun: true, initial: "T 474000000 8MHz\nT 498000000 8MHz" });
  const ended = await settle(scan.ended());
  t.match(ended, { state: "finished", dryRun: true });
  t.equal(ended.diff?.added.length, 4);
  t.same(store.load().multiplexes, []);
  t.same(tuners.services(), []);
  scan.begin({ initial: "T 474000000 8MHz" });
  await settle(scan.ended());
  t.same(
    tuners.services().map(({ multiplex }) => multiplex.id),
    ["dvbt-474.000", "dvbt-474.000"],
    "without it the same is there at once",
  );
  t.equal(store.load().services.length, 2);
  await scan.stop();
  await tuners.stop?.();
});

t.test("channel scan: cancelled, it changes nothing, and another one may begin", async (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const { scan, store, run, settle, tuners, clock } = box(database, () => "silence");
  t.match(await scan.cancel(), { state: "idle" }, "none runs");
  scan.begin({ initial: "T 474000000 8MHz" });
  await run(300);
  t.match(await settle(scan.cancel()), { state: "cancelled", services: null });
  t.same(store.load().services, []);
  t.match(scan.begin({}), { state: "running" });
  await settle(scan.stop());
  await tuners.stop?.();
  t.equal(clock.pending, 0);
});

t.test("channel scan: says when no tuner can receive what was asked for", async (t) => {
  const database = openDatabase(":memory:");
  t.teardown(() => database.close());
  const { scan, settle, tuners } = box(database, () => "device-gone");
  scan.begin({ initial: "T 474000000 8MHz" });
  t.match(await settle(scan.ended(), 200_000), { state: "failed", error: "device-gone", diff: null });
  await scan.stop();
  await tuners.stop?.();
});

t.test("channel scan: over the API", async (t) => {
  const database = openDatabase(":memory:");
  const { scan, settle, tuners } = box(database);
  const app = fastify().setValidatorCompiler(TypeBoxValidatorCompiler);
  t.teardown(async () => {
    await app.close();
    await scan.stop();
    await tuners.stop?.();
    database.close();
  });
  await app.register(scanRoutes(scan));
  t.match((await app.inject("/api/v1/scan")).json(), { state: "idle" });
  t.equal(
    (await app.inject({ method: "POST", url: "/api/v1/scan", payload: { country: "France" } })).statusCode,
    400,
  );
  const begun = await app.inject({ method: "POST", url: "/api/v1/scan", payload: { dryRun: true } });
  t.equal(begun.statusCode, 202);
  t.match(begun.json(), { state: "running", dryRun: true });
  await settle(scan.ended());
  const { services } = (await app.inject("/api/v1/scan")).json<{ services: { name: string }[] }>();
  t.equal(services.length, 6);
  t.match((await app.inject({ method: "DELETE", url: "/api/v1/scan" })).json(), { state: "finished" });
});
