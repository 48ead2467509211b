import { createSocket } from "node:dgram";
import t from "tap";
import { systemClock } from "../../../../src/kernel/clock.ts";
import { createSatipSource, type SatipSourceOptions } from "../../../../src/tuner/drivers/satip/index.ts";
import type { Multiplex } from "../../../../src/tuner/ports.ts";
import { FakeSatipServer } from "../../../helpers/fake-satip-server.ts";
import { fakeSsdpDevice } from "../../../helpers/fake-ssdp-device.ts";
import { eventually, FIRST, log, never, NotingSink, PIDS, satellite, streamOf } from "./satip-fixtures.ts";

const STREAMS = { "11494": streamOf(PIDS, 0xaa) };
const TERRESTRIAL: Multiplex = {
  id: "T",
  delivery: { system: "dvbt", frequencyHz: 514e6, bandwidthHz: 8e6, plp: null },
};

function open(
  t: { teardown(fn: () => unknown): void },
  options: Partial<SatipSourceOptions>,
): ReturnType<typeof createSatipSource> {
  const source = createSatipSource({
    clock: systemClock,
    log,
    discover: false,
    servers: [],
    transport: "auto",
    satellites: [],
    periodMs: 200,
    ...options,
  });
  t.teardown(async () => {
    for (const driver of source.drivers) await driver.close();
    await source.close();
  });
  return source;
}

async function fakeServer(t: { teardown(fn: () => unknown): void }): Promise<FakeSatipServer> {
  const fake = await new FakeSatipServer(STREAMS).start();
  t.teardown(() => fake.close());
  return fake;
}

t.test("satip: discovery", { jobs: 4 }, async (t) => {
  t.test(
    "a server that a search finds gives the tuners that its description names",
    { buffered: true },
    async (t) => {
      const fake = await fakeServer(t);
      const to = { address: "127.0.0.1", port: await fake.announce() };
      const source = open(t, { discover: true, search: { to, interfaces: ["127.0.0.1"], mx: 0 } });
      let changes = 0;
      source.onChange?.(() => changes++);
      t.same(source.drivers, [], "none before");
      await eventually("drivers", () => source.drivers.length > 0);
      t.same(
        source.drivers.map(({ id, name }) => [id, name]),
        [
          ["satip-abcdefabcdef-dvbs2-1", "Fake & fast DVBS2 1"],
          ["satip-abcdefabcdef-dvbs2-2", "Fake & fast DVBS2 2"],
          ["satip-abcdefabcdef-dvbt-1", "Fake & fast DVBT 1"],
        ],
      );
      t.same(
        source.drivers.map((driver) => [driver.accepts(FIRST), driver.accepts(TERRESTRIAL)]),
        [
          [true, false],
          [true, false],
          [false, true],
        ],
      );
      t.equal(changes, 1);
      const [driver] = source.drivers;
      const sink = new NotingSink();
      await driver!.tune(FIRST, sink, never);
      await eventually("packets", () => sink.packetsSeen > 0);
      await driver!.close();
      const before = [...source.drivers];
      const { port } = fake;
      await fake.die();
      await eventually("its end", () => source.drivers.length === 0);
      await fake.start(port);
      await eventually("its return", () => source.drivers.length === 3);
      t.equal(changes, 3);
      t.ok(
        source.drivers.every((one, i) => one === before[i]),
        "they are the same tuners",
      );
    },
  );

  t.test("a server whose address is known is asked what it has", { buffered: true }, async (t) => {
    const fake = await fakeServer(t);
    const unicastPort = await fake.announce();
    const servers = [{ host: "127.0.0.1", port: fake.port, capabilities: "", frontends: [] }];
    const source = open(t, { servers, search: { unicastPort, interfaces: ["127.0.0.1"], mx: 0 } });
    await eventually("drivers", () => source.drivers.length === 3);
    t.equal(source.drivers[0]?.id, `satip-127.0.0.1-${fake.port}-dvbs2-1`);
    t.equal(fake.asked("DESCRIBE").length, 1);
  });

  t.test("without a description RTSP tells the numbers of front ends", { buffered: true }, async (t) => {
    const fake = await fakeServer(t);
    const silent = await fakeSsdpDevice({ target: "other", uuid: "", description: () => "" });
    t.teardown(() => silent.close());
    const servers = [{ host: "127.0.0.1", port: fake.port, capabilities: "", frontends: [] }];
    const source = open(t, {
      servers,
      search: { unicastPort: silent.port, interfaces: ["127.0.0.1"], mx: 0 },
    });
    await eventually("drivers", () => source.drivers.length > 0);
    t.same(
      source.drivers.map((driver) => driver.id.replace(/^.*-(dvb)/, "$1")),
      ["dvbs2-1", "dvbs2-2", "dvbt2-1"],
    );
  });

  t.test(
    "a description at another address than the answer's is not fetched",
    { buffered: true },
    async (t) => {
      let fetched = 0;
      const elsewhere = await fakeSsdpDevice({
        target: "x",
        uuid: "",
        description: () => (fetched++, "<root/>"),
      });
      const liar = await fakeSsdpDevice({
        target: "urn:ses-com:device:SatIPServer:1",
        uuid: "liar",
        description: () => "",
        location: elsewhere.location.replace("127.0.0.1", "localhost"),
      });
      t.teardown(() => Promise.all([elsewhere.close(), liar.close()]));
      const to = { address: "127.0.0.1", port: liar.port };
      open(t, { discover: true, search: { to, interfaces: ["127.0.0.1"], mx: 0 } });
      // Three questions are one search; when there are more, it is over and its answers were looked at.
      await eventually("a second search", () => liar.searches.length > 3);
      t.equal(fetched, 0);
    },
  );
});

t.test("satip: what the configuration names is there at once", async (t) => {
  const fake = await fakeServer(t);
  const server = { host: "127.0.0.1", port: fake.port, capabilities: "DVBS2-4,DVBC-1", frontends: [] };
  t.equal(open(t, { servers: [server] }).drivers.length, 5);
  const [forced, ...others] = open(t, { servers: [{ ...server, frontends: [2] }] }).drivers;
  t.same(others, [], "one tuner for each front end that is named");
  const sink = new NotingSink();
  await forced!.tune(FIRST, sink, never);
  t.equal(fake.asked("SETUP")[0]?.query.get("fe"), "2");
});

t.test("satip: each orbital position has its source, and others are not accepted", async (t) => {
  const fake = await fakeServer(t);
  const servers = [{ host: "127.0.0.1", port: fake.port, capabilities: "DVBS2-1", frontends: [] }];
  const satellites = [
    { orbital: "19.2E", source: 2 },
    { orbital: "0.8W", source: 3 },
  ];
  const [driver] = open(t, { servers, satellites }).drivers;
  const at = (orbital: string | null): Multiplex => {
    const { delivery } = satellite(11_494_000);
    return { id: `at ${orbital}`, delivery: { ...delivery, orbital } as Multiplex["delivery"] };
  };
  t.same(
    ["19.2E", "S19.2E", "0.8W", "0.8E", "28.2E", null].map((orbital) => driver?.accepts(at(orbital))),
    [true, true, true, false, false, true],
  );
  await driver!.tune(at("0.8W"), new NotingSink(), never);
  t.equal(fake.asked("SETUP")[0]?.query.get("src"), "3");
  await t.rejects(driver!.tune(at("28.2E"), new NotingSink(), never), { code: "unsupported" });
});

t.test("T16: a server whose own address was not asked for is a neighbour, or is left alone", async (t) => {
  let fetched = 0;
  const target = "urn:ses-com:device:SatIPServer:1";
  const device = await fakeSsdpDevice({ target, uuid: "self", description: () => (fetched++, "<root/>") });
  t.teardown(() => device.close());
  // What was searched is another address of this machine: the answer is nobody's whom the installer named.
  const to = { address: "127.0.0.2", port: device.port };
  let searches = 0;
  const relay = createSocket("udp4");
  t.teardown(() => relay.close());
  await new Promise<void>((resolve) => relay.bind(device.port, "127.0.0.2", resolve));
  relay.on("message", (_message, from) => {
    searches++;
    // Answered from 127.0.0.1, as the device itself would.
    const sender = createSocket("udp4");
    sender.bind(0, "127.0.0.1", () => {
      const lines = ["HTTP/1.1 200 OK", `ST: ${target}`, "USN: uuid:self", `LOCATION: ${device.location}`];
      sender.send(`${lines.join("\r\n")}\r\n\r\n`, from.port, from.address, () => sender.close());
    });
  });
  const source = open(t, { discover: true, search: { to, interfaces: ["127.0.0.1"], mx: 0 } });
  await eventually("a second search", () => searches > 3);
  t.equal(fetched, 0);
  t.same(source.drivers, []);
  t.match(source.missing?.(), [
    /127\.0\.0\.1 is not asked: it is this box itself\. If it is meant, write 127\.0\.0\.1 as a host under tuners\.satip\.servers/,
  ]);
});
