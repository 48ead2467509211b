import t from "tap";
import type { Delivery } from "../../src/tuner/ports.ts";
import { describePlace } from "../../src/tuner/place.ts";
import { dvbt } from "./scan/scan-fakes.ts";

t.test("place: a multiplex is told as people know it, and never by a name of ours", (t) => {
  const told = (delivery: Delivery, id = "dvbt-482.000-2"): string => describePlace({ id, delivery });
  t.equal(told(dvbt(482)), "DVB-T 482 MHz");
  t.equal(told({ ...dvbt(177.5), system: "dvbt2", plp: 1 } as Delivery), "DVB-T2 177.5 MHz PLP 1");
  t.equal(
    told({
      system: "dvbs2",
      frequencyKHz: 11_603_500,
      symbolRate: 22_000_000,
      polarisation: "H",
      orbital: "19.2E",
      streamId: 4,
    }),
    "DVB-S2 19.2E 11603.5 MHz H stream 4",
  );
  t.equal(told({ system: "atsc", frequencyHz: 473_000_000, modulation: "VSB/8" }), "ATSC 473 MHz");
  t.equal(told({ system: "file", path: "/recordings/mux1.ts" }), "mux1.ts");
  t.equal(told({ system: "udp", address: "239.1.1.1", port: 5000 }), "239.1.1.1:5000");
  const listed = { name: "Harbour One", number: 1 };
  t.equal(
    describePlace({ id: "network:0a1b2c", delivery: { system: "http", url: "http://x/" }, listed }),
    "Harbour One",
  );
  t.end();
});
