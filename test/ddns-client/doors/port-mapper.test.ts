import t from "tap";
import type { DoorMemory } from "../../../src/ddns-client/doors/door-memory.ts";
import type { DoorProtocolName } from "../../../src/ddns-client/doors/door-protocol.ts";
import { createPortMapper } from "../../../src/ddns-client/doors/doors.ts";
import type { MappingState } from "../../../src/ddns-client/doors/mapping-state.ts";
import type { PortMapperOptions } from "../../../src/ddns-client/doors/mapper-options.ts";
import type { PortMapper } from "../../../src/ddns-client/doors/port-mapper.ts";
import { systemClock, type Clock } from "../../../src/kernel/clock.ts";
import { namedReach } from "../../../src/kernel/safe-fetch/index.ts";
import { eventually } from "../../helpers/daemon.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import {
  fakeIgd,
  fakeUdpGateway,
  LOOPBACK_WAY,
  natPmpAnswer,
  pcpAnswer,
  type FakeIgd,
  type IgdCall,
} from "../../helpers/fake-gateway.ts";
import type { Teardown } from "../../helpers/temporary.ts";
import { passingDoorMemory } from "../../helpers/passing-door-memory.ts";

interface Bench {
  readonly clock?: Clock;
  readonly speak: readonly DoorProtocolName[];
  readonly port?: number;
  readonly igd?: FakeIgd;
  readonly memory?: DoorMemory;
  readonly options?: Partial<PortMapperOptions>;
  readonly log?: string[];
}

/** A mapper whose router is on loopback. */
function mapperOf(t: Teardown, bench: Bench): PortMapper {
  const { clock = systemClock, speak, igd, log = [] } = bench;
  const write = (fields: object, event: string): void => void log.push(`${event} ${JSON.stringify(fields)}`);
  const mapper = createPortMapper(
    {
      clock,
      log: { debug: write, info: write, warn: write, error: write },
      memory: bench.memory ?? passingDoorMemory(),
      random: () => 0.5,
      speak,
      place: {
        way: async () => LOOPBACK_WAY,
        port: bench.port ?? 9,
        announcePort: 0,
        ...(igd !== undefined && { search: igd.search, reach: namedReach(new URL(igd.origin)) }),
      },
    },
    { internalPort: 8443, open: true, ...bench.options },
  );
  t.teardown(async () => {
    const stopping = mapper.stop();
    // What waits at the end waits for this clock.
    if (clock instanceof FakeClock) await clock.advanceAsync(5000, 20);
    await stopping;
  });
  mapper.start();
  return mapper;
}

const until = (mapper: PortMapper, ...wanted: MappingState["status"][]): Promise<MappingState> =>
  eventually(wanted.join(" or "), () => wanted.includes(mapper.state.status) && mapper.state, 60_000, 10);

/** Moves the clock until the mapper's door is open. */
async function opened(clock: FakeClock, mapper: PortMapper): Promise<MappingState> {
  for (let i = 0; i < 2000 && mapper.state.status !== "open"; i++) await clock.advanceAsync(20, 20);
  return mapper.state;
}

const actions = ({ calls }: FakeIgd): string[] => calls.map(({ action }) => action);
const ADDRESS = { NewExternalIPAddress: "5.5.5.5" };

/** An IGD that has an address, and answers to the order to map as it is told. */
const igdThat = (
  t: Teardown,
  add: (call: IgdCall) => Record<string, string> | number,
  service = "WANIPConnection:1",
): Promise<FakeIgd> =>
  fakeIgd(t, {
    services: [service],
    answer: (call) =>
      call.action === "GetExternalIPAddress" ? ADDRESS : /^Add/.test(call.action) ? add(call) : 714,
  });

t.test("igd: a port that is taken: another one; of a second version, the router's choice", async (t) => {
  const igd = await igdThat(t, ({ values }) => (values["NewExternalPort"] === "8443" ? 718 : {}));
  const state = await until(mapperOf(t, { speak: ["igd"], igd }), "open");
  t.equal(state.externalPort, 40_000);
  const second = await igdThat(
    t,
    ({ action }) => (action === "AddAnyPortMapping" ? { NewReservedPort: "9999" } : 718),
    "WANIPConnection:2",
  );
  t.equal((await until(mapperOf(t, { speak: ["igd"], igd: second }), "open")).externalPort, 9999);
});

t.test("igd: leases for good, and equal ports, where a router wants nothing else", async (t) => {
  const igd = await igdThat(t, ({ values }) =>
    values["NewLeaseDuration"] !== "0"
      ? 725
      : values["NewExternalPort"] !== values["NewInternalPort"]
        ? 724
        : {},
  );
  const mapper = mapperOf(t, { speak: ["igd"], igd, options: { externalPort: 9000 } });
  t.match(await until(mapper, "open"), { externalPort: 8443, until: null });
  await mapper.stop();
  t.equal(actions(igd).at(-1), "DeletePortMapping", "and taken away in the end");
});

t.test("igd: refused, in the router's words, and the port of nobody else is deleted", async (t) => {
  const igd = await igdThat(t, () => 606);
  const mapper = mapperOf(t, { speak: ["igd"], igd });
  const { refusals } = await until(mapper, "refused");
  t.same(refusals, [{ protocol: "igd", reason: "not-allowed", words: "UPnP 606 as told" }]);
  await mapper.stop();
  t.notOk(actions(igd).includes("DeletePortMapping"));
});

t.test("T16: a gateway's description elsewhere than on the gateway is not asked for", async (t) => {
  const canary = await igdThat(t, () => ({}));
  const igd = await fakeIgd(t, {
    answer: () => 501,
    location: canary.origin.replace("127.0.0.1", "127.0.0.2"),
  });
  const mapper = mapperOf(t, { speak: ["igd"], igd });
  await until(mapper, "silent");
  t.same([canary.calls, igd.calls], [[], []]);
});

t.test("pcp: what was lost is sent again, what a stranger sends is not read", async (t) => {
  let asked = 0;
  const gateway = await fakeUdpGateway(t, (message) => {
    const good = pcpAnswer(message);
    const wrong = Buffer.from(good);
    wrong[24]! ^= 1;
    // Of an ANNOUNCE there is nothing to tell by.
    return message.length < 60
      ? good
      : asked++ === 0
        ? null
        : [Buffer.from("x"), pcpAnswer(message).subarray(0, 24), wrong, good];
  });
  const clock = new FakeClock();
  const mapper = mapperOf(t, { clock, speak: ["pcp"], port: gateway.port });
  t.match(await opened(clock, mapper), { protocol: "pcp", externalAddress: "5.5.5.5", externalPort: 8443 });
  t.equal(asked, 2);
});

t.test("pcp: refused, so the next protocol is asked", async (t) => {
  const gateway = await fakeUdpGateway(t, (message) =>
    message[0] === 2 ? pcpAnswer(message, { result: message.length < 60 ? 0 : 2 }) : natPmpAnswer(message),
  );
  const state = await until(mapperOf(t, { speak: ["pcp", "nat-pmp"], port: gateway.port }), "open");
  t.match(state, { protocol: "nat-pmp", externalAddress: "5.5.5.5" });
});

t.test("a gateway of the older protocol alone", async (t) => {
  const gateway = await fakeUdpGateway(t, (message) =>
    message[0] === 2 ? Buffer.from([0, 0x80, 0, 1, 0, 0, 0, 9]) : natPmpAnswer(message, { port: 9000 }),
  );
  const state = await until(mapperOf(t, { speak: ["pcp", "nat-pmp"], port: gateway.port }), "open");
  t.match(state, { protocol: "nat-pmp", externalPort: 9000, router: [{ protocol: "nat-pmp" }] });
});

t.test("pcp: renewed at half its life, made again in another epoch, taken away at the end", async (t) => {
  const clock = new FakeClock();
  let from = -1000;
  const gateway = await fakeUdpGateway(t, (message) =>
    message[0] === 2
      ? pcpAnswer(message, { epoch: Math.floor(clock.monotonic() / 1000 - from), lifetime: 600 })
      : natPmpAnswer(message, { epoch: 0 }),
  );
  const maps = (): Buffer[] =>
    gateway.received.filter((message) => message[0] === 2 && message.length === 60);
  const mapper = mapperOf(t, { clock, speak: ["pcp"], port: gateway.port });
  t.equal((await opened(clock, mapper)).status, "open");
  t.equal(maps().length, 1);
  await clock.advanceAsync(295_000, 250);
  t.equal(maps().length, 1, "not before half its life");
  await clock.advanceAsync(60_000, 250);
  t.equal(maps().length, 2, "and soon after");
  t.ok(
    maps()[0]!.equals(maps()[1]!) || maps()[0]!.subarray(24, 42).equals(maps()[1]!.subarray(24, 42)),
    "with the same nonce",
  );
  from = clock.monotonic() / 1000;
  await clock.advanceAsync(40_000, 250);
  t.equal(maps().length, 3, "a router that began anew");
  const stopping = mapper.stop();
  await clock.advanceAsync(100, 20);
  await stopping;
  t.equal(maps().at(-1)?.readUInt32BE(4), 0, "a lifetime of nothing");
  t.equal(mapper.state.status, "off");
});

t.test(
  "a router that does not answer a renewal is asked again before the end, then looked for",
  async (t) => {
    const clock = new FakeClock();
    let isMute = false;
    const gateway = await fakeUdpGateway(t, (message) =>
      isMute ? null : natPmpAnswer(message, { lifetime: 600, epoch: Math.floor(clock.monotonic() / 1000) }),
    );
    const mapper = mapperOf(t, { clock, speak: ["nat-pmp"], port: gateway.port });
    t.equal((await opened(clock, mapper)).status, "open");
    isMute = true;
    await clock.advanceAsync(500_000, 250);
    t.equal(mapper.state.status, "open", "the router may still have it");
    await clock.advanceAsync(200_000, 250);
    t.equal(mapper.state.status, "silent");
    isMute = false;
    await clock.advanceAsync(900_000, 500);
    t.equal(mapper.state.status, "open");
  },
);

t.test("memory that cannot be written, and listeners that throw, do not shut the door", async (t) => {
  const gateway = await fakeUdpGateway(t, (message) => pcpAnswer(message));
  const log: string[] = [];
  const memory: DoorMemory = {
    read: () => Promise.reject(new Error("no")),
    write: () => Promise.reject(new Error("full")),
  };
  const mapper = mapperOf(t, { speak: ["pcp"], port: gateway.port, memory, log });
  mapper.changes.on(() => {
    throw new Error("listener");
  });
  await until(mapper, "open");
  t.ok(log.some((line) => line.startsWith("door-not-remembered")));
  t.ok(log.some((line) => line.startsWith("door-listener-failed")));
});
