import { Writable } from "node:stream";
import t from "tap";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { createLog } from "../../../../src/kernel/log.ts";
import { createSafeFetch } from "../../../../src/kernel/safe-fetch/index.ts";
import {
  foundDevice,
  namedDevice,
  readDevice,
  readLineup,
} from "../../../../src/tuner/drivers/hdhomerun/device.ts";
import { createHdhomerunSource } from "../../../../src/tuner/drivers/hdhomerun/index.ts";
import type { Multiplex, TunerDriver, TunerSource } from "../../../../src/tuner/ports.ts";
import { eventually } from "../../../helpers/daemon.ts";
import { FakeClock } from "../../../helpers/fake-clock.ts";
import type { Teardown } from "../../../helpers/temporary.ts";
import { generateCapture } from "../file/generated-capture.ts";
import { httpSite } from "../network/http-site.ts";
import { RecordingSink } from "../network/recording-sink.ts";
import { fakeDevice, type FakeDevice } from "./fake-device.ts";

const STREAM = generateCapture({ seconds: 1 });
const silent = createLog({ level: "silent" });
const never = (): AbortSignal => new AbortController().signal;

async function open(t: Teardown, device: FakeDevice, log = silent): Promise<TunerSource> {
  const source = await createHdhomerunSource({
    hosts: [device.site.host],
    discover: false,
    clock: systemClock,
    log,
  });
  t.teardown(async () => {
    for (const driver of source.drivers) await driver.close();
    await source.close?.();
  });
  return source;
}

function first(source: TunerSource): { driver: TunerDriver; multiplex: Multiplex } {
  const driver = source.drivers[0];
  const multiplex = source.multiplexes.find(({ listed }) => listed?.name === "Five point one");
  if (driver === undefined || multiplex === undefined) throw new Error("the device was not read");
  return { driver, multiplex };
}

t.test("hdhomerun: a device is found by discovery; replies that are none do no harm", async (t) => {
  const device = await fakeDevice(t, STREAM);
  device.says.noise = [Buffer.from("nonsense"), Buffer.alloc(1400, 3), Buffer.alloc(0)];
  const source = await createHdhomerunSource({
    hosts: [],
    discover: true,
    clock: systemClock,
    log: silent,
    targets: [device.discovery],
  });
  t.teardown(() => source.close?.());
  t.ok(device.discoveryRequests() >= 1);
  t.same(
    source.drivers.map(({ id, name }) => [id, name]),
    [
      ["hdhomerun-1038a1b2-0", "HDHomeRun TEST 1"],
      ["hdhomerun-1038a1b2-1", "HDHomeRun TEST 2"],
    ],
  );
});

t.test(
  "hdhomerun: each channel of the line-up is a multiplex; protected ones are counted and left out",
  async (t) => {
    let text = "";
    const log = createLog({
      destination: new Writable({
        write: (chunk: Buffer, _encoding, done) => ((text += chunk.toString()), done()),
      }),
    });
    const device = await fakeDevice(t, STREAM);
    const source = await open(t, device, log);
    t.same(source.multiplexes, [
      {
        id: "hdhomerun:1038a1b2:v1",
        delivery: { system: "hdhomerun", device: "1038a1b2", channel: "v1" },
        listed: { name: "One", number: 1 },
      },
      {
        id: "hdhomerun:1038a1b2:v5.1",
        delivery: { system: "hdhomerun", device: "1038a1b2", channel: "v5.1" },
        listed: { name: "Five point one", number: null },
      },
    ]);
    t.match(text, /"channels":2,"protectedCount":2/);
    const { driver } = first(source);
    t.equal(driver.accepts(source.multiplexes[0] as Multiplex), true);
    t.equal(
      driver.accepts({ id: "x", delivery: { system: "hdhomerun", device: "ffffffff", channel: "v1" } }),
      false,
    );
  },
);

t.test("hdhomerun: a channel plays, tells its signal, and is let go", async (t) => {
  const device = await fakeDevice(t, STREAM);
  device.says.status = [
    { Resource: "tuner0" },
    { Resource: "tuner1", VctNumber: "5.1", TargetIP: "10.9.9.9", SignalQualityPercent: 11 },
    {
      Resource: "tuner2",
      VctNumber: "5.1",
      TargetIP: "127.0.0.1",
      SignalStrengthPercent: 90,
      SignalQualityPercent: 73,
      SymbolQualityPercent: 100,
    },
  ];
  const { driver, multiplex } = first(await open(t, device));
  const sink = new RecordingSink();
  await driver.tune(multiplex, sink, never());
  await eventually("the stream", () => sink.packetCount === STREAM.length / 188);
  t.same([...device.streams], ["/auto/v5.1"]);
  await eventually("the signal", () => driver.signal().quality === 0.73);
  t.same(driver.signal(), { locked: true, strength: null, cnr: null, quality: 0.73 });
  await driver.close();
  await eventually("the connection's end", () => device.streams.size === 0);
  t.same(driver.signal(), { locked: false, strength: null, cnr: null, quality: null });
  t.equal(sink.failure, null);
});

t.test("hdhomerun: each reason of a refusal is a code of ours, with what to do", async (t) => {
  const device = await fakeDevice(t, STREAM);
  const { driver, multiplex } = first(await open(t, device));
  for (const [status, error, code, words] of [
    [503, "805 - All Tuners In Use", "device-busy", /in use by other programs \(805\)/],
    [503, "804 - Tuner In Use", "device-busy", /804/],
    [503, "806 - Tune Failed", "no-lock", /aerial/],
    [503, "807 - No Video Data", "no-data", /another channel/],
    [404, "801 - Unknown Channel", "unsupported", /scan for channels on the device/],
    [403, "811 - Content Protection Required", "unsupported", /copy protected/],
    [503, undefined, "device-busy", /try again later/],
    [404, undefined, "unsupported", /scan for channels/],
    [500, "999 - Whatever", "unsupported", /firmware/],
  ] as const) {
    device.says.refuse = () => ({ status, ...(error !== undefined && { error }) });
    await t.rejects(
      driver.tune(multiplex, new RecordingSink(), never()),
      { code, message: words },
      `${status} ${error}`,
    );
  }
  await device.site.stop();
  await t.rejects(driver.tune(multiplex, new RecordingSink(), never()), {
    code: "device-gone",
    message: /switched on/,
  });
});

t.test("hdhomerun: streams are asked for where the line-up says, but at no other host", async (t) => {
  const device = await fakeDevice(t, STREAM);
  device.says.lineup = [
    { GuideNumber: "1", GuideName: "One", URL: `${device.site.url}/stream/abc?x=1` },
    { GuideNumber: "2", GuideName: "Two", URL: "http://192.0.2.1/stream/abc" },
  ];
  const source = await open(t, device);
  const [driver] = source.drivers;
  const [one] = source.multiplexes;
  if (driver === undefined || one === undefined) throw new Error("the device was not read");
  const sink = new RecordingSink();
  await driver.tune(one, sink, never());
  await eventually("the stream", () => sink.packetCount > 0);
  t.same([...device.streams], ["/stream/abc?x=1"]);
  const deps = { fetch: createSafeFetch({ clock: systemClock }) };
  const lineup = await readLineup(await readDevice(namedDevice(new URL(device.site.url)), deps), deps);
  t.equal(lineup.channels[1]?.streamUrl.href, "http://127.0.0.1:5004/auto/v2");
  const gone = { ...one, delivery: { system: "hdhomerun", device: "1038a1b2", channel: "v9" } } as const;
  await t.rejects(driver.tune(gone, new RecordingSink(), never()), {
    code: "unsupported",
    message: /no longer/,
  });
});

t.test("hdhomerun: a stream that the device ends is no-data", async (t) => {
  const device = await fakeDevice(t, STREAM);
  const { driver, multiplex } = first(await open(t, device));
  const sink = new RecordingSink();
  await driver.tune(multiplex, sink, never());
  await eventually("the stream", () => sink.packetCount > 0);
  await device.site.stop();
  await eventually("the failure", () => sink.failure?.code === "no-data");
  t.same(sink.events, ["failed no-data"]);
});

t.test("hdhomerun: what is no device, too long or elsewhere is refused, and asked again later", async (t) => {
  let body = "[]";
  const site = await httpSite(t, (_request, response) => void response.end(body));
  const clock = new FakeClock();
  const source = await createHdhomerunSource({ hosts: [site.host], discover: false, clock, log: silent });
  t.teardown(() => source.close?.());
  t.same(source.drivers, []);
  body = " ".repeat(3 * 1024 * 1024);
  clock.advance(30_000);
  await eventually("the second reading", () => site.requests.length === 2);
  const device = { DeviceID: "00000001", TunerCount: 1, LineupURL: "http://192.0.2.1/lineup.json" };
  body = JSON.stringify(device);
  await eventually("the device is asked for its own line-up", () => {
    clock.advance(30_000);
    return site.requests.includes("GET /lineup.json");
  });
  t.same(source.multiplexes, [], "an object is no line-up");
});

t.test("hdhomerun: a line-up that changes is told; the tuners keep their ids", async (t) => {
  const device = await fakeDevice(t, STREAM);
  const clock = new FakeClock();
  const source = await createHdhomerunSource({
    hosts: [device.site.host],
    discover: false,
    clock,
    log: silent,
  });
  t.teardown(() => source.close?.());
  let changes = 0;
  source.onChange?.(() => changes++);
  const drivers = [...source.drivers];
  device.says.lineup = [{ GuideNumber: "2", GuideName: "Two", URL: `${device.site.url}/auto/v2` }];
  device.says.tuners = 3;
  await eventually("the change", () => {
    clock.advance(60_000);
    return changes === 1;
  });
  t.same(
    source.multiplexes.map(({ id }) => id),
    ["hdhomerun:1038a1b2:v2"],
  );
  t.equal(source.drivers.length, 3);
  t.equal(source.drivers[0], drivers[0]);
  await device.site.stop();
  clock.advance(10 * 60_000);
  t.equal(source.drivers.length, 3, "a device that is away keeps its place");
});

t.test("hdhomerun: an address that is none is a fault of the configuration", async (t) => {
  for (const host of ["a b", "192.168.1.20/lineup.json", "user@192.168.1.20"])
    await t.rejects(
      createHdhomerunSource({ hosts: [host], discover: false, clock: systemClock, log: silent }),
      { code: "config-invalid", message: /no address of a HDHomeRun/ },
      host,
    );
});

t.test("T16: a device that is this machine is left alone, unless the installer names it", async (t) => {
  const device = await fakeDevice(t, STREAM);
  const base = new URL(device.site.url);
  const fetch = createSafeFetch({ clock: systemClock });
  await t.rejects(readDevice(foundDevice(base), { fetch }), {
    code: "fetch-refused",
    message: /it is this box itself\. If it is meant, write 127\.0\.0\.1:\d+ under tuners\.hdhomerun\.hosts/,
  });
  t.equal(device.site.requests.length, 0);
  const named = await readDevice(namedDevice(base), { fetch });
  t.equal(named.id, "1038a1b2");
  // Its streams are at its own port or the maker's; one at another port of this machine is not asked for.
  const elsewhere = await httpSite(t, (_request, response) => void response.end());
  device.says.lineup = [{ GuideNumber: "1", GuideName: "One", URL: `${elsewhere.url}/auto/v1` }];
  const source = await open(t, device);
  const [driver] = source.drivers;
  const [multiplex] = source.multiplexes;
  if (driver === undefined || multiplex === undefined) throw new Error("the device was not read");
  await t.rejects(driver.tune(multiplex, new RecordingSink(), never()), {
    code: "unsupported",
    message: /not asked/,
  });
  t.equal(elsewhere.requests.length, 0);
});
