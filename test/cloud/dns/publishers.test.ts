import { randomBytes } from "node:crypto";
import t, { type Test } from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import type { DnsPublisher, NameRecords, RecordSet } from "../../../src/cloud/ports.ts";
import { PdnsPublisher } from "../../../src/cloud/dns/pdns-publisher.ts";
import { Rfc2136Publisher } from "../../../src/cloud/dns/rfc2136-publisher.ts";
import type { TsigAlgorithm, TsigKey } from "../../../src/protocol/dns/tsig.ts";
import { dig, digValues } from "../../helpers/dig.ts";
import { startBind, startKnot, startPowerDns, type ForeignNameServer } from "../../helpers/name-servers.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";

const ZONE = "tv.example";
const BOX = `abcdefghijklmnop.${ZONE}`;

function newKey(algorithm: TsigAlgorithm): TsigKey {
  return { name: "tellyport-key", algorithm, secret: randomBytes(64) };
}

const open = new AbortController().signal;
const put = (publisher: DnsPublisher, name: string, ...sets: RecordSet[]): Promise<void> =>
  publisher.publish(ZONE, [{ name, sets }], open);
const set = (type: RecordSet["type"], ttl: number, ...values: string[]): RecordSet => ({ type, ttl, values });

/** What every publisher must do at every server. */
async function publishes(t: Test, server: ForeignNameServer, publisher: DnsPublisher): Promise<void> {
  const { port } = server;
  const values = (name: string, type: string): Promise<string[]> => digValues({ port, name, type });
  const read = async (name: string, type: RecordSet["type"]): Promise<string[]> =>
    [...(await publisher.read(name, type, open))].sort();

  await t.test("addresses come, change and go", async (t) => {
    await put(publisher, BOX, set("A", 60, "198.51.100.7"), set("AAAA", 60, "2001:db8::7"));
    t.same(await values(BOX, "A"), ["198.51.100.7"]);
    t.same(await values(BOX, "AAAA"), ["2001:db8::7"]);
    t.equal((await dig({ port, name: BOX, type: "A" })).answers[0]?.ttl, 60);
    t.same(await read(BOX, "A"), ["198.51.100.7"]);
    t.same(await read(BOX, "AAAA"), ["2001:db8::7"]);
    await put(publisher, BOX, set("A", 60, "198.51.100.7"), set("AAAA", 60, "2001:db8::7"));
    t.same(await values(BOX, "A"), ["198.51.100.7"], "the same again changes nothing");
    await put(publisher, BOX, set("A", 30, "198.51.100.8", "198.51.100.9"));
    t.same(await values(BOX, "A"), ["198.51.100.8", "198.51.100.9"]);
    t.equal((await dig({ port, name: BOX, type: "A" })).answers[0]?.ttl, 30);
    t.same(await values(BOX, "AAAA"), []);
    t.same(await read(BOX, "AAAA"), []);
    await put(publisher, BOX);
    t.equal((await dig({ port, name: BOX })).status, "NXDOMAIN");
    t.same(await read(BOX, "A"), []);
  });

  await t.test("texts, two at once, and rules for authorities", async (t) => {
    const name = `_acme-challenge.${BOX}`;
    await put(publisher, name, set("TXT", 5, "first-value_1", 'with "marks", \\ and ü'));
    t.same(await values(name, "TXT"), ["first-value_1", 'with \\"marks\\", \\\\ and \\195\\188']);
    t.same(await read(name, "TXT"), ["first-value_1", 'with "marks", \\ and ü']);
    await put(publisher, name, set("TXT", 5, "second"));
    t.same(await values(name, "TXT"), ["second"]);
    await put(publisher, name);
    t.same(await values(name, "TXT"), []);
    const rules = ["0 issue ca.example; validationmethods=dns-01", "128 iodef mailto:a@b.example"];
    await put(publisher, BOX, set("CAA", 300, ...rules));
    t.same(await values(BOX, "CAA"), [
      '0 issue "ca.example; validationmethods=dns-01"',
      '128 iodef "mailto:a@b.example"',
    ]);
    t.same(await read(BOX, "CAA"), rules);
    await put(publisher, BOX);
  });

  await t.test("a name becomes an alias, and has addresses again", async (t) => {
    const name = `living-room.${ZONE}`;
    await put(publisher, name, set("A", 60, "198.51.100.7"), set("TXT", 60, "x"));
    await put(publisher, name, set("CNAME", 300, BOX));
    t.same(await values(name, "CNAME"), [`${BOX}.`]);
    t.same(await read(name, "CNAME"), [BOX]);
    t.same(await read(name, "A"), []);
    await put(publisher, name, set("CNAME", 300, `other.${ZONE}`));
    t.same(await values(name, "CNAME"), [`other.${ZONE}.`]);
    await put(publisher, name, set("A", 60, "198.51.100.9"));
    t.same(await values(name, "A"), ["198.51.100.9"]);
    t.same(await values(name, "CNAME"), []);
    await put(publisher, name);
    t.equal((await dig({ port, name })).status, "NXDOMAIN");
  });

  await t.test("two hundred names at once", async (t) => {
    const names = Array.from({ length: 200 }, (_, n): NameRecords => ({
      name: `box${n}.${ZONE}`,
      sets: [
        set("A", 60, `198.51.100.${n}`),
        set("AAAA", 60, `2001:db8::${n + 1}`),
        set("TXT", 5, "a".padEnd(43, "a"), "b".padEnd(43, "b")),
      ],
    }));
    const before = await serialOf(server);
    await publisher.publish(ZONE, names, open);
    for (const n of [0, 99, 199]) {
      t.same(await values(`box${n}.${ZONE}`, "A"), [`198.51.100.${n}`]);
      t.equal((await values(`box${n}.${ZONE}`, "TXT")).length, 2);
    }
    t.ok((await serialOf(server)) > before, "the serial has grown");
    await publisher.publish(
      ZONE,
      names.map(({ name }) => ({ name, sets: [] })),
      open,
    );
    t.equal((await dig({ port, name: `box199.${ZONE}` })).status, "NXDOMAIN");
    t.same(await values(`ns1.${ZONE}`, "A"), ["127.0.0.1"], "nothing else is touched");
  });

  await t.test("the server is killed, and comes back", async (t) => {
    await put(publisher, BOX, set("A", 60, "198.51.100.7"));
    await server.kill();
    const gone = { name: "TellyportError", code: "dns-unavailable" };
    await t.rejects(put(publisher, BOX, set("A", 60, "198.51.100.8")), gone);
    await t.rejects(publisher.read(BOX, "A", open), gone);
    await server.restart();
    t.same(await values(BOX, "A"), ["198.51.100.7"], "it had kept what it was told");
    await put(publisher, BOX, set("A", 60, "198.51.100.8"));
    t.same(await read(BOX, "A"), ["198.51.100.8"]);
    // The kept connections are dead now, and nobody has noticed.
    await server.restart();
    await put(publisher, BOX, set("A", 60, "198.51.100.9"));
    t.same(await read(BOX, "A"), ["198.51.100.9"]);
  });

  await t.test("what cannot be published, and what is over already", async (t) => {
    const refused = { name: "TellyportError", code: "dns-refused" };
    await t.rejects(put(publisher, BOX, set("A", 60, "300.1.1.1")), refused);
    await t.rejects(put(publisher, "box.elsewhere.example", set("A", 60, "198.51.100.7")), refused);
    await t.rejects(
      publisher.publish(ZONE, [{ name: BOX, sets: [] }], AbortSignal.abort(new Error("stopped"))),
      {
        message: "stopped",
      },
    );
    await t.rejects(
      publisher.publish(
        "absent.example",
        [{ name: "box.absent.example", sets: [set("A", 60, "198.51.100.7")] }],
        open,
      ),
      refused,
    );
  });
}

async function serialOf({ port }: ForeignNameServer): Promise<number> {
  const { answers } = await dig({ port, name: ZONE, type: "SOA" });
  return Number(answers[0]?.value.split(" ")[2]);
}

/** Keys that the server does not take, or not so. */
async function refusesKeys(t: Test, server: ForeignNameServer, key: TsigKey): Promise<void> {
  const wrong: Record<string, TsigKey> = {
    "another secret": { ...key, secret: randomBytes(64) },
    "a key that it does not know": { ...key, name: "unknown-key" },
    "another algorithm": {
      ...key,
      algorithm: key.algorithm === "hmac-sha256" ? "hmac-sha512" : "hmac-sha256",
    },
  };
  for (const [what, other] of Object.entries(wrong)) {
    const publisher = rfc2136(t, server, other);
    const error: unknown = await put(publisher, BOX, set("A", 60, "192.0.2.66")).catch(
      (error: unknown) => error,
    );
    t.match(error, { name: "TellyportError", code: "dns-refused" }, what);
    t.comment(`${what}: ${String(error)}`);
  }
  const late = new Rfc2136Publisher({
    host: "127.0.0.1",
    port: server.port,
    key,
    clock: {
      ...systemClock,
      now: () => (systemClock.now() - 3_600_000) as ReturnType<typeof systemClock.now>,
    },
  });
  t.teardown(() => late.close());
  const error: unknown = await put(late, BOX, set("A", 60, "192.0.2.66")).catch((error: unknown) => error);
  t.match(error, { name: "TellyportError", code: "dns-refused" }, "a clock that is an hour late");
  t.comment(`late: ${String(error)}`);
  t.notMatch(await digValues({ port: server.port, name: BOX, type: "A" }), ["192.0.2.66"]);
}

function rfc2136(t: Test, { port }: ForeignNameServer, key: TsigKey): DnsPublisher {
  const publisher = new Rfc2136Publisher({
    host: "127.0.0.1",
    port,
    key,
    clock: systemClock,
    deadline: 10_000,
  });
  t.teardown(() => publisher.close());
  return publisher;
}

t.test("BIND", { skip: skipWithoutProgram("named", "dig") }, async (t) => {
  const key = newKey("hmac-sha256");
  const server = await startBind(t, ZONE, key);
  const publisher = rfc2136(t, server, key);
  await publishes(t, server, publisher);
  await refusesKeys(t, server, key);
  await t.rejects(put(publisher, `ns1.${ZONE}`, set("A", 60, "192.0.2.66")), { code: "dns-refused" });
  const before = await serialOf(server);
  await put(publisher, BOX, set("A", 60, "198.51.100.9"));
  t.equal(await serialOf(server), before, "what is there already makes no new serial");
});

t.test("Knot", { skip: skipWithoutProgram("knotd", "dig") }, async (t) => {
  const key = newKey("hmac-sha512");
  const server = await startKnot(t, ZONE, key);
  await publishes(t, server, rfc2136(t, server, key));
  await refusesKeys(t, server, key);
});

const PDNS = ["pdns_server", "pdnsutil", "sqlite3", "dig"];

t.test("PowerDNS by dynamic updates", { skip: skipWithoutProgram(...PDNS) }, async (t) => {
  const key = newKey("hmac-sha256");
  const server = await startPowerDns(t, ZONE, key);
  await publishes(t, server, rfc2136(t, server, key));
  await refusesKeys(t, server, key);
});

t.test("PowerDNS by its API", { skip: skipWithoutProgram(...PDNS) }, async (t) => {
  const server = await startPowerDns(t, ZONE, null);
  const { api, apiKey } = server;
  const options = { api, dns: { host: "127.0.0.1", port: server.port }, clock: systemClock };
  const publisher = new PdnsPublisher({ ...options, apiKey });
  t.teardown(() => publisher.close());
  await publishes(t, server, publisher);
  const stranger = new PdnsPublisher({ ...options, apiKey: "wrong" });
  t.teardown(() => stranger.close());
  await t.rejects(put(stranger, BOX, set("A", 60, "192.0.2.66")), {
    code: "dns-refused",
    message: /API key/,
  });
});
