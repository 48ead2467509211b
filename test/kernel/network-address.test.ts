import t from "tap";
import { networkOf, regionOf } from "../../src/kernel/network-address.ts";

t.test("T24, network address: one sender is an IPv4 address or an IPv6 /64, however it is written", (t) => {
  t.equal(networkOf("192.0.2.1"), "192.0.2.1");
  t.not(networkOf("192.0.2.1"), networkOf("192.0.2.2"));
  const same = ["2001:db8:1:2::", "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:DB8:01:2::9"];
  t.same(new Set(same.map(networkOf)), new Set(["2001:db8:1:2::/64"]));
  t.equal(networkOf("2001:db8:1:3::1"), "2001:db8:1:3::/64");
  t.equal(networkOf("::1"), "0:0:0:0::/64");
  t.equal(networkOf("2001:db8::1:2:3:4"), "2001:db8:0:0::/64");
  t.end();
});

t.test("T24, network address: a region is an IPv4 /24 or an IPv6 /48", (t) => {
  t.equal(regionOf("192.0.2.1"), "192.0.2.0/24");
  t.equal(regionOf("192.0.2.255"), regionOf("192.0.2.1"));
  t.not(regionOf("192.0.3.1"), regionOf("192.0.2.1"));
  t.equal(regionOf("2001:db8:1:ffff::1"), "2001:db8:1::/48");
  t.equal(regionOf("2001:DB8:01::9"), "2001:db8:1::/48");
  t.equal(regionOf("::1"), "0:0:0::/48");
  t.end();
});
