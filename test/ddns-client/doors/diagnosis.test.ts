import t from "tap";
import { diagnose, type Findings } from "../../../src/ddns-client/doors/diagnosis.ts";
import type { DoorRefusal } from "../../../src/ddns-client/doors/door-protocol.ts";
import {
  CLOSED_REASONS,
  REACHABILITIES,
  REACHABILITY_WORDS,
  reachabilityWords,
} from "../../../src/protocol/reachability.ts";

const HOME: Findings = {
  own: { ipv4: ["192.168.1.10"], ipv6: null },
  router: { status: "watching", externalAddress: "5.5.5.30", externalPort: null, refusals: [] },
  isAsked: true,
  stun: { ipv4: "5.5.5.30", ipv6: null },
  observed: { ipv4: null, ipv6: null },
  dialBack: { ipv4: null, ipv6: null },
  isSettled: true,
};
const refusal = (reason: DoorRefusal["reason"]): DoorRefusal => ({
  protocol: "igd",
  reason,
  words: "UPnP 501",
});
const router = (more: Partial<NonNullable<Findings["router"]>>): Findings["router"] => ({
  ...HOME.router!,
  ...more,
});
const open = router({ status: "open", externalPort: 8443 });

const CASES: readonly (readonly [what: string, change: Partial<Findings>, expected: object])[] = [
  ["a mapping that is not wished for", {}, { kind: "single-nat-closed", reason: "mapping-off" }],
  [
    "one that is not wished for, and a router that says nothing",
    { isAsked: false, router: router({ status: "silent", externalAddress: null }) },
    { kind: "single-nat-closed", reason: "mapping-off" },
  ],
  [
    "one that is refused",
    { router: router({ status: "refused", refusals: [refusal("not-allowed")] }) },
    { kind: "single-nat-closed", reason: "mapping-refused" },
  ],
  [
    "a router that is silent",
    { router: router({ status: "silent", externalAddress: null }) },
    { kind: "single-nat-closed", reason: "router-silent" },
  ],
  ["a mapping", { router: open }, { kind: "single-nat-mapped" }],
  [
    "a mapping, and nobody gets through",
    { router: open, dialBack: { ipv4: "unanswered", ipv6: null } },
    { kind: "firewall" },
  ],
  [
    "a port forwarded by hand",
    {
      router: router({ status: "silent", externalAddress: null }),
      dialBack: { ipv4: "answered", ipv6: null },
    },
    { kind: "single-nat-mapped" },
  ],
  [
    "the cloud sees it where there is no STUN",
    { router: open, stun: { ipv4: null, ipv6: null }, observed: { ipv4: "5.5.5.30", ipv6: null } },
    { kind: "single-nat-mapped" },
  ],
  ["a router behind a router", { router: router({ externalAddress: "10.0.0.2" }) }, { kind: "double-nat" }],
  [
    "a router behind a carrier's",
    { router: router({ externalAddress: "100.64.3.4" }) },
    { kind: "carrier-grade-nat" },
  ],
  [
    "a router that has no address, and says no more",
    { router: router({ status: "refused", externalAddress: null, refusals: [refusal("no-address")] }) },
    { kind: "carrier-grade-nat" },
  ],
  [
    "a router with another address than the internet sees",
    { router: router({ externalAddress: "7.7.7.7" }) },
    { kind: "carrier-grade-nat" },
  ],
  [
    "a router with an address of DS-Lite",
    { router: router({ externalAddress: "192.0.0.2" }) },
    { kind: "ds-lite" },
  ],
  [
    "a box with an address of DS-Lite",
    { own: { ipv4: ["192.0.0.2"], ipv6: null }, router: null },
    { kind: "ds-lite" },
  ],
  [
    "a box at the carrier itself",
    { own: { ipv4: ["100.64.0.9"], ipv6: null }, router: null },
    { kind: "carrier-grade-nat" },
  ],
  [
    "a box with an address of the internet",
    { own: { ipv4: ["5.5.5.30"], ipv6: null }, router: null },
    { kind: "open" },
  ],
  [
    "the same behind a firewall",
    { own: { ipv4: ["5.5.5.30"], ipv6: null }, router: null, dialBack: { ipv4: "unanswered", ipv6: null } },
    { kind: "firewall" },
  ],
  [
    "IPv6 where IPv4 is shared",
    {
      router: router({ externalAddress: "100.64.3.4" }),
      own: { ipv4: ["192.168.1.10"], ipv6: "2a01::1" },
      dialBack: { ipv4: null, ipv6: "answered" },
    },
    { kind: "ipv6-only-open", ipv4: "carrier-grade-nat", ipv6: "open" },
  ],
  [
    "IPv6 alone",
    {
      own: { ipv4: [], ipv6: "2a01::1" },
      stun: { ipv4: null, ipv6: "2a01::1" },
      dialBack: { ipv4: null, ipv6: "answered" },
    },
    { kind: "ipv6-only-open", ipv4: null },
  ],
  [
    "IPv6 alone, shut",
    { own: { ipv4: [], ipv6: "2a01::1" }, dialBack: { ipv4: null, ipv6: "unanswered" } },
    { kind: "firewall" },
  ],
  [
    "IPv6 alone, not dialled yet",
    { own: { ipv4: [], ipv6: "2a01::1" }, stun: { ipv4: null, ipv6: "2a01::1" } },
    { kind: "unknown" },
  ],
  [
    "no internet behind the router",
    { router: router({ externalAddress: null, status: "silent" }), stun: { ipv4: null, ipv6: null } },
    { kind: "offline" },
  ],
  [
    "no cable",
    {
      own: { ipv4: [], ipv6: null },
      router: router({ status: "no-router", externalAddress: null }),
      stun: { ipv4: null, ipv6: null },
    },
    { kind: "offline" },
  ],
  [
    "too soon to tell",
    {
      stun: { ipv4: null, ipv6: null },
      router: router({ externalAddress: null, status: "looking" }),
      isSettled: false,
    },
    { kind: "unknown" },
  ],
];

for (const [what, change, expected] of CASES)
  t.test(`diagnosis: ${what}`, (t) => {
    t.match(diagnose({ ...HOME, ...change }), expected);
    t.end();
  });

t.test("diagnosis: there are words for everything, in both languages", (t) => {
  for (const language of ["en", "zh"] as const) {
    t.same(Object.keys(REACHABILITY_WORDS[language]).sort(), [...REACHABILITIES, ...CLOSED_REASONS].sort());
    for (const kind of REACHABILITIES)
      for (const reason of [null, ...CLOSED_REASONS]) t.ok(reachabilityWords(kind, reason, language).title);
  }
  t.match(reachabilityWords("single-nat-closed", "mapping-refused", "en").title, /does not let/);
  t.end();
});
