import type { Socket } from "node:net";
import type { networkInterfaces } from "node:os";
import t from "tap";
import { hostAllowed, hostName } from "../../src/http-server/host-guard.ts";
import { localAddress, neighbourAddresses, publicAddress } from "../../src/http-server/own-names.ts";
import { createLinkView, isOnLink, originOf } from "../../src/http-server/origin.ts";
import { plainAddress } from "../../src/kernel/network-address.ts";
import { FakeClock } from "../helpers/fake-clock.ts";

const INTERFACES = {
  lo: [{ cidr: "127.0.0.1/8" }, { cidr: "::1/128" }],
  eth0: [{ cidr: "192.168.7.20/24" }, { cidr: "fd00:1::20/64" }, { cidr: null }],
} as unknown as ReturnType<typeof networkInterfaces>;

t.test("origin: on-link is a property of the address and the interfaces' prefixes", (t) => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "192.168.7.9", "fd00:1::9"])
    t.ok(isOnLink(address, INTERFACES), address);
  for (const address of ["192.168.8.9", "8.8.8.8", "fd00:2::9", "2001:db8::1"])
    t.notOk(isOnLink(address, INTERFACES), address);
  t.equal(plainAddress("::ffff:192.168.7.9"), "192.168.7.9");
  t.equal(plainAddress("fe80::1%eth0"), "fe80::1");
  t.end();
});

t.test("origin: the interfaces are asked when somebody wants to know, once a request", (t) => {
  let asked = 0;
  const interfaces = (): typeof INTERFACES => {
    asked++;
    return INTERFACES;
  };
  const from = (remoteAddress: string): Socket => ({ remoteAddress }) as Socket;
  const near = originOf(from("::ffff:192.168.7.9"), interfaces);
  t.same([near.listener, near.address, near.confidential], ["http", "192.168.7.9", false]);
  t.equal(asked, 0);
  t.same([near.onLink, near.onLink], [true, true]);
  t.equal(asked, 1);
  t.equal(originOf(from("192.168.8.9"), interfaces).onLink, false, "the next request asks anew");
  t.equal(asked, 2);
  t.same([originOf(from("127.0.0.1"), interfaces).confidential, asked], [true, 2]);
  t.end();
});

t.test("origin: for connections the interfaces are listed every two seconds", (t) => {
  const clock = new FakeClock();
  let interfaces = INTERFACES;
  const isHome = createLinkView(clock, () => interfaces);
  t.same(
    [isHome("192.168.7.9"), isHome("fd00:1::9"), isHome("8.8.8.8"), isHome("2001:db8::1")],
    [true, true, false, false],
  );
  interfaces = {};
  clock.advance(1999);
  t.ok(isHome("192.168.7.9"));
  clock.advance(1);
  t.notOk(isHome("192.168.7.9"));
  t.end();
});

t.test("host guard: names are checked against the list, addresses cannot be rebound", (t) => {
  const names = new Set(["tellyport.local"]);
  for (const host of [
    "localhost",
    "localhost:8080",
    "127.0.0.1:8080",
    "[::1]:80",
    "192.168.1.5",
    "tellyport.local:8080",
    "TELLYPORT.local",
    "tellyport.local.",
  ]) {
    t.ok(hostAllowed(host, names), host);
  }
  for (const host of [
    undefined,
    "",
    "evil.test",
    "evil.test:8080",
    "tellyport.local.evil.test",
    "127.0.0.1.evil.test",
    "a b",
    "user@localhost",
    "localhost:8080:90",
    "[::1",
    "127.0.0.1/x",
  ]) {
    t.notOk(hostAllowed(host, names), String(host));
  }
  t.equal(hostName("[FE80::1]:80"), "fe80::1");
  t.end();
});

t.test("own names: the addresses that are offered are those that listen", (t) => {
  const own = ["192.168.7.20", "10.0.0.2"];
  for (const every of ["::", "0.0.0.0", "::0", "0:0:0:0:0:0:0:0"]) {
    t.same(neighbourAddresses(every, own), own, every);
    t.equal(publicAddress(every, own), "192.168.7.20", every);
    t.equal(publicAddress(every, []), "127.0.0.1", "without a network");
    t.equal(localAddress(every), "127.0.0.1", every);
  }
  t.same(neighbourAddresses("127.0.0.1", own), [], "loopback has no neighbours");
  t.equal(publicAddress("127.0.0.1", own), "127.0.0.1");
  t.same(neighbourAddresses("10.0.0.2", own), ["10.0.0.2"]);
  t.equal(publicAddress("10.0.0.2", own), "10.0.0.2");
  t.equal(localAddress("10.0.0.2"), "10.0.0.2", "nothing listens on loopback then");
  t.equal(publicAddress("2001:db8::7", own), "[2001:db8::7]");
  t.equal(publicAddress("::1", own), "[::1]");
  t.end();
});
