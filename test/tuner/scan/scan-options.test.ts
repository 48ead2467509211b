import t from "tap";
import { openDatabase } from "../../../src/kernel/store/database.ts";
import { scanOptions } from "../../../src/tuner/scan/scan-options.ts";
import { createLineUpStore } from "../../../src/tuner/store.ts";
import type { Multiplex } from "../../../src/tuner/ports.ts";

const transponder = (orbital: string): Multiplex => ({
  id: orbital,
  delivery: {
    system: "dvbs2",
    frequencyKHz: 11_493_750,
    symbolRate: 22_000_000,
    polarisation: "H",
    orbital,
  },
});

t.test("scan options: what the tuners accept, what has a plan, what is known", async (t) => {
  const options = scanOptions([transponder("28.2E"), transponder("5.0W"), transponder("28.2E")], 7, (one) =>
    ["dvbt", "dvbc"].includes(one.delivery.system),
  );
  t.match(options, { systems: ["dvbt", "dvbc"], satellites: ["5.0W", "28.2E"], multiplexes: 3, services: 7 });
  t.ok(options.countries.includes("CN") && options.countries.includes("DE"));
  t.ok(options.cable.includes("US") && !options.cable.includes("AU"));
});

t.test("scan options: a dish that has a position of its own is asked for that", async (t) => {
  const accepts = ({ delivery }: Multiplex): boolean => "orbital" in delivery && delivery.orbital === "28.2E";
  t.same(scanOptions([transponder("28.2E")], 0, accepts).systems, ["dvbs", "dvbs2"]);
  t.same(scanOptions([], 0, accepts).systems, []);
});

t.test("scan options: when the last scan was is kept", async (t) => {
  const store = createLineUpStore(openDatabase(":memory:"));
  t.equal(store.scannedAt(), null);
  store.saveScannedAt(1000.4);
  store.saveScannedAt(2000.4);
  t.equal(store.scannedAt(), 2000);
});
