import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { pino } from "pino";
import t from "tap";
import type {
  Addresses,
  NameProvider,
  ProviderResult,
} from "../../../src/ddns-client/providers/name-provider.ts";
import {
  backOff,
  dueIn,
  FORCED_MS,
  freshMemory,
  readMemory,
} from "../../../src/ddns-client/providers/provider-plan.ts";
import { ProviderSchedule } from "../../../src/ddns-client/providers/provider-schedule.ts";
import { createRfc2136Client, type DnsUpdater } from "../../../src/ddns-client/providers/rfc2136-client.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { eventually } from "../../helpers/daemon.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const log = pino({ level: "silent" });
const A = { ipv4: "93.184.216.34", ipv6: null };
const B = { ipv4: "93.184.216.35", ipv6: "2a02::1" };
const DAY = 24 * 3_600_000;

/** A provider that notes what it is told, and answers as it is told to. */
class NotedProvider implements NameProvider {
  readonly name = "box.example at dyn.example";
  readonly told: Addresses[] = [];
  result: ProviderResult | Error = { kind: "done", message: "good" };

  async update(addresses: Addresses): Promise<ProviderResult> {
    this.told.push(addresses);
    if (this.result instanceof Error) throw this.result;
    return this.result;
  }
}

async function scheduled(t: { teardown(f: () => unknown): void }) {
  const clock = new FakeClock();
  const provider = new NotedProvider();
  const path = join(await temporaryFolder(t), "name-provider.json");
  const begun: ProviderSchedule[] = [];
  const begin = async (configuration = "c1") => {
    const schedule = new ProviderSchedule({ provider, clock, log, path, configuration, random: () => 0.5 });
    await schedule.start();
    begun.push(schedule);
    t.teardown(() => schedule.stop());
    return schedule;
  };
  /** Moves on, and lets what that begins come to its end. */
  const pass = async (delta: number) => {
    clock.advance(delta);
    for (const schedule of begun) await schedule.settled();
  };
  return { clock, provider, path, begin, pass };
}

t.test("name provider: told once, on a change, and after 25 days", async (t) => {
  const { provider, begin, pass } = await scheduled(t);
  const schedule = await begin();
  t.match(schedule.state, { kind: "idle", sentAt: null });
  await pass(DAY);
  t.equal(provider.told.length, 0, "there is no address yet");
  schedule.setAddresses(A);
  await pass(0);
  schedule.setAddresses(A);
  await pass(20 * DAY);
  t.same(provider.told, [A]);
  t.match(schedule.state, { kind: "done", message: "good" });
  schedule.setAddresses(B);
  await pass(0);
  t.same(provider.told, [A, B]);
  for (let more = 0; more < 24; more++) await pass(DAY);
  t.equal(provider.told.length, 2);
  for (let more = 0; more < 4; more++) await pass(DAY / 2);
  t.same(provider.told, [A, B, B]);
  schedule.setAddresses({ ipv4: null, ipv6: null });
  await pass(DAY);
  t.equal(provider.told.length, 3, "an address that is gone is not told");
});

t.test("name provider: many changes at once are few updates", async (t) => {
  const { provider, begin, pass } = await scheduled(t);
  const schedule = await begin();
  for (let host = 0; host < 60; host++) {
    schedule.setAddresses({ ipv4: `93.184.216.${host}`, ipv6: null });
    await pass(1000);
  }
  await pass(30_000);
  t.ok(provider.told.length <= 4, `${provider.told.length} updates`);
  t.same(provider.told.at(-1), { ipv4: "93.184.216.59", ipv6: null });
});

t.test("name provider: a restart sends nothing again; another configuration does", async (t) => {
  const { provider, begin, pass } = await scheduled(t);
  const first = await begin();
  first.setAddresses(A);
  await pass(0);
  await first.stop();
  const second = await begin();
  t.match(second.state, { kind: "done" });
  second.setAddresses(A);
  await pass(DAY);
  t.equal(provider.told.length, 1);
  await second.stop();
  const third = await begin("c2");
  third.setAddresses(A);
  await pass(0);
  t.equal(provider.told.length, 2);
});

t.test("name provider: one that says stop is not asked again, not even after a restart", async (t) => {
  const { provider, begin, pass } = await scheduled(t);
  const first = await begin();
  provider.result = { kind: "stopped", message: "badauth" };
  first.setAddresses(A);
  await pass(0);
  first.setAddresses(B);
  await pass(DAY);
  t.equal(provider.told.length, 1);
  await first.stop();
  const second = await begin();
  t.match(second.state, { kind: "stopped", message: "badauth", sentAt: null });
  second.setAddresses(B);
  await pass(DAY);
  t.equal(provider.told.length, 1);
  await second.stop();
  provider.result = { kind: "done", message: "good" };
  const third = await begin("c2");
  third.setAddresses(B);
  await pass(0);
  t.equal(provider.told.length, 2);
  t.match(third.state, { kind: "done" });
});

t.test(
  "name provider: failures are followed by longer and longer pauses, and by what the server asks",
  async (t) => {
    const { clock, provider, begin, pass } = await scheduled(t);
    const schedule = await begin();
    provider.result = { kind: "wait", message: "911" };
    schedule.setAddresses(A);
    await pass(0);
    const at: number[] = [];
    const from = clock.monotonic();
    for (let count = 1; count < 9;) {
      await pass(5000 * 2 ** Math.min(6, count));
      if (provider.told.length > count) {
        count = provider.told.length;
        at.push((clock.monotonic() - from) / 1000);
      }
    }
    const pauses = at.map((time, index) => time - (at[index - 1] ?? 0));
    t.ok((pauses[0] ?? 0) >= 30, pauses.join(" "));
    t.ok((pauses.at(-1) ?? 0) >= 1800 && (pauses.at(-1) ?? 0) <= 3600 + 320, pauses.join(" "));
    provider.result = { kind: "wait", message: "911", retryAfterMs: 2 * 3_600_000 };
    const before = provider.told.length;
    await pass(3_700_000);
    t.equal(provider.told.length, before + 1);
    schedule.setAddresses(B);
    await pass(3_700_000);
    t.equal(provider.told.length, before + 1, "a new address is no reason to come earlier");
    provider.result = { kind: "done", message: "good" };
    await pass(3_700_000);
    t.same(provider.told.at(-1), B);
    t.match(schedule.state, { kind: "done" });
  },
);

t.test("name provider: a fault of ours, or a damaged file, is no end", async (t) => {
  const { provider, begin, pass, path } = await scheduled(t);
  await writeFile(path, "{");
  const schedule = await begin();
  provider.result = new Error("secret path");
  schedule.setAddresses(A);
  await pass(0);
  t.match(schedule.state, { kind: "wait", message: /log/ });
  provider.result = { kind: "unchanged", message: "nochg" };
  await pass(60_000);
  await eventually("it is kept", async () => (await readFile(path, "utf8")).includes(A.ipv4));
});

t.test("name provider: what is read from the disk is bounded by its form", (t) => {
  const memory = { configuration: "c", sent: A, sentAt: 5, stopped: null };
  t.same(readMemory(JSON.stringify(memory)), memory);
  for (const text of [
    "",
    "[]",
    "null",
    "{}",
    '{"configuration":1,"sentAt":0,"stopped":null}',
    '{"configuration":"c","sentAt":"0","stopped":null}',
  ])
    t.throws(() => readMemory(text), SyntaxError);
  t.equal(dueIn(freshMemory("c"), A, 0), 0);
  t.equal(dueIn(memory, A, 5), FORCED_MS);
  t.equal(dueIn(memory, A, 0), FORCED_MS, "a clock that went back");
  t.equal(dueIn(memory, A, 5 + FORCED_MS), 0);
  t.equal(dueIn({ ...memory, stopped: "badauth" }, B, 0), null);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, random) => {
        const pause = backOff(failures, random);
        return pause >= 30_000 && pause <= 3_600_000;
      },
    ),
  );
  t.end();
});

t.test("RFC 2136 client: what the name server says, as a provider says it", async (t) => {
  const never = new AbortController().signal;
  const calls: unknown[] = [];
  let failure: Error | null = null;
  const updater: DnsUpdater = {
    server: "ns1.example.org",
    replaceAddresses: async (zone, names, addresses, ttl) => {
      calls.push({ zone, names, addresses, ttl });
      if (failure !== null) throw failure;
    },
  };
  const client = createRfc2136Client({ zone: "example.org", hostnames: ["box.example.org"] }, updater);
  t.equal(client.name, "box.example.org at ns1.example.org");
  t.match(await client.update(B, never), { kind: "done" });
  t.same(calls, [{ zone: "example.org", names: ["box.example.org"], addresses: B, ttl: 60 }]);
  failure = new TellyportError("dns-refused", "NOTAUTH");
  t.match(await client.update(B, never), { kind: "stopped", message: "NOTAUTH" });
  failure = new TellyportError("dns-unavailable", "SERVFAIL", { retryAfterMs: 5 });
  t.same(await client.update(B, never), { kind: "wait", message: "SERVFAIL", retryAfterMs: 5 });
  failure = new Error("a fault");
  await t.rejects(client.update(B, never), { message: "a fault" });
});
