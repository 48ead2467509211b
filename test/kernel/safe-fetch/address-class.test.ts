import fc from "fast-check";
import t from "tap";
import { addressBytes } from "../../../src/kernel/safe-fetch/address-bytes.ts";
import { addressClass, type AddressClass } from "../../../src/kernel/safe-fetch/address-class.ts";
import { isReceivable } from "../../../src/kernel/safe-fetch/receivable.ts";

const CLASSES: Record<AddressClass, readonly string[]> = {
  global: ["8.8.8.8", "172.15.255.255", "172.32.0.0", "100.128.0.0", "2a00:1450::1", "64:ff9b::8.8.8.8"],
  private: [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "fd12::1",
    "fc00::",
    "::ffff:10.0.0.1",
  ],
  "link-local": ["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1", "fe80::1%eth0"],
  shared: ["100.64.0.1", "100.127.255.255", "2002:6440:0001::1"],
  loopback: [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
    "2a00::5efe:127.0.0.1",
    "::1%lo",
  ],
  unspecified: ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"],
  multicast: ["224.0.0.1", "239.255.255.250", "ff02::fb", "64:ff9b::224.0.0.1"],
  broadcast: ["255.255.255.255"],
  metadata: [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
  ],
  reserved: [
    "192.0.0.9",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "240.0.0.1",
    "fec0::1",
    "2001:db8::1",
    "2001:0:800:800::1",
    "2002:808:808::1",
    "64:ff9b:1::1",
    "::8.8.8.8",
    "100::1",
    "4000::1",
  ],
};

t.test("safe fetch: what each address is for", (t) => {
  for (const [kind, addresses] of Object.entries(CLASSES))
    for (const address of addresses) t.equal(addressClass(address), kind, address);
  for (const none of ["", "localhost", "127.1", "0x7f.1", "1.2.3", "1.2.3.4.5", ":::", "g::", "[::1]"])
    t.equal(addressClass(none), null, none);
  t.end();
});

const ipv4 = fc.ipV4();
const hexPair = (address: string, at: number): string => {
  const bytes = Buffer.from(address.split(".").map(Number));
  return bytes.readUInt16BE(at).toString(16);
};

t.test("safe fetch: an IPv4 address is the same in every spelling that IPv6 has for it", (t) => {
  fc.assert(
    fc.property(ipv4, (address) => {
      const hex = `${hexPair(address, 0)}:${hexPair(address, 2)}`;
      for (const mapped of [`::ffff:${address}`, `::ffff:${hex}`, `0:0:0:0:0:FFFF:${hex}`])
        if (addressClass(mapped) !== addressClass(address)) throw new Error(mapped);
    }),
  );
  t.end();
});

t.test("safe fetch: no tunnel and no translator makes an address better than it is", (t) => {
  fc.assert(
    fc.property(ipv4, (address) => {
      const kind = addressClass(address);
      const hex = `${hexPair(address, 0)}:${hexPair(address, 2)}`;
      const flipped = address.split(".").map((part) => Number(part) ^ 255);
      const client = [0, 2].map((at) => Buffer.from(flipped).readUInt16BE(at).toString(16)).join(":");
      const carriers = [
        `::${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::1`,
        `2001:0:808:808:0:0:${client}`,
        `2a00::200:5efe:${hex}`,
      ];
      for (const carrier of carriers) {
        const got = addressClass(carrier);
        if (kind !== "global" && got === "global") throw new Error(`${carrier} carries ${address}`);
        if (kind === "metadata" && got !== "metadata") throw new Error(`${carrier} hides ${address}`);
      }
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test("safe fetch: of IPv6 nothing but 2000::/3 and NAT64 is global", (t) => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const bytes = addressBytes(address);
      if (bytes?.length !== 16) return;
      if (addressClass(address) !== "global") return;
      const isUnicast = ((bytes[0] ?? 0) & 0xe0) === 0x20;
      if (!isUnicast && !address.toLowerCase().startsWith("64:ff9b:")) throw new Error(address);
    }),
    { numRuns: 1000 },
  );
  t.end();
});

t.test("safe fetch: datagrams are received at own ports and groups, not at the link's own groups", (t) => {
  for (const [address, port] of [
    ["239.1.2.3", 5004],
    ["224.0.1.0", 1234],
    ["239.255.255.255", 1],
    ["ff3e::8000:1", 5004],
    ["ff05::1:3", 5004],
    ["192.168.1.9", 1024],
    ["0.0.0.0", 5004],
  ] as const)
    t.ok(isReceivable(address, port), `${address} ${port}`);
  for (const [address, port] of [
    ["224.0.0.1", 5004],
    ["224.0.0.251", 5353],
    ["ff02::fb", 5353],
    ["ff01::1", 5004],
    ["ff0f::1", 5004],
    ["::ffff:224.0.0.1", 5004],
    ["127.0.0.1", 53],
    ["localhost", 5004],
    ["239.1.2.3", 0],
    ["239.1.2.3", 65_536],
  ] as const)
    t.notOk(isReceivable(address, port), `${address} ${port}`);
  t.end();
});
