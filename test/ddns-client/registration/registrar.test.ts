import t from "tap";
import type { CloudClient } from "../../../src/ddns-client/registration/cloud-client.ts";
import { Registrar, type OutsideView } from "../../../src/ddns-client/registration/registrar.ts";
import { backOff, bootDelay, untilNext } from "../../../src/ddns-client/registration/schedule.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { createLog } from "../../../src/kernel/log.ts";
import type { Registration } from "../../../src/protocol/registration.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { registrationOf } from "../../helpers/fake-cloud.ts";

const IPV4 = { address: "5.5.5.5", port: 8443, localAddress: null };
const DIRECT = { state: "direct", address: "5.5.5.5", port: 8443 } as const;
const NONE = { state: "none", address: null, port: null } as const;

interface Asked {
  readonly act: string;
  readonly words: Record<string, unknown>;
  readonly family: number | undefined;
}

function registrar(random = 0.5) {
  const clock = new FakeClock();
  const asked: Asked[] = [];
  const world = {
    view: { ipv4: IPV4, ipv6: null, lan: ["192.168.1.2"] } as OutsideView,
    answer: (_asked: Asked): Registration => registrationOf({ doors: { ipv4: DIRECT, ipv6: NONE } }),
  };
  const client: Pick<CloudClient, "act"> = {
    act: async (act, words, _signal, way = {}) => {
      const one = { act, words: words as Record<string, unknown>, family: way.family };
      asked.push(one);
      return world.answer(one);
    },
  };
  const one = new Registrar({
    client,
    view: () => world.view,
    version: "1",
    clock,
    log: createLog({ level: "silent" }),
    random: () => random,
  });
  const run = (ms: number): Promise<void> => clock.advanceAsync(ms, Math.max(10, ms / 200));
  return { one, clock, asked, world, run };
}

t.test("registrar: after a start it waits up to half a minute, enrols, and says where it is", async (t) => {
  const { one, asked, run } = registrar();
  one.start(false);
  await run(14_900);
  t.same(asked, []);
  await run(200);
  t.same(asked, [
    { act: "enrol", words: { version: "1" }, family: undefined },
    { act: "update", words: { address: "5.5.5.5", port: 8443, lan: ["192.168.1.2"] }, family: 4 },
  ]);
  t.match(one.state, { kind: "registered", registration: { doors: { ipv4: { state: "direct" } } } });
  await one.stop();
});

t.test("registrar: whoever waits for it does not wait", async (t) => {
  const { one, asked, run } = registrar();
  one.start(true);
  await run(20);
  t.equal(asked.length, 2);
  await one.stop();
});

t.test("registrar: a box with both families speaks of each by its own way", async (t) => {
  const { one, asked, world, run } = registrar();
  world.view = { ipv4: IPV4, ipv6: { address: "2a00::1", port: 8443, localAddress: "2a00::1" }, lan: [] };
  one.start(true);
  await run(20);
  t.same(
    asked.map(({ act, family }) => [act, family]),
    [
      ["enrol", undefined],
      ["update", 4],
      ["update", 6],
    ],
  );
  await one.stop();
});

t.test("registrar: a change is told within a second, and several at once", async (t) => {
  const { one, asked, world, run } = registrar();
  one.start(true);
  await run(20);
  asked.length = 0;
  world.view = { ...world.view, ipv4: { ...IPV4, address: "6.6.6.6" } };
  one.poke();
  await run(500);
  one.poke();
  await run(1100);
  t.same(
    asked.map(({ words }) => words["address"]),
    ["6.6.6.6"],
  );
  await one.stop();
});

t.test("registrar: without a cloud it tries again, ever later, and recovers by itself", async (t) => {
  const { one, asked, world, clock, run } = registrar();
  world.answer = () => {
    throw new TellyportError("cloud-unreachable", "Away.");
  };
  one.start(true);
  await run(20);
  t.match(one.state, { kind: "failed", problem: { code: "cloud-unreachable" }, registration: null });
  await run(3_600_000);
  t.ok(asked.length > 20 && asked.length < 60, `${asked.length} requests in an hour`);
  world.answer = () => registrationOf();
  await run(310_000);
  t.equal(one.state.kind, "registered");
  t.ok(clock.pending > 0);
  await one.stop();
});

t.test(
  "registrar: an address that comes back after a long time without is told within half a minute",
  async (t) => {
    const { one, asked, world, run } = registrar(0.999);
    world.answer = () => {
      throw new TellyportError("cloud-unreachable", "Away.");
    };
    one.start(true);
    await run(900_000);
    asked.length = 0;
    world.answer = () => registrationOf();
    one.poke();
    await run(31_000);
    t.equal(one.state.kind, "registered");
    t.equal(asked.length, 2);
    world.answer = () => {
      throw new TellyportError("cloud-unreachable", "Away.");
    };
    await one.report();
    await run(900_000);
    asked.length = 0;
    for (let changes = 0; changes < 60; changes++) {
      one.poke();
      await run(1000);
    }
    t.ok(asked.length <= 3, "changes without end do not make it knock without a pause");
    await one.stop();
  },
);

t.test(
  "registrar: what it learns of its addresses at the start keeps nobody from waiting his turn",
  async (t) => {
    const { one, asked, run } = registrar(0.5);
    one.start(false);
    await run(2000);
    one.poke();
    await run(12_000);
    t.same(asked, []);
    await run(2000);
    t.equal(asked.length, 2);
    await one.stop();
  },
);

t.test("registrar: when it has been stopped nothing is under way any more", async (t) => {
  const { one, clock, world, run } = registrar();
  let heard = 0;
  one.onChanged(() => heard++);
  one.start(true);
  world.answer = () => {
    void one.stop();
    return registrationOf();
  };
  await run(20);
  await one.stop();
  one.poke();
  t.equal(clock.pending, 0);
  t.equal(heard, 0);
});

t.test("registrar: what the cloud wants to wait for is waited for", async (t) => {
  const { one, asked, world, run } = registrar();
  world.answer = () => {
    throw new TellyportError("too-many-boxes", "Later.", { retryAfterMs: 600_000 });
  };
  one.start(true);
  await run(599_000);
  t.equal(asked.length, 1);
  await run(10_000);
  t.equal(asked.length, 2);
  await one.stop();
});

t.test("registrar: a cloud that forgot the box is enrolled with again", async (t) => {
  const { one, asked, world, run } = registrar();
  one.start(true);
  await run(20);
  asked.length = 0;
  let forgot = true;
  world.answer = ({ act }) => {
    if (act === "enrol") forgot = false;
    if (forgot) throw new TellyportError("box-unknown", "Who?");
    return registrationOf();
  };
  await one.report();
  t.equal(one.state.kind, "failed");
  await run(5000);
  t.equal(one.state.kind, "registered");
  t.same(
    asked.map(({ act }) => act),
    ["update", "enrol", "update"],
  );
  await one.stop();
});

t.test("registrar: one family without a way is no failure, both are", async (t) => {
  const { one, world } = registrar();
  world.view = { ipv4: IPV4, ipv6: { address: "2a00::1", port: 1, localAddress: "2a00::1" }, lan: [] };
  world.answer = ({ family }) => {
    if (family === 6) throw new TellyportError("cloud-unreachable", "No IPv6 there.");
    return registrationOf({ doors: { ipv4: DIRECT, ipv6: NONE } });
  };
  t.equal((await one.report()).kind, "registered");
  world.view = { ipv4: null, ipv6: null, lan: [] };
  t.match(await one.report(), { kind: "failed", problem: { code: "cloud-unreachable" } });
  await one.stop();
});

t.test("schedule: jitter, back-off and refresh keep to their bounds", (t) => {
  for (const random of [0, 0.3, 0.999]) {
    t.ok(bootDelay(random) >= 0 && bootDelay(random) < 30_000);
    for (let failures = 1; failures < 50; failures++) {
      const delay = backOff(failures, random);
      t.ok(delay >= 1000 && delay <= 300_000);
    }
    const open = registrationOf({ doors: { ipv4: DIRECT, ipv6: NONE } });
    const due = untilNext(open, 0, random);
    t.ok(due >= 0.8 * 86_400_000 && due < 86_400_000, "before the cloud forgets it");
    const closed = registrationOf({ doors: { ipv4: { ...DIRECT, state: "unverified" }, ipv6: NONE } });
    t.ok(untilNext(closed, 0, random) <= 20_000);
    t.ok(untilNext(closed, 40, random) <= 1_200_000);
    for (const refreshSeconds of [-1, 0, 1e12]) {
      const odd = untilNext({ ...open, refreshSeconds }, 0, random);
      t.ok(odd >= 45_000 && odd <= 86_400_000, "a timer that is too long is none, and so is one of nothing");
    }
    t.ok(backOff(1, random, 1e15) <= 86_402_000);
  }
  t.end();
});
