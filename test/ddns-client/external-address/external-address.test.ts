import t from "tap";
import {
  ExternalAddress,
  type ExternalAddressDeps,
} from "../../../src/ddns-client/external-address/external-address.ts";
import type { StunQuestion, StunSight } from "../../../src/ddns-client/external-address/stun-client.ts";
import {
  externalView,
  type ExternalView,
  type Sources,
} from "../../../src/ddns-client/external-address/view.ts";
import { shutDoor, type MappingState } from "../../../src/ddns-client/doors/mapping-state.ts";
import { Emitter } from "../../../src/kernel/events.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import type { Teardown } from "../../helpers/temporary.ts";

/** Everybody whom the box asks, and what they say. */
class World {
  readonly clock = new FakeClock();
  readonly questions: StunQuestion[] = [];
  readonly told: ExternalView[] = [];
  readonly changes = new Emitter<MappingState>();
  looks = 0;
  state: MappingState = shutDoor("watching", null, 8443);
  own: Sources["own"] = { ipv4: ["192.168.1.10"], ipv6: "2a01::10" };
  seen: Record<4 | 6, StunSight[]> = { 4: [{ server: "s", address: "5.5.5.30", port: 1 }], 6: [] };

  begin(t: Teardown): ExternalAddress {
    const write = (): void => undefined;
    const mapper: NonNullable<ExternalAddressDeps["mapper"]> = Object.defineProperty(
      { changes: this.changes, look: () => void this.looks++, state: this.state },
      "state",
      { get: () => this.state },
    );
    const external = new ExternalAddress({
      clock: this.clock,
      log: { debug: write, info: write, warn: write, error: write },
      random: () => 0,
      mapper,
      servers: () => [{ host: "stun.example", port: 3478, named: true }],
      internalPort: 8443,
      own: async () => this.own,
      ask: async (question) => {
        this.questions.push(question);
        return this.seen[question.family];
      },
    });
    external.changes.on((view) => this.told.push(view));
    external.start();
    t.teardown(() => external.stop());
    return external;
  }

  router(more: Partial<MappingState>): void {
    this.state = { ...this.state, ...more };
    this.changes.emit(this.state);
  }
}

t.test("external address: one change for all that comes at the start", async (t) => {
  const world = new World();
  const external = world.begin(t);
  world.router({ status: "open", externalAddress: "5.5.5.30", externalPort: 8443 });
  await world.clock.advanceAsync(1000);
  t.equal(world.told.length, 1);
  t.match(world.told[0], { ipv4: "5.5.5.30", ipv6: "2a01::10", port: 8443, port6: 8443 });
  t.same(
    world.questions.map(({ family, from }) => [family, from]),
    [
      [4, null],
      [6, "2a01::10"],
    ],
    "IPv6 from the lasting address",
  );
  t.ok(external.isSettled);
  await world.clock.advanceAsync(120_000, 500);
  t.equal(world.told.length, 1, "no news, no word");
  t.ok(
    world.questions.length >= 8 && world.questions.length <= 12,
    `${world.questions.length} questions in two minutes`,
  );
});

t.test("external address: the router's new address counts at once, and servers are asked anew", async (t) => {
  const world = new World();
  world.begin(t);
  world.router({ status: "open", externalAddress: "5.5.5.30", externalPort: 8443 });
  await world.clock.advanceAsync(5000);
  const before = world.questions.length;
  world.seen[4] = [];
  world.router({ externalAddress: "5.5.5.31" });
  await world.clock.advanceAsync(5000);
  t.equal(world.told.at(-1)?.ipv4, "5.5.5.31");
  t.ok(world.questions.length > before);
});

t.test(
  "external address: a router that is silent while its address changes has another one then",
  async (t) => {
    const world = new World();
    world.begin(t);
    world.router({ status: "open", externalAddress: "5.5.5.30", externalPort: 8443 });
    await world.clock.advanceAsync(5000);
    world.seen[4] = [];
    world.router({ status: "looking", externalAddress: null, externalPort: null });
    await world.clock.advanceAsync(200);
    world.router({ status: "open", externalAddress: "5.5.5.31", externalPort: 8443 });
    await world.clock.advanceAsync(5000);
    t.equal(world.told.at(-1)?.ipv4, "5.5.5.31", "what servers saw before counts no more");
  },
);

t.test("external address: a server's new word, and its silence", async (t) => {
  const world = new World();
  world.begin(t);
  await world.clock.advanceAsync(5000);
  world.seen[4] = [{ server: "s", address: "5.5.5.40", port: 1 }];
  await world.clock.advanceAsync(40_000, 200);
  t.equal(world.told.at(-1)?.ipv4, "5.5.5.40");
  world.seen[4] = [];
  await world.clock.advanceAsync(40_000, 200);
  t.equal(world.told.at(-1)?.ipv4, "5.5.5.40", "one round without an answer is nothing");
  await world.clock.advanceAsync(120_000, 200);
  t.equal(world.told.at(-1)?.ipv4, null);
});

t.test("external address: another network", async (t) => {
  const world = new World();
  world.begin(t);
  await world.clock.advanceAsync(5000);
  world.own = { ipv4: ["10.0.0.5"], ipv6: null };
  world.seen[4] = [{ server: "s", address: "6.6.6.6", port: 1 }];
  await world.clock.advanceAsync(12_000, 200);
  t.match(world.told.at(-1), { ipv4: "6.6.6.6", ipv6: null, port6: null });
  t.ok(world.looks > 0, "the doors are looked at too");
});

t.test("external address: flapping is told in peace", async (t) => {
  const world = new World();
  world.begin(t);
  await world.clock.advanceAsync(5000);
  const before = world.told.length;
  for (let i = 0; i < 200; i++) {
    world.router({ status: "open", externalPort: 9000 + (i % 2) });
    await world.clock.advanceAsync(50, 50);
  }
  t.ok(world.told.length - before <= 5, `${world.told.length - before} words in 10 s`);
});

t.test("external address: where https does not listen, no port leads to it", (t) => {
  const sources: Sources = {
    own: { ipv4: ["5.5.5.5"], ipv6: "2a01::10" },
    router: null,
    stun: { ipv4: null, ipv6: null },
    isEndpointIndependent: null,
  };
  const view = (internalPort: number): ExternalView =>
    externalView(sources, { internalPort, ipv4: null, ipv6: null });
  t.match(view(0), { ipv4: "5.5.5.5", ipv6: "2a01::10", port: null, port6: null });
  t.match(view(8443), { port: 8443, port6: 8443 });
  t.end();
});
