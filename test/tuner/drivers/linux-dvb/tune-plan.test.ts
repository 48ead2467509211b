import t from "tap";
import { CAN, DTV } from "../../../../src/tuner/drivers/linux-dvb/abi.ts";
import { UNIVERSAL_LNB, type Dishes } from "../../../../src/tuner/drivers/linux-dvb/dish.ts";
import {
  canReceive,
  planTune,
  systemNames,
  type FrontendFacts,
  type TunePlan,
} from "../../../../src/tuner/drivers/linux-dvb/tune-plan.ts";
import type { Delivery } from "../../../../src/tuner/ports.ts";

const ALL = [1, 2, 3, 5, 6, 8, 11, 13, 16, 18];
const AUTO = Object.values(CAN).reduce((caps, cap) => caps | cap, 0);
const FACTS: FrontendFacts = { apiVersion: 0x050b, deliverySystems: ALL, caps: AUTO };
const ONE_DISH: Dishes = { lnb: UNIVERSAL_LNB, satellites: [] };

const NAMES = new Map<number, string>(Object.entries(DTV).map(([name, value]) => [value, name]));

/** `NAME=value ...` of the one call that tunes. */
function propertiesOf(plan: TunePlan): string {
  const sets = plan.steps.flatMap((step) => (step.kind === "set" ? [step.properties] : []));
  return sets[0]!.map(({ command, value }) => `${NAMES.get(command)}=${value}`).join(" ");
}

/** Everything before it, in words. */
function equipment(plan: TunePlan): string {
  return plan.steps
    .map((step) => {
      switch (step.kind) {
        case "tone":
          return step.on ? "tone on" : "tone off";
        case "voltage":
          return `${step.volts} V`;
        case "wait":
          return `${step.ms} ms`;
        case "diseqc":
          return Buffer.from(step.message).toString("hex");
        case "burst":
          return `burst ${step.burst}`;
        default:
          return step.kind;
      }
    })
    .join(", ");
}

const plan = (delivery: Delivery, facts = FACTS, dishes = ONE_DISH, sec: string | null = null): TunePlan =>
  planTune(delivery, facts, dishes, sec);

const DVBT: Delivery = { system: "dvbt", frequencyHz: 474e6, bandwidthHz: 8e6, plp: null };
const ASTRA: Extract<Delivery, { system: "dvbs" | "dvbs2" }> = {
  system: "dvbs",
  frequencyKHz: 11_836_500,
  symbolRate: 27_500_000,
  polarisation: "H",
  orbital: "19.2E",
  innerFec: "3/4",
};

t.test("dvb plan: each system has its properties, DTV_CLEAR alone before and DTV_TUNE last", (t) => {
  const golden: [Delivery, string][] = [
    [
      DVBT,
      "DELIVERY_SYSTEM=3 FREQUENCY=474000000 INVERSION=2 BANDWIDTH_HZ=8000000 CODE_RATE_HP=9 CODE_RATE_LP=9 MODULATION=6 TRANSMISSION_MODE=2 GUARD_INTERVAL=4 HIERARCHY=4 TUNE=0",
    ],
    [
      {
        ...DVBT,
        modulation: "QAM/64",
        transmissionMode: "8K",
        guardInterval: "1/32",
        codeRateHp: "2/3",
        codeRateLp: "NONE",
        hierarchy: "NONE",
      },
      "DELIVERY_SYSTEM=3 FREQUENCY=474000000 INVERSION=2 BANDWIDTH_HZ=8000000 CODE_RATE_HP=2 CODE_RATE_LP=0 MODULATION=3 TRANSMISSION_MODE=1 GUARD_INTERVAL=0 HIERARCHY=0 TUNE=0",
    ],
    [
      { system: "dvbt2", frequencyHz: 522e6, bandwidthHz: 8e6, plp: 1 },
      "DELIVERY_SYSTEM=16 FREQUENCY=522000000 INVERSION=2 BANDWIDTH_HZ=8000000 CODE_RATE_HP=9 CODE_RATE_LP=9 MODULATION=6 TRANSMISSION_MODE=2 GUARD_INTERVAL=4 HIERARCHY=4 STREAM_ID=1 TUNE=0",
    ],
    [
      { system: "dvbc", frequencyHz: 354e6, symbolRate: 6_875_000, modulation: "QAM/256" },
      "DELIVERY_SYSTEM=1 FREQUENCY=354000000 INVERSION=2 SYMBOL_RATE=6875000 MODULATION=5 INNER_FEC=0 TUNE=0",
    ],
    [
      ASTRA,
      "DELIVERY_SYSTEM=5 FREQUENCY=1236500 INVERSION=2 SYMBOL_RATE=27500000 INNER_FEC=3 MODULATION=0 ROLLOFF=0 TUNE=0",
    ],
    [
      { ...ASTRA, system: "dvbs2", rollOff: "20", modulation: "PSK/8", streamId: 5 },
      "DELIVERY_SYSTEM=6 FREQUENCY=1236500 INVERSION=2 SYMBOL_RATE=27500000 INNER_FEC=3 MODULATION=9 PILOT=2 ROLLOFF=1 STREAM_ID=5 TUNE=0",
    ],
    [
      { system: "dtmb", frequencyHz: 538e6, bandwidthHz: 8e6 },
      "DELIVERY_SYSTEM=13 FREQUENCY=538000000 INVERSION=2 BANDWIDTH_HZ=8000000 MODULATION=6 TRANSMISSION_MODE=2 GUARD_INTERVAL=4 INNER_FEC=9 INTERLEAVING=1 TUNE=0",
    ],
    [
      { system: "isdbt", frequencyHz: 473_142_857, bandwidthHz: 6e6 },
      "DELIVERY_SYSTEM=8 FREQUENCY=473142857 INVERSION=2 BANDWIDTH_HZ=6000000 GUARD_INTERVAL=4 TRANSMISSION_MODE=2 ISDBT_LAYER_ENABLED=7 ISDBT_PARTIAL_RECEPTION=0 ISDBT_SOUND_BROADCASTING=0 ISDBT_LAYERA_FEC=9 ISDBT_LAYERA_MODULATION=6 ISDBT_LAYERB_FEC=9 ISDBT_LAYERB_MODULATION=6 ISDBT_LAYERC_FEC=9 ISDBT_LAYERC_MODULATION=6 TUNE=0",
    ],
    [
      { system: "atsc", frequencyHz: 575e6, modulation: "VSB/8" },
      "DELIVERY_SYSTEM=11 FREQUENCY=575000000 INVERSION=2 MODULATION=7 TUNE=0",
    ],
    [
      { system: "atsc", frequencyHz: 575e6, modulation: "QAM/256" },
      "DELIVERY_SYSTEM=2 FREQUENCY=575000000 INVERSION=2 MODULATION=5 TUNE=0",
    ],
  ];
  for (const [delivery, properties] of golden) {
    const made = plan(delivery);
    t.equal(propertiesOf(made), properties);
    t.same(
      made.steps.slice(-2).map((step) => step.kind),
      ["clear", "set"],
    );
  }
  t.end();
});

t.test("dvb plan: a front end that finds nothing out by itself is told what is usual", (t) => {
  const plain = { ...FACTS, caps: 0 };
  t.equal(
    propertiesOf(plan(DVBT, plain)),
    "DELIVERY_SYSTEM=3 FREQUENCY=474000000 INVERSION=0 BANDWIDTH_HZ=8000000 CODE_RATE_HP=2 CODE_RATE_LP=2 MODULATION=3 TRANSMISSION_MODE=1 GUARD_INTERVAL=2 HIERARCHY=0 TUNE=0",
  );
  const { innerFec: _, ...noFec } = ASTRA;
  t.match(propertiesOf(plan(noFec, plain)), /INNER_FEC=3 /);
  t.match(
    propertiesOf(
      plan({ system: "dvbc", frequencyHz: 1, symbolRate: 6_900_000, modulation: "QAM/AUTO" }, plain),
    ),
    /MODULATION=5 /,
  );
  t.end();
});

t.test("dvb plan: what a PLP is called depends on the kernel", (t) => {
  const t2 = (plp: number | null): Delivery => ({
    system: "dvbt2",
    frequencyHz: 1,
    bandwidthHz: 8e6,
    plp,
  });
  const old = { ...FACTS, apiVersion: 0x0507 };
  t.match(propertiesOf(plan(t2(null))), / STREAM_ID=4294967295 TUNE/);
  t.match(propertiesOf(plan(t2(3), old)), / DVBT2_PLP_ID_LEGACY=3 TUNE/);
  t.match(propertiesOf(plan(t2(null), old)), / HIERARCHY=4 TUNE/);
  t.end();
});

t.test("dvb plan: cable of annex C for front ends that have only that", (t) => {
  const cable: Delivery = { system: "dvbc", frequencyHz: 1, symbolRate: 5_274_000, modulation: "QAM/64" };
  t.match(propertiesOf(plan(cable, { ...FACTS, deliverySystems: [18] })), /^DELIVERY_SYSTEM=18 /);
  t.end();
});

t.test("dvb plan: the universal LNB by band and polarisation", (t) => {
  const cases: [Partial<typeof ASTRA>, string, number][] = [
    [
      { polarisation: "H", frequencyKHz: 11_836_500 },
      "tone off, 18 V, 15 ms, tone on, clear, set",
      1_236_500,
    ],
    [{ polarisation: "V", frequencyKHz: 10_744_000 }, "tone off, 13 V, 15 ms, tone off, clear, set", 994_000],
    [
      { polarisation: "L", frequencyKHz: 11_699_999 },
      "tone off, 18 V, 15 ms, tone off, clear, set",
      1_949_999,
    ],
    [
      { polarisation: "R", frequencyKHz: 11_700_000 },
      "tone off, 13 V, 15 ms, tone on, clear, set",
      1_100_000,
    ],
  ];
  for (const [changes, steps, frequency] of cases) {
    const made = plan({ ...ASTRA, ...changes });
    t.equal(equipment(made), steps);
    t.match(propertiesOf(made), new RegExp(` FREQUENCY=${frequency} `));
  }
  const cBand: Dishes = { lnb: { lowMHz: 5150, highMHz: 0, switchMHz: 0 }, satellites: [] };
  const c = plan({ ...ASTRA, frequencyKHz: 3_840_000 }, FACTS, cBand);
  t.match(propertiesOf(c), / FREQUENCY=1310000 /, "the oscillator is above the signal");
  t.equal(equipment(c), "tone off, 18 V, 15 ms, tone off, clear, set");
  t.end();
});

const DISHES: Dishes = {
  lnb: UNIVERSAL_LNB,
  satellites: [
    { orbital: "19.2E", port: 1 },
    { orbital: "13.0E", port: 2, uncommittedPort: 3 },
    { orbital: "28.2E", toneBurst: "B" },
    { orbital: "36.0E", port: 4, lnb: { lowMHz: 10_750, highMHz: 0, switchMHz: 0 } },
  ],
};

t.test("dvb plan: switches are told input, band and polarisation, with the waits that they need", (t) => {
  const at = (orbital: string, rest: Partial<typeof ASTRA> = {}): TunePlan =>
    plan({ ...ASTRA, orbital, ...rest }, FACTS, DISHES);
  t.equal(
    equipment(at("19.2E")),
    "tone off, 18 V, 15 ms, e01038f3, 54 ms, tone on, clear, set",
    "input 1, horizontal, high band",
  );
  t.equal(
    equipment(at("13.0E", { polarisation: "V", frequencyKHz: 10_719_000 })),
    "tone off, 13 V, 15 ms, e01039f2, 54 ms, e01038f4, 54 ms, tone off, clear, set",
    "DiSEqC 1.1 before 1.0",
  );
  t.equal(equipment(at("28.2E")), "tone off, 18 V, 15 ms, burst B, 15 ms, tone on, clear, set");
  const circular = at("36.0E", { polarisation: "L" });
  t.equal(equipment(circular), "tone off, 18 V, 15 ms, e01038fe, 54 ms, tone off, clear, set");
  t.match(propertiesOf(circular), / FREQUENCY=1086500 /);
  t.throws(() => at("5.0W"), { code: "unsupported" });
  t.end();
});

t.test("dvb plan: LNB and switches that stand right are left alone", (t) => {
  const first = plan(ASTRA, FACTS, DISHES);
  t.equal(equipment(plan({ ...ASTRA, frequencyKHz: 12_188_000 }, FACTS, DISHES, first.sec)), "clear, set");
  for (const changes of [
    { polarisation: "V" },
    { frequencyKHz: 10_714_000 },
    { orbital: "13.0E" },
  ] satisfies Partial<typeof ASTRA>[])
    t.match(equipment(plan({ ...ASTRA, ...changes }, FACTS, DISHES, first.sec)), /^tone off/);
  t.equal(plan(DVBT, FACTS, DISHES, first.sec).sec, null);
  t.end();
});

t.test("dvb plan: what a front end accepts", (t) => {
  const terrestrial: FrontendFacts = { ...FACTS, deliverySystems: [3, 16] };
  t.ok(canReceive(DVBT, terrestrial, ONE_DISH));
  t.notOk(canReceive(ASTRA, terrestrial, ONE_DISH));
  t.ok(canReceive(ASTRA, FACTS, ONE_DISH), "the only dish points where it points");
  t.ok(canReceive(ASTRA, FACTS, DISHES));
  t.notOk(canReceive({ ...ASTRA, orbital: "5.0W" }, FACTS, DISHES));
  t.notOk(canReceive({ system: "file", path: "x" }, FACTS, ONE_DISH));
  t.notOk(
    canReceive(
      { system: "atsc", frequencyHz: 1, modulation: "QAM/64" },
      { ...FACTS, deliverySystems: [11] },
      ONE_DISH,
    ),
  );
  t.same(systemNames([1, 18, 16, 99]), ["dvbc", "dvbt2"]);
  t.end();
});

t.test("dvb plan: a name that the kernel has no number for is told, not guessed", (t) => {
  t.throws(() => plan({ ...DVBT, modulation: "QAM/1024" }), { code: "unsupported" });
  t.throws(() => plan({ ...DVBT, guardInterval: "constructor" }), { code: "unsupported" });
  t.throws(() => plan({ system: "mock", index: 1 }), { code: "unsupported" });
  t.throws(
    () =>
      plan({ ...ASTRA, frequencyKHz: 10_600_000, orbital: null }, FACTS, {
        lnb: { lowMHz: 10_600, highMHz: 0, switchMHz: 0 },
        satellites: [],
      }),
    { code: "unsupported" },
  );
  t.end();
});
