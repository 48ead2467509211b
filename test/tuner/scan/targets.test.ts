import t from "tap";
import { isTellyportError } from "../../../src/kernel/errors.ts";
import { countryPlan, plannedCountries } from "../../../src/tuner/scan/country-plans.ts";
import { orbitalOf, scanTargets, type ScanTarget } from "../../../src/tuner/scan/targets.ts";
import type { Multiplex } from "../../../src/tuner/ports.ts";
import { dvbt, named } from "./scan-fakes.ts";

function refusal(target: ScanTarget, known: readonly Multiplex[] = []): string {
  try {
    scanTargets(target, known);
  } catch (error) {
    if (isTellyportError(error, "scan-target-unknown")) return error.message;
    throw error;
  }
  throw new Error("was not refused");
}
const frequencies = (country: string, system: Parameters<typeof countryPlan>[1]): number[] =>
  countryPlan(country, system).map((delivery) =>
    "frequencyHz" in delivery ? delivery.frequencyHz / 1e6 : 0,
  );

t.test("country plans: channels where the broadcasters have them", (t) => {
  const france = frequencies("fr", "dvbt");
  t.same([france.length, france[0], france.at(-1)], [28, 474, 690]);
  t.ok(frequencies("IT", "dvbt").includes(177.5), "Italy has band III");
  t.same(frequencies("AU", "dvbt").slice(7, 10), [226.5, 529.5, 536.5], "band III, then channel 28");
  t.same(frequencies("JP", "isdbt").slice(0, 2), [473.142857, 479.142857]);
  t.ok(frequencies("BR", "isdbt").includes(177.142857));
  t.same(frequencies("US", "atsc").slice(0, 7), [57, 63, 69, 79, 85, 177, 183]);
  t.equal(frequencies("US", "atsc").at(-1), 605, "channel 36");
  t.same(frequencies("CN", "dtmb").slice(6, 9), [219, 474, 482]);
  t.ok(frequencies("CN", "dtmb").includes(610));
  t.ok(frequencies("DE", "dvbc").includes(114) && frequencies("DE", "dvbc").includes(858));
  t.ok(frequencies("TW", "dvbt").includes(545));
  for (const country of plannedCountries()) {
    t.match(country, /^[A-Z]{2}$/);
    const every = [...countryPlan(country), ...countryPlan(country, "dvbc")];
    t.ok(every.length > 0, country);
    const texts = every.map((delivery) => JSON.stringify(delivery));
    t.equal(new Set(texts).size, texts.length, `${country}: each channel once`);
  }
  t.end();
});

t.test("scan targets: initial data, a country, what is known; else a sentence with the cure", (t) => {
  const file = "S 11804000 H 27500000 3/4\nT 474000000 8MHz";
  t.match(scanTargets({ initial: file, satellite: "5w" }, []), [
    { delivery: { system: "dvbs", orbital: "5.0W" } },
    {},
  ]);
  t.equal(scanTargets({ initial: file, system: "dvbt" }, []).length, 1);
  t.equal(scanTargets({ country: "FR" }, []).length, 56, "first and second generation");
  t.equal(scanTargets({ country: "US", system: "cable" }, [])[0]?.delivery.system, "atsc");
  const known = [named(dvbt(474))];
  t.same(scanTargets({}, known), known);
  t.match(refusal({}), /--country, or initial data/);
  t.notMatch(refusal({ country: "ZZ" }), /did you mean/, "two letters are near to any country's");
  t.match(refusal({ country: "uk" }), /did you mean GB\?/);
  t.match(refusal({ satellite: "19.2E" }, known), /Nothing is known of 19\.2E yet.*--initial/);
  t.match(refusal({ country: "QQ" }), /no frequency plan for "QQ"/);
  t.match(refusal({ country: "FR", system: "atsc" }), /no frequency plan for atsc in FR/);
  t.match(refusal({ country: "FR", system: "dvbs2" }), /Satellites have no country/);
  t.match(refusal({ initial: file, system: "dvbc" }), /no multiplex of that system/);
  t.end();
});

t.test("scan targets: orbital positions as people write them", (t) => {
  for (const [written, position] of [
    ["19.2E", "19.2E"],
    ["s28.2e", "28.2E"],
    ["5W", "5.0W"],
    ["0,8 w", "0.8W"],
    ["13°E", "13.0E"],
  ] as const)
    t.equal(orbitalOf(written), position);
  for (const written of ["", "19.2", "200E", "E19"])
    t.throws(() => orbitalOf(written), { code: "scan-target-unknown" });
  t.end();
});
