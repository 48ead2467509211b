import t from "tap";
import { addressesOf } from "../../src/ddns-client/online-state.ts";

const BOX = "cea5o3yowrisratq.box.example";
const REGISTRATION = {
  name: BOX,
  lanName: `lan.${BOX}`,
  alias: "smith.box.example",
  doors: {
    ipv4: { state: "direct", address: "5.5.5.30", port: 8443 },
    ipv6: { state: "none", address: null, port: null },
  },
} as const;

const covered =
  (names: readonly string[]) =>
  (name: string): boolean =>
    names.includes(name) || names.includes(name.replace(/^[^.]+/, "*"));

t.test("online: phones are sent to names alone that the certificate has", (t) => {
  const home = `https://lan.${BOX}:8443`;
  const cases = [
    [
      "with the alias",
      [BOX, `*.${BOX}`, "smith.box.example"],
      { home, away: "https://smith.box.example:8443" },
    ],
    ["until it is there", [BOX, `*.${BOX}`], { home, away: `https://${BOX}:8443` }],
    ["one of another cloud", ["cea5o3yowrisratq.old.example"], { home: null, away: null }],
    ["none", [], { home: null, away: null }],
  ] as const;
  for (const [what, names, addresses] of cases)
    t.same(addressesOf(REGISTRATION, 8443, covered(names)), addresses, what);
  t.end();
});
