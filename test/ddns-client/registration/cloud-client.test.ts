import t from "tap";
import { createFacts } from "../../../src/ddns-client/facts.ts";
import { CloudClient } from "../../../src/ddns-client/registration/cloud-client.ts";
import { untilNext } from "../../../src/ddns-client/registration/schedule.ts";
import { Sequence } from "../../../src/ddns-client/registration/sequence.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { TellyportError } from "../../../src/kernel/errors.ts";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { fakeCloud, registrationOf, testSigner } from "../../helpers/fake-cloud.ts";
import type { Teardown } from "../../helpers/temporary.ts";

const NEVER = new AbortController().signal;
const UPDATE = { address: null, port: null, lan: [] };

async function clientAt(t: Teardown, origin?: string) {
  const cloud = await fakeCloud(t);
  const facts = createFacts(openDatabase(":memory:"));
  const sequence = new Sequence(facts, cloud.origin);
  const signer = testSigner();
  const client = new CloudClient({ origin: origin ?? cloud.origin, signer, sequence, clock: systemClock });
  return { cloud, client, sequence, facts };
}

t.test("cloud client: every request is signed, for this cloud, and numbered upwards", async (t) => {
  const { cloud, client } = await clientAt(t);
  await client.act("enrol", { version: "1" }, NEVER);
  await Promise.all([
    client.act("update", { address: "5.5.5.5", port: 8443, lan: ["192.168.1.2"] }, NEVER, { family: 4 }),
    client.act("withdraw", {}, NEVER),
  ]);
  t.same(
    cloud.heard.map(({ path, payload }) => [path, payload["act"], payload["seq"]]),
    [
      ["/v1/boxes", "enrol", 1],
      ["/v1/boxes/aaaaaaaaaaaaaaaa/addresses", "update", 2],
      ["/v1/boxes/aaaaaaaaaaaaaaaa/withdrawal", "withdraw", 3],
    ],
  );
  for (const { signed, header, payload } of cloud.heard) {
    t.ok(signed);
    t.match(header, { alg: "EdDSA", typ: "tellyport-registration+jws", kid: "aaaaaaaaaaaaaaaa" });
    t.match(payload, { iss: "aaaaaaaaaaaaaaaa", aud: cloud.origin });
  }
});

t.test(
  "cloud client: a box whose state came from a backup goes on behind what the cloud has seen",
  async (t) => {
    const { cloud, client, sequence } = await clientAt(t);
    cloud.answer = ({ payload }) =>
      Number(payload["seq"]) <= 40
        ? { status: 409, body: { code: "sequence-behind", title: "Old.", detail: { seq: 40 } } }
        : { status: 200, body: registrationOf() };
    await client.act("update", UPDATE, NEVER);
    t.same(
      cloud.heard.map(({ payload }) => payload["seq"]),
      [1, 41],
    );
    t.equal(sequence.next(), 42);
  },
);

t.test("cloud client: a cloud cannot use the numbers up, nor keep the box asking", async (t) => {
  const { cloud, client, sequence } = await clientAt(t);
  for (const seq of [Number.MAX_SAFE_INTEGER, -1, "9", null, 1e300, 0.5]) {
    cloud.heard.length = 0;
    cloud.answer = () => ({ status: 409, body: { code: "sequence-behind", title: "Old.", detail: { seq } } });
    await t.rejects(client.act("update", UPDATE, NEVER), { code: "sequence-behind" }, String(seq));
    t.equal(cloud.heard.length, 2, "asked twice, and no more");
  }
  t.ok(sequence.next() < 100);
});

t.test("cloud client: what is no cloud, or no answer, is told as such", async (t) => {
  const { cloud, client } = await clientAt(t);
  const answers: [number, unknown, string][] = [
    [200, { hello: "world" }, "cloud-unreachable"],
    [200, null, "cloud-unreachable"],
    [301, {}, "cloud-unreachable"],
    [404, { nothing: true }, "cloud-unreachable"],
    [503, { code: "store-unavailable", title: "x", retryAfterMs: 5000 }, "cloud-unreachable"],
    [404, { code: "box-unknown", title: "Who?" }, "box-unknown"],
    [429, { code: "too-many-boxes", title: "Later.", retryAfterMs: 60_000 }, "too-many-boxes"],
    [400, { code: "constructor", title: "x" }, "cloud-unreachable"],
  ];
  for (const [status, body, code] of answers) {
    cloud.answer = () => ({ status, body });
    await t.rejects(client.act("update", UPDATE, NEVER), { code }, `${status} ${JSON.stringify(body)}`);
  }
  await cloud.close();
  await t.rejects(client.act("update", UPDATE, NEVER), {
    code: "cloud-unreachable",
    message: /\(ECONN[A-Z]+\)/,
  });
});

t.test("cloud client: a cloud speaks of this box, and of names in one zone", async (t) => {
  const { cloud, client } = await clientAt(t);
  const good = [{}, { alias: "smith.tv.example" }, { hosts: ["router.tv.example", "ab.tv.example"] }];
  const bad = [
    { name: "evil.test", lanName: "lan.evil.test" },
    { lanName: "evil.test" },
    { lanName: "lan.bbbbbbbbbbbbbbbb.tv.example" },
    { box: "bbbbbbbbbbbbbbbb" },
    { name: "*.tv.example", lanName: "lan.*.tv.example" },
    { name: "aaaaaaaaaaaaaaaa.local", lanName: "lan.aaaaaaaaaaaaaaaa.local" },
    { name: "aaaaaaaaaaaaaaaa.", lanName: "lan.aaaaaaaaaaaaaaaa." },
    ...["evil.test", "a.b.tv.example", "tv.example", "*.tv.example", ".tv.example", "Smith.tv.example"].map(
      (alias) => ({ alias }),
    ),
    { alias: `${"a".repeat(64)}.tv.example` },
    { alias: "a\u001b[2J.tv.example" },
    { hosts: ["router.tv.example", "evil.test"] },
  ];
  for (const more of good) {
    cloud.answer = () => ({ status: 200, body: registrationOf(more) });
    t.match(await client.act("update", UPDATE, NEVER), more);
  }
  for (const more of bad) {
    cloud.answer = () => ({ status: 200, body: registrationOf(more) });
    await t.rejects(
      client.act("update", UPDATE, NEVER),
      { code: "cloud-unreachable" },
      JSON.stringify(more).slice(0, 80),
    );
  }
});

t.test("cloud client: of a refusal it takes what clouds say, and no more", async (t) => {
  const { cloud, client } = await clientAt(t);
  const detail = { headers: { "set-cookie": "a=b" }, seq: "9", free: [] };
  for (const [code, told, retryAfterMs, waits] of [
    ["alias-taken", "alias-taken", 5000, 5000],
    ["rate-limited", "rate-limited", 1e300, 86_400_000],
    ["rate-limited", "rate-limited", -5, 0],
    ["client-revoked", "cloud-unreachable", 1e300, 86_400_000],
  ] as const) {
    const title = "No.\u001b[31m\r\n Go";
    cloud.answer = () => ({ status: 400, body: { code, title, detail, retryAfterMs } });
    const error = await client.act("update", UPDATE, NEVER).catch((caught: unknown) => caught);
    t.match(error, { code: told, retryAfterMs: waits });
    t.ok(error instanceof TellyportError && error.detail === undefined, "no details");
    t.notMatch(error instanceof Error ? error.message : "", /\p{Cc}/u);
  }
});

t.test("cloud client: the times that a cloud wishes for have bounds", (t) => {
  for (const [refreshSeconds, least, most] of [
    [-1e15, 48_000, 60_000],
    [0, 48_000, 60_000],
    [3600, 2_880_000, 3_420_000],
    [1e15, 0, 172_800_000],
  ] as const)
    for (const random of [0, 0.99]) {
      const wait = untilNext(registrationOf({ refreshSeconds }), 0, random);
      t.ok(wait >= least && wait <= most, `${refreshSeconds}: ${wait}`);
    }
  t.end();
});

t.test(
  "cloud client: a family of addresses that the cloud does not have is unreachable, not confused",
  async (t) => {
    const { client } = await clientAt(t);
    await client.act("update", UPDATE, NEVER, { family: 4 });
    const named = await clientAt(t, "http://cloud.test:1");
    await t.rejects(named.client.act("update", UPDATE, NEVER, { family: 6 }), { code: "cloud-unreachable" });
  },
);

t.test("sequence: it is on disk before it is used, and each cloud counts for itself", (t) => {
  const facts = createFacts(openDatabase(":memory:"));
  const one = new Sequence(facts, "https://one.example");
  one.next();
  t.equal(facts.get("sequence https://one.example"), "1");
  t.equal(new Sequence(facts, "https://one.example").next(), 2);
  t.equal(new Sequence(facts, "https://two.example").next(), 1);
  facts.set("sequence https://one.example", "rubbish");
  t.equal(new Sequence(facts, "https://one.example").next(), 1, "the cloud says where to go on");
  t.end();
});
