import { readFileSync } from "node:fs";
import fc from "fast-check";
import t from "tap";
import { isTellyportError } from "../../../src/kernel/errors.ts";
import { parseInitialTables } from "../../../src/tuner/scan/initial-tables.ts";
import type { Delivery } from "../../../src/tuner/ports.ts";
import { capture, skipWithout } from "../../helpers/captures.ts";

const deliveries = (text: string, orbital?: string): Delivery[] =>
  parseInitialTables(text, orbital === undefined ? {} : { orbital }).multiplexes.map(
    ({ delivery }) => delivery,
  );

/** The message of a refusal; fails when there is none. */
function refusal(text: string): string {
  try {
    parseInitialTables(text);
  } catch (error) {
    if (isTellyportError(error, "initial-table-invalid")) return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

const section = (fields: Record<string, string>): string =>
  `[CHANNEL]\n${Object.entries(fields)
    .map(([key, value]) => `\t${key} = ${value}\n`)
    .join("")}`;

t.test("initial tables: every system of the dvbv5 format", (t) => {
  const text = [
    "# a comment\n",
    section({
      DELIVERY_SYSTEM: "DVBT",
      FREQUENCY: "474166000",
      BANDWIDTH_HZ: "8000000",
      CODE_RATE_HP: "2/3",
      CODE_RATE_LP: "NONE",
      MODULATION: "QAM/64",
      TRANSMISSION_MODE: "8K",
      GUARD_INTERVAL: "1/4",
      HIERARCHY: "NONE",
      INVERSION: "AUTO",
    }),
    section({ DELIVERY_SYSTEM: "DVBT2", FREQUENCY: "506000000", BANDWIDTH_HZ: "7000000", STREAM_ID: "1" }),
    section({
      DELIVERY_SYSTEM: "DVBC/ANNEX_A",
      FREQUENCY: "394000000",
      SYMBOL_RATE: "6900000",
      MODULATION: "QAM/256",
    }),
    section({
      DELIVERY_SYSTEM: "DVBS",
      FREQUENCY: "12551500",
      POLARIZATION: "VERTICAL",
      SYMBOL_RATE: "22000000",
      INNER_FEC: "5/6",
    }),
    section({
      DELIVERY_SYSTEM: "DVBS2",
      FREQUENCY: "11597000",
      POLARIZATION: "LEFT",
      SYMBOL_RATE: "22000000",
      MODULATION: "PSK/8",
      ROLLOFF: "35",
      STREAM_ID: "4",
    }),
    section({ DELIVERY_SYSTEM: "ISDBT", FREQUENCY: "473142857" }),
    section({ DELIVERY_SYSTEM: "DTMB", FREQUENCY: "610000000" }),
    section({ DELIVERY_SYSTEM: "ATSC", FREQUENCY: "57000000" }),
    section({ DELIVERY_SYSTEM: "DVBC/ANNEX_B", FREQUENCY: "93000000" }),
  ].join("\n");
  t.same(deliveries(text, "19.2E"), [
    {
      system: "dvbt",
      frequencyHz: 474_166_000,
      bandwidthHz: 8_000_000,
      plp: null,
      modulation: "QAM/64",
      transmissionMode: "8K",
      guardInterval: "1/4",
      codeRateHp: "2/3",
    },
    { system: "dvbt2", frequencyHz: 506_000_000, bandwidthHz: 7_000_000, plp: 1 },
    { system: "dvbc", frequencyHz: 394_000_000, symbolRate: 6_900_000, modulation: "QAM/256" },
    {
      system: "dvbs",
      frequencyKHz: 12_551_500,
      symbolRate: 22_000_000,
      polarisation: "V",
      orbital: "19.2E",
      innerFec: "5/6",
    },
    {
      system: "dvbs2",
      frequencyKHz: 11_597_000,
      symbolRate: 22_000_000,
      polarisation: "L",
      orbital: "19.2E",
      modulation: "PSK/8",
      rollOff: "35",
      streamId: 4,
    },
    { system: "isdbt", frequencyHz: 473_142_857, bandwidthHz: 6_000_000 },
    { system: "dtmb", frequencyHz: 610_000_000, bandwidthHz: 8_000_000 },
    { system: "atsc", frequencyHz: 57_000_000, modulation: "VSB/8" },
    { system: "atsc", frequencyHz: 93_000_000, modulation: "QAM/256" },
  ]);
  t.end();
});

t.test("initial tables: the format of one line each", (t) => {
  const text = `# Astra and others
T 474000000 8MHz 2/3 NONE QAM64 8k 1/4 NONE  # Paris
T2 618000000 8MHz AUTO NONE QAM256 32k 1/128 NONE 1
C 394000000 6900000 NONE QAM64
S 12551500 V 22000000 5/6
S2 11597000 V 22000000 AUTO 0.35 8PSK
A 57028615 8VSB
A 93000000 QAM256`;
  t.same(deliveries(text), [
    {
      system: "dvbt",
      frequencyHz: 474_000_000,
      bandwidthHz: 8_000_000,
      plp: null,
      modulation: "QAM/64",
      transmissionMode: "8K",
      guardInterval: "1/4",
      codeRateHp: "2/3",
    },
    {
      system: "dvbt2",
      frequencyHz: 618_000_000,
      bandwidthHz: 8_000_000,
      plp: 1,
      modulation: "QAM/256",
      transmissionMode: "32K",
      guardInterval: "1/128",
    },
    { system: "dvbc", frequencyHz: 394_000_000, symbolRate: 6_900_000, modulation: "QAM/64" },
    {
      system: "dvbs",
      frequencyKHz: 12_551_500,
      symbolRate: 22_000_000,
      polarisation: "V",
      orbital: null,
      innerFec: "5/6",
    },
    {
      system: "dvbs2",
      frequencyKHz: 11_597_000,
      symbolRate: 22_000_000,
      polarisation: "V",
      orbital: null,
      modulation: "PSK/8",
      rollOff: "35",
    },
    { system: "atsc", frequencyHz: 57_028_615, modulation: "VSB/8" },
    { system: "atsc", frequencyHz: 93_000_000, modulation: "QAM/256" },
  ]);
  t.end();
});

t.test("initial tables: a fault names its line and what to write", (t) => {
  t.match(refusal("[A]\nDELIVERY_SYSTEM = DVBT3\nFREQUENCY = 1"), /^Line 2: .*DVBT3.*did you mean DVBT/);
  t.match(refusal("[A]\n\nDELIVERY_SYSTEM = DVBT\n"), /^Line 1: FREQUENCY is missing/);
  t.match(
    refusal("[A]\nDELIVERY_SYSTEM = DVBT\nFREQUENCY = 474 MHz"),
    /^Line 3: FREQUENCY is "474 MHZ": write a whole number/,
  );
  t.match(refusal("\u007fELF\u0000\u0001\ufffd\n"), /^This is no text: .*dtv-scan-tables/);
  t.match(refusal("[A]\nFREQUENCY = 474000000"), /^Line 1: DELIVERY_SYSTEM is missing/);
  t.match(refusal("FREQUENCY = 474000000"), /^Line 1: .*no section: put a line \[CHANNEL\]/);
  t.match(refusal("[A]\nwhat is this"), /^Line 2: "what is this" is neither/);
  t.match(
    refusal("[A]\nDELIVERY_SYSTEM = DVBS\nFREQUENCY = 12551500\nSYMBOL_RATE = 22000000\nPOLARIZATION = X"),
    /^Line 5: POLARIZATION/,
  );
  t.match(refusal("# nothing\n"), /names no multiplex/);
  t.match(
    refusal("[A]\nDELIVERY_SYSTEM = ISDBS\nFREQUENCY = 1"),
    /receives none of the systems.*line 1: ISDBS/,
  );
  t.end();
});

t.test("initial tables: unknown keys pass, systems of others are counted, a multiplex comes once", (t) => {
  const one = section({ DELIVERY_SYSTEM: "DVBT", FREQUENCY: "474000000", COLOUR: "BLUE", SERVICE_ID: "1" });
  const { multiplexes, skipped } = parseInitialTables(
    `${one}${one.replace("SERVICE_ID = 1", "SERVICE_ID = 2")}[X]\nDELIVERY_SYSTEM = ISDBS\n`,
  );
  t.equal(multiplexes.length, 1);
  t.match(multiplexes, [{ name: "CHANNEL", line: 1 }]);
  t.match(skipped, [{ system: "ISDBS" }]);
  t.end();
});

t.test("initial tables: whatever the text, multiplexes or a refusal", (t) => {
  const word = fc.constantFrom(
    "[A]",
    "T",
    "S2",
    "DELIVERY_SYSTEM",
    "FREQUENCY",
    "=",
    "DVBT",
    "DVBS2",
    "474000000",
    "H",
    "8MHz",
    "\n",
    "#",
    "",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(" ")),
      ),
      (text) => {
        try {
          if (parseInitialTables(text).multiplexes.length === 0) throw new Error("none, and no refusal");
        } catch (error) {
          if (!isTellyportError(error, "initial-table-invalid")) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});

const CONF = "dvbv5-scan-1.22.1-channels.conf";
const RESULTS: Record<string, Delivery> = {
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s": {
    system: "dvbt",
    frequencyHz: 498_000_000,
    bandwidthHz: 8_000_000,
    plp: null,
  },
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s": {
    system: "dvbt2",
    frequencyHz: 498_000_000,
    bandwidthHz: 8_000_000,
    plp: 0,
  },
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s": {
    system: "dvbs2",
    frequencyKHz: 11_804_000,
    symbolRate: 27_500_000,
    polarisation: "H",
    orbital: null,
  },
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s": {
    system: "dvbs",
    frequencyKHz: 11_804_000,
    symbolRate: 27_500_000,
    polarisation: "H",
    orbital: null,
  },
};
for (const [name, delivery] of Object.entries(RESULTS)) {
  const path = `reference/${name}/${CONF}`;
  t.test(
    `initial tables: what dvbv5-scan wrote for ${name} is one multiplex`,
    { skip: skipWithout(path) },
    (t) => {
      const text = readFileSync(capture(path) ?? "", "utf8");
      t.same(deliveries(text), [delivery]);
      t.end();
    },
  );
}
