import t from "tap";
import { isBusy } from "../../../src/share/stills/box-load.ts";
import { receivedNow } from "../../../src/share/stills/received.ts";
import type { TunerSnapshot } from "../../../src/tuner/ports.ts";

t.test("what is received: streams that somebody uses", (t) => {
  const snapshot = (more: Partial<TunerSnapshot>): TunerSnapshot => ({
    id: "t",
    name: "T",
    state: "streaming",
    multiplex: "m",
    error: null,
    signal: null,
    services: [],
    consumers: ["somebody"],
    counters: {
      packets: 0,
      packetsScanned: 0,
      continuityErrors: 0,
      transportErrors: 0,
      overflows: 0,
      syncLosses: 0,
    },
    ...more,
  });
  const tuners = [
    snapshot({ multiplex: "watched" }),
    snapshot({ multiplex: "lingers", consumers: [] }),
    snapshot({ multiplex: "tuning", state: "tuning" }),
    snapshot({ multiplex: "bad", state: "degraded" }),
    snapshot({ multiplex: null }),
  ];
  t.same([...receivedNow({ snapshot: () => tuners })], ["watched"]);
  t.end();
});

t.test("box load: more wants to run than four in five cores could", (t) => {
  t.equal(isBusy(1.6, 2), false);
  t.equal(isBusy(1.7, 2), true);
  t.equal(isBusy(0, 1), false);
  t.end();
});
