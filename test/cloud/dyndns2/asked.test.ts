import fc from "fast-check";
import { isIPv4, isIPv6 } from "node:net";
import t from "tap";
import { isFullName, readUpdate, type Wish } from "../../../src/cloud/dyndns2/asked.ts";
import { readBasic } from "../../../src/cloud/dyndns2/credentials.ts";
import { PublicAddresses } from "../../../src/cloud/public-address.ts";

const addresses = new PublicAddresses();
const isAddress = (wish: Wish, test: (text: string) => boolean): boolean =>
  wish === null ||
  typeof wish === "string" ||
  (test(wish.address) && addresses.judge(wish.address) === wish.address);

const value = fc.oneof(
  fc.string(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("", "preserve", "YES", "%", "%zz", "%00", "1.2.3.4/32", "::ffff:1.2.3.4", ",,,", "☃"),
);
const parameter = fc
  .tuple(
    fc.constantFrom("hostname", "myip", "myipv4", "myipv6", "ip", "offline", "preserve", "", "__proto__"),
    fc.array(value, { maxLength: 4 }),
  )
  .map(([name, values]) => `${name}=${values.join(",")}`);
const query = fc.oneof(
  fc.string(),
  fc.array(parameter, { maxLength: 8 }).map((all) => all.join("&")),
);

t.test("dyndns2: whatever is sent, only names and addresses of the internet come of it", (t) => {
  fc.assert(
    fc.property(query, query, (first, second) => {
      const { names, ipv4, ipv6 } = readUpdate(first, second, addresses);
      return (
        new Set(names).size === names.length &&
        names.every((name) => name !== "" && name === name.toLowerCase()) &&
        isAddress(ipv4, isIPv4) &&
        isAddress(ipv6, isIPv6)
      );
    }),
    { numRuns: 3000 },
  );
  t.end();
});

t.test("dyndns2: whatever stands in Authorization, it is credentials or nothing", (t) => {
  const header = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Basic ${Buffer.from(text).toString("base64")}`),
    fc.uint8Array().map((bytes) => `basic ${Buffer.from(bytes).toString("base64")}`),
  );
  fc.assert(
    fc.property(header, (text) => {
      const credentials = readBasic(text);
      return credentials === null || typeof credentials.token === "string";
    }),
    { numRuns: 3000 },
  );
  t.same(readBasic(`Basic ${Buffer.from("A.B.:c:d").toString("base64")}`), { user: "a.b", token: "c:d" });
  t.end();
});

t.test("dyndns2: full names", (t) => {
  for (const name of ["a.b", "a-b.example", "xn--p1ai.example", `${"a".repeat(63)}.example`])
    t.ok(isFullName(name), name);
  for (const name of [
    "",
    "a",
    ".",
    "a.",
    ".b",
    "a..b",
    "-a.b",
    "a-.b",
    "a_b.c",
    `${"a".repeat(64)}.b`,
    "a.b\n",
    "ä.b",
    `${"a.".repeat(130)}b`,
  ])
    t.notOk(isFullName(name), name);
  t.end();
});

t.test("cloud: addresses that may be published", (t) => {
  for (const [text, expected] of [
    ["93.184.216.34", "93.184.216.34"],
    ["2A02:0:0::1", "2a02::1"],
    ["::ffff:93.184.216.34", "93.184.216.34"],
    ["2600::1%eth0", "2600::1"],
  ] as const)
    t.equal(addresses.judge(text), expected);
  for (const text of [
    "",
    "x",
    "1.2.3",
    "010.1.1.1",
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "0.0.0.0",
    "169.254.169.254",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "2001:db8::1",
    "2002:a00:1::",
    "64:ff9b::5db8:d822",
    "4000::1",
  ])
    t.equal(addresses.judge(text), null, text);
  const lab = new PublicAddresses(["10.9.0.0/16", "fd00:1::/32"]);
  t.equal(lab.judge("10.9.1.1"), "10.9.1.1");
  t.equal(lab.judge("fd00:1::1"), "fd00:1::1");
  t.equal(lab.judge("10.8.1.1"), null);
  t.end();
});
