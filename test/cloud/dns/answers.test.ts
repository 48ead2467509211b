import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { systemClock } from "../../../src/kernel/clock.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { createNameServer } from "../../../src/cloud/dns/name-server.ts";
import { Zone } from "../../../src/cloud/dns/zone.ts";
import { runProgram } from "../../helpers/daemon.ts";
import { dig, digValues, type Dug } from "../../helpers/dig.ts";
import { skipWithoutProgram } from "../../helpers/programs.ts";
import { temporaryFolder } from "../../helpers/temporary.ts";

const ZONE = "tv.example";
const BOX = `abcdefghijklmnop.${ZONE}`;
const NOW = 1_795_000_000;

t.test("dig understands the embedded server", { skip: skipWithoutProgram("dig") }, async (t) => {
  const zone = new Zone(
    {
      origin: ZONE,
      nameServers: [
        { name: `ns1.${ZONE}`, addresses: ["192.0.2.53", "2001:db8::53"] },
        { name: "ns.elsewhere.example", addresses: [] },
      ],
      caa: ["0 issue letsencrypt.org"],
    },
    NOW,
  );
  zone.publish(
    [
      {
        name: BOX,
        sets: [
          { type: "A", ttl: 60, values: ["198.51.100.7"] },
          { type: "AAAA", ttl: 60, values: ["2001:db8:1::7"] },
          {
            type: "CAA",
            ttl: 300,
            values: ["0 issue letsencrypt.org; validationmethods=dns-01", "128 iodef mailto:a@b.example"],
          },
        ],
      },
      { name: `lan.${BOX}`, sets: [{ type: "A", ttl: 300, values: ["192.168.1.7", "192.168.2.7"] }] },
      {
        name: `_acme-challenge.${BOX}`,
        sets: [{ type: "TXT", ttl: 5, values: ["first", 'the "second" one'] }],
      },
      { name: `deep.down.${ZONE}`, sets: [{ type: "A", ttl: 60, values: ["198.51.100.9"] }] },
      { name: `alias.${ZONE}`, sets: [{ type: "CNAME", ttl: 300, values: [BOX] }] },
      { name: `double.${ZONE}`, sets: [{ type: "CNAME", ttl: 300, values: [`alias.${ZONE}`] }] },
      { name: `away.${ZONE}`, sets: [{ type: "CNAME", ttl: 300, values: ["host.elsewhere.example"] }] },
      { name: `nowhere.${ZONE}`, sets: [{ type: "CNAME", ttl: 300, values: [`missing.${ZONE}`] }] },
      { name: `loop1.${ZONE}`, sets: [{ type: "CNAME", ttl: 300, values: [`loop2.${ZONE}`] }] },
      { name: `loop2.${ZONE}`, sets: [{ type: "CNAME", ttl: 300, values: [`loop1.${ZONE}`] }] },
      {
        name: `many.${ZONE}`,
        sets: [
          { type: "TXT", ttl: 60, values: Array.from({ length: 40 }, (_, n) => `${n}`.padEnd(43, "x")) },
        ],
      },
    ],
    NOW,
  );
  const server = createNameServer({
    zones: [zone],
    answersPerSecond: null,
    listen: [{ address: "127.0.0.1", port: 0 }],
    clock: systemClock,
    log: createLog({ level: "silent" }),
  });
  await server.start();
  t.teardown(() => server.stop());
  const port = server.addresses[0]?.port ?? 0;
  const ask = (name: string, type: string, ...options: string[]): Promise<Dug> =>
    dig({ port, name, type, options });
  const values = (name: string, type: string): Promise<string[]> => digValues({ port, name, type });
  const soaTtl = ({ authorities }: Dug): [string, string, number][] =>
    authorities.map(({ name, type, ttl }) => [name, type, ttl]);

  await t.test("records", async (t) => {
    const a = await ask(BOX, "A");
    t.match(a, { status: "NOERROR", question: `${BOX}.`, edns: { version: 0, udp: 1232 } });
    t.same(a.flags, ["qr", "aa"]);
    t.same(a.answers, [{ name: `${BOX}.`, ttl: 60, type: "A", value: "198.51.100.7" }]);
    t.same(a.authorities, []);
    t.same(await values(BOX, "AAAA"), ["2001:db8:1::7"]);
    t.same(await values(`lan.${BOX}`, "A"), ["192.168.1.7", "192.168.2.7"]);
    t.same(await values(`_acme-challenge.${BOX}`, "TXT"), ["first", 'the \\"second\\" one']);
    t.same(
      await values(BOX, "CAA"),
      ['0 issue "letsencrypt.org; validationmethods=dns-01"', '128 iodef "mailto:a@b.example"'].map(
        (one) => one,
      ),
    );
    t.notMatch(a.text, /WARNING|Warning|malformed|mismatch/, "dig has nothing to complain of");
  });

  await t.test("the zone itself", async (t) => {
    t.same(await values(ZONE, "SOA"), [
      `ns1.${ZONE}. hostmaster.${ZONE}. ${zone.serial} 3600 600 1209600 60`,
    ]);
    const ns = await ask(ZONE, "NS");
    t.same(ns.answers.map(({ value }) => value).sort(), ["ns.elsewhere.example.", `ns1.${ZONE}.`]);
    t.same(ns.additionals, [
      { name: `ns1.${ZONE}.`, ttl: 3600, type: "A", value: "192.0.2.53" },
      { name: `ns1.${ZONE}.`, ttl: 3600, type: "AAAA", value: "2001:db8::53" },
    ]);
    t.same(await values(ZONE, "CAA"), ['0 issue "letsencrypt.org"']);
    t.same(await values(`ns1.${ZONE}`, "A"), ["192.0.2.53"]);
  });

  await t.test("nothing", async (t) => {
    const none = await ask(`missing.${ZONE}`, "A");
    t.equal(none.status, "NXDOMAIN");
    t.same(none.flags, ["qr", "aa"]);
    t.same(soaTtl(none), [[`${ZONE}.`, "SOA", 60]]);
    for (const [name, type] of [
      [`lan.${BOX}`, "AAAA"],
      [`down.${ZONE}`, "A"],
      [ZONE, "A"],
      [BOX, "MX"],
      [BOX, "TYPE65280"],
    ] as const) {
      const noData = await ask(name, type);
      t.equal(noData.status, "NOERROR", `${name} ${type}`);
      t.same(noData.answers, []);
      t.same(soaTtl(noData), [[`${ZONE}.`, "SOA", 60]]);
    }
  });

  await t.test("aliases", async (t) => {
    const chain = await ask(`double.${ZONE}`, "A");
    t.same(
      chain.answers.map(({ name, type, value }) => [name, type, value]),
      [
        [`double.${ZONE}.`, "CNAME", `alias.${ZONE}.`],
        [`alias.${ZONE}.`, "CNAME", `${BOX}.`],
        [`${BOX}.`, "A", "198.51.100.7"],
      ],
    );
    const noData = await ask(`alias.${ZONE}`, "TXT");
    t.equal(noData.answers.length, 1);
    t.same(soaTtl(noData), [[`${ZONE}.`, "SOA", 60]]);
    const missing = await ask(`nowhere.${ZONE}`, "A");
    t.equal(missing.status, "NXDOMAIN", "the code speaks of the last name (RFC 6604)");
    t.equal(missing.answers.length, 1);
    const away = await ask(`away.${ZONE}`, "A");
    t.match(away, { status: "NOERROR", answers: [{ value: "host.elsewhere.example." }] });
    t.same(away.authorities, []);
    t.equal((await ask(`loop1.${ZONE}`, "A")).answers.length, 2);
    t.same(await values(`alias.${ZONE}`, "CNAME"), [`${BOX}.`]);
  });

  await t.test("what is not answered", async (t) => {
    for (const name of ["other.example", "example", ".", `x${ZONE}`]) {
      const refused = await ask(name, "A");
      t.equal(refused.status, "REFUSED", name);
      t.notOk(refused.flags.includes("aa"));
    }
    t.equal((await ask(ZONE, "AXFR", "+tcp")).status ?? "REFUSED", "REFUSED");
    t.match((await ask(ZONE, "AXFR", "+tcp")).text, /Transfer failed/);
    t.equal((await ask("version.bind", "TXT", "-c", "CH")).status, "REFUSED");
    for (const opcode of ["notify", "update", "status"])
      t.equal((await ask(ZONE, "SOA", `+opcode=${opcode}`)).status, "NOTIMP", opcode);
    const any = await ask(BOX, "ANY", "+notcp");
    t.equal(any.answers.length, 1, "ANY gets one set");
  });

  await t.test("sizes", async (t) => {
    t.equal((await ask(BOX, "A", "+noedns")).edns, null);
    t.match(await ask(BOX, "A", "+edns=1", "+noednsnegotiation"), {
      status: "BADVERS",
      edns: { version: 0 },
    });
    t.match((await ask(BOX, "A", "+dnssec")).text, /flags: do;/);
    for (const options of [["+noedns"], ["+bufsize=512"], ["+bufsize=4096"]]) {
      const cut = await ask(`many.${ZONE}`, "TXT", ...options, "+ignore");
      t.ok(cut.flags.includes("tc"), options.join());
      t.same(cut.answers, []);
      t.ok(cut.size <= 512);
    }
    const whole = await ask(`many.${ZONE}`, "TXT");
    t.equal(whole.answers.length, 40, "and over TCP there is all of it");
    t.ok(whole.tcp);
    t.match(await ask(BOX, "A", "+tcp"), { tcp: true, status: "NOERROR" });
    t.match(await ask(`lan.${BOX}`, "A", "+bufsize=512"), { tcp: false, answers: { length: 2 } });
  });

  await t.test("the case of the question comes back", async (t) => {
    const odd = "AbCdEfGhIjKlMnOp.Tv.eXaMpLe";
    t.match(await ask(odd, "A"), {
      question: `${odd}.`,
      answers: [{ name: `${odd}.`, value: "198.51.100.7" }],
    });
  });

  await t.test("dig has nothing to complain of, whatever it asks", async (t) => {
    const file = join(await temporaryFolder(t), "queries");
    const names = [
      "abcdefghijklmnop",
      "lan.abcdefghijklmnop",
      "double",
      "nowhere",
      "loop1",
      "many",
      "down",
      "x",
    ];
    const types = ["A", "AAAA", "TXT", "CNAME", "NS", "SOA", "CAA", "ANY", "MX", "DNSKEY", "TYPE65"];
    const sizes = [
      "+noedns",
      "+bufsize=512",
      "+bufsize=1232 +dnssec",
      "+bufsize=4096 +nsid",
      "+tcp",
      "+subnet=192.0.2.0/24",
    ];
    const lines = [...names.map((name) => `${name}.${ZONE}`), ZONE, "elsewhere.example"].flatMap((name) =>
      types.flatMap((type) => sizes.map((size) => `${name} ${type} ${size} +norecurse`)),
    );
    await writeFile(file, `${lines.join("\n")}\n`);
    const { stdout } = await runProgram("dig", ["-r", "@127.0.0.1", "-p", String(port), "-f", file], {
      timeoutMs: 60_000,
    });
    t.equal(stdout.match(/^;; ->>HEADER<<-/gm)?.length, lines.length);
    t.same(
      stdout.match(/^.*(warning|malformed|mismatch|extra|bad |unexpected|FORMERR|SERVFAIL).*$/gim) ?? [],
      [],
    );
  });

  await t.test("the serial grows with every change, and only then", async (t) => {
    const before = zone.serial;
    const sets = [{ type: "A", ttl: 60, values: ["198.51.100.8"] }] as const;
    zone.publish([{ name: BOX, sets }], NOW);
    t.equal(zone.serial, before + 1);
    zone.publish([{ name: BOX, sets }], NOW);
    t.equal(zone.serial, before + 1);
    zone.publish([{ name: BOX, sets: [] }], NOW + 1000);
    t.equal(zone.serial, NOW + 1000);
    t.equal((await ask(BOX, "A")).status, "NOERROR", "there is still something below it");
    zone.publish(
      [`lan.${BOX}`, `_acme-challenge.${BOX}`].map((name) => ({ name, sets: [] })),
      NOW,
    );
    t.equal((await ask(BOX, "A")).status, "NXDOMAIN");
  });
});
