import t from "tap";
import { onlineFindings } from "../../../src/cli/doctor/online-findings.ts";
import type { OnlineState } from "../../../src/protocol/online.ts";

const NOW = Date.UTC(2026, 10, 22);
const door = { state: "none", address: null, port: null } as const;
const OFF: OnlineState = {
  enabled: false,
  cloud: null,
  openPorts: false,
  port: 0,
  registration: "off",
  problem: null,
  name: null,
  lanName: null,
  alias: null,
  hosts: [],
  doors: { ipv4: door, ipv6: door },
  router: { protocol: null, address: null, port: null, until: null, refusal: null },
  diagnosis: { kind: "unknown", reason: null },
  certificate: null,
  providers: [],
  addresses: { home: null, away: null },
};
const ON: OnlineState = {
  ...OFF,
  enabled: true,
  cloud: "https://cloud.example",
  registration: "registered",
  name: "abc.tv.example",
  certificate: {
    names: ["abc.tv.example"],
    issuer: "R11",
    notAfter: "2027-01-20T00:00:00Z",
    renewAt: null,
    problem: null,
  },
  addresses: { home: null, away: "https://abc.tv.example:8443" },
};
const levels = (state: OnlineState) =>
  onlineFindings(state, NOW).map(({ subject, level }) => `${subject}: ${level}`);

t.test("doctor: whether the box is found from anywhere, its certificate, and its other names", (t) => {
  t.same(levels(OFF), ["cloud: note"]);
  t.same(levels(ON), ["cloud: ok", "from away: ok", "certificate: ok"]);
  const problem = { code: "cloud-unreachable", message: "The cloud does not answer: it is tried again." };
  t.match(onlineFindings({ ...ON, problem, registration: "failed" }, NOW)[0], {
    level: "warning",
    message: /tried again/,
  });
  const shut = {
    ...ON,
    addresses: { home: null, away: null },
    diagnosis: { kind: "carrier-grade-nat", reason: null },
  };
  t.match(onlineFindings(shut as OnlineState, NOW)[1], { level: "warning", message: /\./ });
  const short = { ...ON, certificate: { ...ON.certificate, notAfter: "2026-11-25T00:00:00Z" } };
  t.match(onlineFindings(short as OnlineState, NOW)[2], { level: "warning", message: /was not renewed/ });
  const providers = [
    { name: "tv.dyn.example", kind: "dyndns2", state: "stopped", message: "The password is wrong." },
  ] as const;
  t.same(levels({ ...OFF, providers: [...providers] }), ["name tv.dyn.example: warning"]);
  t.end();
});
