import fc from "fast-check";
import t from "tap";
import { homeNetwork } from "../../../src/kernel/safe-fetch/home-network.ts";
import {
  HOME,
  judgeAddress,
  judgeUrl,
  namedReach,
  PUBLIC,
  reachBeyond,
  type Reach,
} from "../../../src/kernel/safe-fetch/reach.ts";

/** A box at home: 192.168.1.10 and a global IPv6 address of its own. */
const HOUSE = homeNetwork({
  lo: [entry("127.0.0.1", "127.0.0.1/8", true), entry("::1", "::1/128", true)],
  eth0: [
    entry("192.168.1.10", "192.168.1.10/24"),
    entry("2a00:1234:5678:1::10", "2a00:1234:5678:1::10/64"),
    entry("fd77::10", "fd77::10/64"),
    entry("fe80::10", "fe80::10/64"),
  ],
  tun0: [entry("100.64.7.7", "100.64.7.7/10")],
});

function entry(address: string, cidr: string, internal = false) {
  const base = { address, cidr, internal, netmask: "", mac: "" };
  return address.includes(":")
    ? { ...base, family: "IPv6" as const, scopeid: 0 }
    : { ...base, family: "IPv4" as const };
}

/** As the fetcher judges a URL whose host is an address or `localhost`; other names are one of the internet. */
function verdict(text: string, reach: Reach): string {
  const url = new URL(text);
  const before = judgeUrl(url, reach);
  if (before !== null) return before;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const named = reach.named.has(url.origin);
  const address = /^[\d.]+$|:/.test(host) ? host : host === "localhost" ? "127.0.0.1" : "8.8.8.8";
  return judgeAddress({ address, port, named, scope: reach.scope }, HOUSE) ?? "fine";
}

/** URL, and the verdict from home, from the internet, and when the installer named it. */
const TABLE: readonly (readonly [string, string, string, string])[] = [
  ["http://127.0.0.1/", "this-box", "this-box", "fine"],
  ["http://127.1/", "this-box", "this-box", "fine"],
  ["http://127.9.9.9:8080/", "this-box", "this-box", "fine"],
  ["http://0x7f000001/", "this-box", "this-box", "fine"],
  ["http://0x7f.0.0.0x1/", "this-box", "this-box", "fine"],
  ["http://2130706433/", "this-box", "this-box", "fine"],
  ["http://017700000001/", "this-box", "this-box", "fine"],
  ["http://0177.0.0.1/", "this-box", "this-box", "fine"],
  ["http://127.0.0.1./", "this-box", "this-box", "fine"],
  ["http://%31%32%37.0.0.1/", "this-box", "this-box", "fine"],
  ["http://１２７.0.0.1/", "this-box", "this-box", "fine"],
  ["http://[::1]/", "this-box", "this-box", "fine"],
  ["http://[0:0:0:0:0:0:0:1]/", "this-box", "this-box", "fine"],
  ["http://[::ffff:127.0.0.1]/", "this-box", "this-box", "fine"],
  ["http://[::ffff:7f00:1]/", "this-box", "this-box", "fine"],
  ["http://[::127.0.0.1]/", "this-box", "this-box", "fine"],
  ["http://[64:ff9b::127.0.0.1]/", "this-box", "this-box", "fine"],
  ["http://0/", "this-box", "this-box", "fine"],
  ["http://0.0.0.0:8080/", "this-box", "this-box", "fine"],
  ["http://[::]/", "this-box", "this-box", "fine"],
  ["http://localhost/", "this-box", "this-box", "fine"],
  ["http://localhost./", "this-box", "this-box", "fine"],
  ["http://LOCALHOST:9981/", "this-box", "this-box", "fine"],
  ["http://tv.localhost/", "this-box", "this-box", "fine"],
  ["http://192.168.1.10:8080/", "this-box", "this-box", "fine"],
  ["http://[2a00:1234:5678:1::10]/", "this-box", "this-box", "fine"],
  ["http://[fd77::10]/", "this-box", "this-box", "fine"],
  ["http://169.254.169.254/latest/meta-data/", "metadata", "metadata", "metadata"],
  ["http://[::ffff:169.254.169.254]/", "metadata", "metadata", "metadata"],
  ["http://[fd00:ec2::254]/", "metadata", "metadata", "metadata"],
  ["http://100.100.100.200/", "metadata", "metadata", "metadata"],
  ["http://192.168.1.20:5004/", "fine", "private-from-public", "fine"],
  ["http://[::ffff:192.168.1.20]/", "fine", "private-from-public", "fine"],
  ["http://[fd77::20]:8080/", "fine", "private-from-public", "fine"],
  ["http://[fe80::20]/", "fine", "private-from-public", "fine"],
  ["http://[2a00:1234:5678:1::20]/", "fine", "private-from-public", "fine"],
  ["http://192.168.1.20:22/", "port", "private-from-public", "fine"],
  ["http://192.168.1.20:6379/", "port", "private-from-public", "fine"],
  ["http://192.168.1.255/", "private", "private-from-public", "fine"],
  ["http://192.168.2.20/", "private", "private-from-public", "fine"],
  ["http://10.0.0.1/", "private", "private-from-public", "fine"],
  ["http://172.16.0.1/", "private", "private-from-public", "fine"],
  ["http://100.64.7.8/", "private", "private-from-public", "fine"],
  ["http://[fd78::1]/", "private", "private-from-public", "fine"],
  ["http://[64:ff9b::192.168.1.20]/", "private", "private-from-public", "fine"],
  ["http://169.254.7.7/", "private", "private-from-public", "fine"],
  ["http://224.0.0.1/", "no-machine", "no-machine", "fine"],
  ["http://[ff02::1]/", "no-machine", "no-machine", "fine"],
  ["http://255.255.255.255/", "no-machine", "no-machine", "fine"],
  ["http://192.0.2.1/", "no-machine", "no-machine", "fine"],
  ["http://198.18.0.1/", "no-machine", "no-machine", "fine"],
  ["http://[fec0::1]/", "no-machine", "no-machine", "fine"],
  ["http://[2001:db8::1]/", "no-machine", "no-machine", "fine"],
  ["http://[2002:808:808::1]/", "no-machine", "no-machine", "fine"],
  ["https://tv.example/list.m3u", "fine", "fine", "fine"],
  ["http://tv.example:25461/", "fine", "fine", "fine"],
  ["http://8.8.8.8:25/", "port", "port", "fine"],
  ["http://8.8.8.8:81/", "port", "port", "fine"],
  ["http://8.8.8.8:3306/", "port", "port", "fine"],
  ["http://tv.example:445/", "port", "port", "fine"],
  ["ftp://8.8.8.8/", "scheme", "scheme", "scheme"],
  ["file:///etc/passwd", "scheme", "scheme", "scheme"],
  ["gopher://127.0.0.1:6379/", "scheme", "scheme", "scheme"],
];

t.test("T16: addresses from home, from the internet, and of the configuration", (t) => {
  for (const [url, home, fromPublic, named] of TABLE) {
    t.equal(verdict(url, HOME), home, `home: ${url}`);
    t.equal(verdict(url, PUBLIC), fromPublic, `public: ${url}`);
    t.equal(verdict(url, namedReach(new URL(url))), named, `named: ${url}`);
  }
  t.end();
});

t.test("T16: what is named is one scheme, host and port", (t) => {
  const reach = namedReach(new URL("http://127.0.0.1:9981/playlist"));
  t.equal(verdict("http://127.0.0.1:9981/stream/1", reach), "fine");
  for (const other of [
    "http://127.0.0.1:9982/",
    "https://127.0.0.1:9981/",
    "http://127.0.0.2:9981/",
    "http://localhost:9981/",
    "http://[::ffff:127.0.0.1]:9981/",
  ])
    t.equal(verdict(other, reach), "this-box", other);
  t.end();
});

t.test(
  "T16: an answer from the internet leads to the internet only, one from home no further than before",
  (t) => {
    const reach = namedReach(new URL("http://192.168.1.20/"));
    t.equal(reachBeyond(reach, "192.168.1.20", HOUSE), reach);
    t.equal(reachBeyond(reach, "2a00:1234:5678:1::20", HOUSE), reach, "neighbours have global addresses");
    t.equal(reachBeyond(reach, "127.0.0.1", HOUSE), reach);
    t.equal(reachBeyond(reach, "8.8.8.8", HOUSE), PUBLIC);
    t.equal(reachBeyond(PUBLIC, "192.168.1.20", HOUSE), PUBLIC);
    t.end();
  },
);

t.test("T16: an address is judged the same however its numbers are written", (t) => {
  const numbers = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  const spelled = (n: number, how: number): string =>
    how === 0 ? String(n) : how === 1 ? `0x${n.toString(16)}` : `0${n.toString(8)}`;
  fc.assert(
    fc.property(numbers, fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), ([a, b, c, d], how) => {
      const [h = 0, i = 0, j = 0, k = 0] = how;
      const plain = `${a}.${b}.${c}.${d}`;
      const whole = ((a * 256 + b) * 256 + c) * 256 + d;
      const spellings = [
        `${spelled(a, h)}.${spelled(b, i)}.${spelled(c, j)}.${spelled(d, k)}`,
        spelled(whole, h),
        `${spelled(a, h)}.${spelled((b * 256 + c) * 256 + d, i)}`,
        `${spelled(a, h)}.${spelled(b, i)}.${spelled(c * 256 + d, j)}`,
        `[::ffff:${plain}]`,
      ];
      for (const reach of [HOME, PUBLIC])
        for (const spelling of spellings)
          if (verdict(`http://${spelling}/`, reach) !== verdict(`http://${plain}/`, reach))
            throw new Error(`${spelling} is not ${plain}`);
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test("T16: from the internet nothing at home can be reached, whatever the address", (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65_535), (address, port) => {
      const got = judgeAddress({ address, port, named: false, scope: "public" }, HOUSE);
      if (got === null && (HOUSE.isOwn(address) || HOUSE.isNeighbour(address))) throw new Error(address);
      if (got === null && (port < 80 || port === 6379)) throw new Error(String(port));
      const atHome = judgeAddress({ address, port, named: false, scope: "home" }, HOUSE);
      if (got === null && atHome !== null) throw new Error("home has less than the internet");
    }),
    { numRuns: 1000 },
  );
  t.end();
});
