import t from "tap";
import { onlineText } from "../../src/cli/online-text.ts";
import type { OnlineState } from "../../src/protocol/online.ts";

const CLOSED: OnlineState = {
  enabled: true,
  cloud: "https://cloud.example",
  openPorts: false,
  port: 0,
  registration: "registered",
  problem: null,
  name: "cea5o3yowrisratq.box.example",
  lanName: "lan.cea5o3yowrisratq.box.example",
  alias: null,
  hosts: [],
  doors: {
    ipv4: { state: "closed", address: "5.5.5.30", port: null },
    ipv6: { state: "none", address: null, port: null },
  },
  router: { protocol: null, address: null, port: null, until: null, refusal: null },
  diagnosis: { kind: "single-nat-closed", reason: "mapping-off" },
  certificate: {
    names: [],
    issuer: null,
    notAfter: null,
    renewAt: null,
    problem: { code: "acme-failed", message: "The certificate authority does not answer." },
  },
  providers: [],
  addresses: { home: null, away: null },
};

t.test("online status: what stands in the way is said in sentences, and fits a narrow terminal", (t) => {
  t.match(onlineText(CLOSED, 80), "Certificate  none yet. The certificate authority does not answer.\n");
  for (const line of onlineText(CLOSED, 40).split("\n"))
    t.ok(line.length <= 40 || !line.slice(13).includes(" "), line);
  t.end();
});
