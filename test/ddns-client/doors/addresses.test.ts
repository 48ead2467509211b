import fc from "fast-check";
import t from "tap";
import { defaultRoute4, defaultRoute6 } from "../../../src/ddns-client/doors/routes.ts";
import { stableAddresses } from "../../../src/ddns-client/doors/stable-address.ts";

t.test("routes: the default one of the least metric", (t) => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\tFE4DA8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
tun0\t00000000\t00000000\t0001\t0\t0\t50\t00000000\t0\t0\t0
tun1\t00000000\t0102030A\t0003\t0\t0\t1\t00000080\t0\t0\t0
eth0\t004DA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
  t.same(defaultRoute4(table, true), { interface: "eth0", gateway: "192.168.77.254" });
  t.same(defaultRoute4("eth0 00000000 C0A84DFE 0003 0 0 0 00000000 0 0 0", false)?.gateway, "192.168.77.254");
  t.equal(defaultRoute4("", true), null);
  const table6 = `00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000002 00000400 00000001 00000000 00000003     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000064 00000001 00000000 00450003     eth1
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
2a010005007700000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0
`;
  t.same(defaultRoute6(table6), { interface: "eth1", gateway: "fe80::1" });
  fc.assert(
    fc.property(fc.string(), (text) => {
      defaultRoute4(text, true);
      defaultRoute6(text);
      stableAddresses(text);
    }),
  );
  t.end();
});

t.test("stable address: none that is temporary, deprecated, tentative or somebody else's", (t) => {
  const line = (address: string, flags: string, name = "eth0", scope = "00"): string =>
    `${address} 02 40 ${scope} ${flags} ${name}`;
  const of = (...lines: string[]): string[] =>
    stableAddresses(lines.join("\n"), "eth0").map(({ address }) => address);
  const eui = "2a01000500770000021122fffe334455";
  const opaque = "2a010005007700009d3cf1e2a4b5c6d7";
  t.same(
    of(
      line("00000000000000000000000000000001", "80", "lo", "10"),
      line("fe800000000000000000000000000001", "80", "eth0", "20"),
      line("fd000000000000000000000000000001", "80"),
      line("20010db8000000000000000000000001", "80"),
      line("2a010005007700000000000000000001", "01"),
      line("2a010005007700000000000000000002", "20"),
      line("2a010005007700000000000000000003", "40"),
      line("2a010005007700000000000000000004", "88"),
      line(opaque, "00"),
    ),
    ["2a01:5:77:0:9d3c:f1e2:a4b5:c6d7"],
  );
  t.same(
    of(line(opaque, "00"), line(eui, "00")),
    of(line(eui, "00"), line(opaque, "00")),
    "in whatever order they come",
  );
  t.equal(of(line(opaque, "00"), line(eui, "00"))[0], "2a01:5:77:0:211:22ff:fe33:4455");
  t.equal(
    of(line(eui, "00", "wlan0"), line(opaque, "00"))[0],
    "2a01:5:77:0:9d3c:f1e2:a4b5:c6d7",
    "the one on the way out",
  );
  t.equal(
    of(line(opaque, "00"), line("2a010005007700000000000000000005", "80"))[0],
    "2a01:5:77::5",
    "a configured one",
  );
  t.end();
});
