import fc from "fast-check";
import t from "tap";
import { Zone } from "../../../src/cloud/dns/zone.ts";
import type { NameRecords, RecordSet } from "../../../src/protocol/dns/records.ts";

const ZONE = "tv.example";
const options = { origin: ZONE, nameServers: [{ name: `ns1.${ZONE}`, addresses: ["192.0.2.53"] }] };
const a = (...values: string[]): RecordSet => ({ type: "A", ttl: 60, values });

/** `lan.box` as the zone has it inside. */
const key = (name: string): string =>
  name
    .split(".")
    .map((label) => String.fromCharCode(label.length) + label)
    .join("");

t.test("names between others exist as long as these do", (t) => {
  const label = fc.constantFrom("a", "b", "c");
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 40 }), (steps) => {
      const zone = new Zone(options, 0);
      const there = new Set<string>();
      for (const [one, present] of steps) {
        const before = zone.serial;
        const changed = zone.publish([{ name: `${one}.${ZONE}`, sets: present ? [a("192.0.2.1")] : [] }], 0);
        t.equal(changed, there.has(one) !== present);
        t.equal(zone.serial, before + (changed ? 1 : 0));
        if (present) there.add(one);
        else there.delete(one);
      }
      // The zone itself, its name server, and every name that is one of ours or above one.
      const expected = new Set(["", "ns1"]);
      for (const one of there)
        for (let rest = one; rest !== ""; rest = rest.split(".").slice(1).join(".")) expected.add(rest);
      t.equal(zone.size, expected.size);
      for (const one of expected) if (one !== "") t.not(zone.at(key(one)), undefined, one);
      for (const one of there) t.same(zone.values(`${one}.${ZONE}`, "A"), ["192.0.2.1"]);
      return true;
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("what cannot be published changes nothing", (t) => {
  const zone = new Zone(options, 1000);
  const good: NameRecords = { name: `good.${ZONE}`, sets: [a("192.0.2.1")] };
  const serial = zone.serial;
  const bad: Record<string, NameRecords> = {
    "a name server's": { name: `ns1.${ZONE}`, sets: [a("192.0.2.66")] },
    "the zone's own": { name: ZONE, sets: [a("192.0.2.66")] },
    elsewhere: { name: "box.example", sets: [a("192.0.2.66")] },
    "no address": { name: `box.${ZONE}`, sets: [a("192.0.2")] },
    "an alias beside": {
      name: `box.${ZONE}`,
      sets: [a("192.0.2.1"), { type: "CNAME", ttl: 60, values: [`good.${ZONE}`] }],
    },
    "two aliases": {
      name: `box.${ZONE}`,
      sets: [{ type: "CNAME", ttl: 60, values: ["a.example", "b.example"] }],
    },
    "twice the same": { name: `box.${ZONE}`, sets: [a("192.0.2.1", "192.0.2.1")] },
    "no value": { name: `box.${ZONE}`, sets: [a()] },
    "too many": { name: `box.${ZONE}`, sets: [a(...Array.from({ length: 65 }, (_, n) => `192.0.2.${n}`))] },
    "too much": {
      name: `box.${ZONE}`,
      sets: [{ type: "TXT", ttl: 1, values: Array.from({ length: 64 }, (_, n) => `${n}`.padEnd(255, "x")) }],
    },
    "a wildcard": { name: `*.${ZONE}`, sets: [a("192.0.2.1")] },
    "no TTL": { name: `box.${ZONE}`, sets: [{ type: "A", ttl: -1, values: ["192.0.2.1"] }] },
  };
  for (const [what, one] of Object.entries(bad))
    t.throws(() => zone.publish([good, one], 2000), RangeError, what);
  t.equal(zone.serial, serial);
  t.equal(zone.size, 2);
  t.equal(zone.publish([good], 500), true);
  t.equal(zone.serial, serial + 1, "it grows although the clock went back");
  t.end();
});

t.test("there are as many names as there may be", (t) => {
  const zone = new Zone({ ...options, mostNames: 3 }, 0);
  zone.publish([{ name: `a.${ZONE}`, sets: [a("192.0.2.1")] }], 0);
  t.throws(() => zone.publish([{ name: `b.${ZONE}`, sets: [a("192.0.2.1")] }], 0), RangeError);
  t.ok(zone.publish([{ name: `a.${ZONE}`, sets: [a("192.0.2.2")] }], 0), "what is there can be changed");
  t.ok(zone.publish([{ name: `a.${ZONE}`, sets: [] }], 0));
  t.end();
});

t.test("a zone that cannot be", (t) => {
  t.throws(() => new Zone({ origin: ZONE, nameServers: [] }, 0), RangeError);
  t.throws(
    () => new Zone({ origin: ZONE, nameServers: [{ name: `ns.${ZONE}`, addresses: [] }] }, 0),
    RangeError,
  );
  t.throws(() => new Zone({ ...options, caa: ["nonsense"] }, 0), RangeError);
  t.throws(
    () =>
      new Zone(
        { ...options, fixed: [{ name: ZONE, sets: [{ type: "CNAME", ttl: 1, values: ["a.example"] }] }] },
        0,
      ),
    RangeError,
  );
  const own = new Zone({ origin: ZONE, nameServers: [{ name: ZONE, addresses: ["192.0.2.1"] }] }, 0);
  t.same(own.values(ZONE, "A"), ["192.0.2.1"], "a zone may be its own name server");
  t.end();
});
