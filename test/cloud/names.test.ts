import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { MemoryPublisher } from "../helpers/memory-publisher.ts";
import type { NameRecords } from "../../src/cloud/ports.ts";
import { fold, unfitness } from "../../src/cloud/registry/labels.ts";
import { ZoneNames } from "../../src/cloud/registry/names.ts";
import { TellyportError } from "../../src/kernel/errors.ts";
import type { HostToken, Registration } from "../../src/protocol/registration.ts";
import { eventually } from "../helpers/daemon.ts";
import { enrolledBox } from "../helpers/registering-box.ts";
import { testCloud } from "./cloud-in-test.ts";

t.test("labels: those that people take for one another are one", (t) => {
  for (const [one, other] of [
    ["google", "g00gle"],
    ["tellytime", "te11ytime"],
    ["lisa", "iisa"],
    ["modern", "modem"],
    ["warner", "vvarner"],
    ["our-home", "ourhome"],
    ["o-u-r-h-o-m-e", "ourhome"],
    ["l0l", "1o1"],
  ])
    t.equal(fold(one ?? ""), fold(other ?? ""), `${one} ${other}`);
  t.not(fold("anna"), fold("hanna"));
  for (const label of [
    "admin",
    "adm1n",
    "a-d-m-i-n",
    "www",
    "vvww",
    "cloud",
    "c1oud",
    "ns1",
    "xn--caf-dma",
    "ab--cd",
    "12345",
    "aaaabbbbccccdddd",
    "te11yport",
  ])
    t.not(unfitness(label), null, label);
  for (const label of ["smith-family", "our-living-room", "box42", "aaaabbbbccccddd"])
    t.equal(unfitness(label), null, label);
  t.end();
});

t.test("names: each is read as what it was made for, and nothing else is", (t) => {
  const names = new ZoneNames("box.test");
  const id = "abcdefghijklmnop";
  t.same(
    names.ofBox(id).map((name) => names.parse(name)?.kind),
    ["box", "wide", "lan", "box-challenge"],
  );
  t.same(
    names.ofLabel("smith").map((name) => names.parse(name)?.kind),
    ["label", "label-challenge"],
  );
  for (const name of [
    "box.test",
    ".box.test",
    "a.b.c.box.test",
    "smith.box.test.",
    "smith.other.test",
    "x.smith.box.test",
    "w.smith.box.test",
  ])
    t.equal(names.parse(name), null, name);
  fc.assert(fc.property(fc.string(), (text) => void names.parse(text)));
  fc.assert(fc.property(fc.string(), (text) => void (fold(text), unfitness(text))));
  t.end();
});

t.test("alias: one a box, nobody else's who looks alike, and nobody's for a year", async (t) => {
  const { origin, publisher } = await testCloud(t);
  const [box, other] = [await enrolledBox(origin), await enrolledBox(origin)];
  const alias = (who: typeof box, label: string | null) => who.send<Registration>(origin, "alias", { label });
  t.match(await alias(box, "smith-family"), { status: 200, body: { alias: "smith-family.box.test" } });
  t.match(await alias(box, "smith-family"), { status: 200 }, "again changes nothing");
  for (const label of ["smith-family", "smithfamily", "sm1th-fam1ly", "srnith-family"])
    t.match(await alias(other, label), { status: 409, body: { code: "alias-taken" } }, label);
  for (const label of ["admin", "adm1n", "abcdefghijklmnop", "xn--smith"])
    t.match(await alias(other, label), { status: 400, body: { code: "alias-unfit" } }, label);
  for (const label of ["Smith", "-smith", "smith-", "sm", "smith.family", "smi_th", "straße", "a".repeat(41)])
    t.match(await alias(other, label), { status: 401, body: { code: "registration-invalid" } }, label);
  await eventually("it is published", () =>
    publisher
      .read("smith-family.box.test", "CNAME", new AbortController().signal)
      .then((values) => values[0] === `${box.id}.box.test`),
  );
  t.same(
    await publisher.read("_acme-challenge.smith-family.box.test", "CNAME", new AbortController().signal),
    [`_acme-challenge.${box.id}.box.test`],
  );
  t.match(await alias(box, "jones"), { status: 200, body: { alias: "jones.box.test" } });
  await eventually("the old one is gone", () =>
    publisher
      .read("smith-family.box.test", "CNAME", new AbortController().signal)
      .then((values) => values.length === 0),
  );
  t.match(
    await alias(other, "smith-family"),
    { status: 409, body: { code: "alias-taken" } },
    "nobody's for a year",
  );
  t.match(
    await alias(box, "sm1th-family"),
    { status: 200 },
    "but who had it may have it back, spelt as it likes",
  );
  t.match(await alias(box, null), { status: 200, body: { alias: null } });
});

t.test("labels: the operator's own machines keep theirs", async (t) => {
  const names = new ZoneNames("box.test", ["primary.box.test", "a.infra.box.test", "box.test", "x.test"]);
  t.same([...names.ownLabels], ["primary", "infra"]);
  const { origin } = await testCloud(t, {
    config: {
      zone: {
        name: "box.test",
        reserved: ["intranet"],
        nameServers: [
          { name: "primary.box.test", addresses: ["9.9.9.9"] },
          { name: "alpha.infra.box.test", addresses: ["9.9.9.10"] },
        ],
      },
      stun: { advertise: "reflexion.box.test:3478" },
    },
  });
  const box = await enrolledBox(origin);
  for (const act of ["alias", "host"] as const)
    for (const label of ["primary", "pr1mary", "infra", "reflexion", "intranet", "lntranet"])
      t.match(await box.send(origin, act, { label }), { status: 400, body: { code: "alias-unfit" } }, label);
  t.match(await box.send(origin, "alias", { label: "alpha" }), { status: 200 });
});

t.test("hosts: four a box, each with a token that is kept as its hash alone", async (t) => {
  const { origin, cloud, socket } = await testCloud(t);
  const [box, other] = [await enrolledBox(origin), await enrolledBox(origin)];
  const first = await box.send<HostToken>(origin, "host", { label: "router1" });
  t.match(first, {
    status: 200,
    body: {
      name: "router1.box.test",
      user: "router1.box.test",
      updateUrl: `${origin}/nic/update?hostname=router1.box.test`,
    },
  });
  t.equal(Buffer.from(first.body.token, "base64url").length, 16);
  const second = await box.send<HostToken>(origin, "host", { label: "router1" });
  t.not(second.body.token, first.body.token, "again, it is a new token");
  t.match(await other.send(origin, "host", { label: "routerl" }), {
    status: 409,
    body: { code: "alias-taken" },
  });
  for (const label of ["router2", "router3", "router4"])
    t.match(await box.send(origin, "host", { label }), { status: 200 });
  t.match(await box.send(origin, "host", { label: "router5" }), {
    status: 409,
    body: { code: "too-many-hosts" },
  });
  const dropped = await box.send<Registration>(origin, "drop-host", { label: "router2" });
  t.same(dropped.body.hosts, ["router1.box.test", "router3.box.test", "router4.box.test"]);
  t.match(
    await other.send(origin, "drop-host", { label: "router1" }),
    { status: 200 },
    "another's is not given up",
  );
  t.same((await box.send<Registration>(origin, "state")).body.hosts.length, 3);
  void cloud;
  void socket;
});

t.test(
  "dynamic hosts: what routers write is found again and published, as long as it is the internet's",
  async (t) => {
    const { origin, publisher, cloud } = await testCloud(t);
    const box = await enrolledBox(origin);
    const { body } = await box.send<HostToken>(origin, "host", { label: "router1" });
    const { hosts } = cloud.registry;
    const [found] = await hosts.find([
      "router1.box.test",
      "nobody.box.test",
      "router1.other.test",
      `${box.id}.box.test`,
    ]);
    t.same(found, {
      name: "router1.box.test",
      tokenHash: createHash("sha256").update(body.token).digest("hex"),
      ipv4: null,
      ipv6: null,
      blocked: false,
    });
    const published = (type: "A" | "AAAA") =>
      publisher.read("router1.box.test", type, new AbortController().signal);
    await hosts.set([{ name: "router1.box.test", ipv4: "93.184.216.34" }]);
    await hosts.set([{ name: "router1.box.test", ipv6: "2a00:1450:4001:81b::200e" }]);
    await eventually(
      "both are there",
      async () => (await published("A"))[0] === "93.184.216.34" && (await published("AAAA")).length === 1,
    );
    await hosts.set([{ name: "router1.box.test", ipv4: null, ipv6: "fe80::1" }]);
    await eventually(
      "neither is",
      async () => (await published("A")).length === 0 && (await published("AAAA")).length === 0,
    );
    t.same(
      [await hosts.countUnchanged("router1.box.test"), await hosts.countUnchanged("router1.box.test")],
      [1, 2],
    );
    t.same(
      [
        await hosts.countChange("router1.box.test", "1.1.1.1"),
        await hosts.countChange("router1.box.test", "1.1.1.2"),
        await hosts.countChange("router1.box.test", "1.1.1.1"),
      ],
      [1, 2, 2],
    );
    await t.rejects(hosts.set([{ name: "nobody.box.test", ipv4: null }]), { code: "store-unavailable" });
  },
);

/** A name server that is switched off and on. */
class Switched extends MemoryPublisher {
  isOff = false;
  override async publish(zone: string, names: readonly NameRecords[], signal: AbortSignal): Promise<void> {
    if (this.isOff) throw new TellyportError("dns-unavailable", "It is switched off.");
    return super.publish(zone, names, signal);
  }
}

t.test(
  "challenge: answered when the name server has it, or with why not",
  { timeout: 240_000 },
  async (t) => {
    const publisher = new Switched();
    const { origin } = await testCloud(t, { publisher });
    const box = await enrolledBox(origin);
    const values = ["a".repeat(43), "b".repeat(43)];
    const name = `_acme-challenge.${box.id}.box.test`;
    t.equal((await box.send(origin, "challenge", { values })).status, 200);
    t.same(publisher.names.get(name)?.sets, [{ type: "TXT", ttl: 5, values }], "there when it is answered");
    t.equal((await box.send(origin, "challenge", { values: [] })).status, 200);
    t.equal(publisher.names.has(name), false);
    publisher.isOff = true;
    const began = performance.now();
    t.match(await box.send(origin, "challenge", { values: values.slice(1) }), {
      status: 503,
      body: { code: "dns-unavailable" },
    });
    t.ok(performance.now() - began > 14_000, "it waited");
    publisher.isOff = false;
    await eventually("it comes all the same", () => publisher.names.has(name));
    t.match(await box.send(origin, "challenge", { values: ["short"] }), { status: 401 });
  },
);
