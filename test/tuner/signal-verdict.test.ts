import fc from "fast-check";
import t from "tap";
import { neededCnr } from "../../src/tuner/carrier-to-noise.ts";
import type { Delivery, Signal } from "../../src/tuner/ports.ts";
import { judgeSignal } from "../../src/tuner/signal-verdict.ts";

const locked = (signal: Partial<Signal>): Signal => ({ locked: true, strength: null, cnr: null, ...signal });
const dvbt: Delivery = { system: "dvbt", frequencyHz: 500e6, bandwidthHz: 8e6, plp: null };
const dvbt2: Delivery = { ...dvbt, system: "dvbt2" };
const dvbc: Delivery = { system: "dvbc", frequencyHz: 300e6, symbolRate: 6.9e6, modulation: "QAM/256" };
const dvbs2: Delivery = {
  system: "dvbs2",
  frequencyKHz: 11_362_000,
  symbolRate: 22e6,
  polarisation: "H",
  orbital: null,
};
const http: Delivery = { system: "http", url: "http://tv.example/1.ts" };
const EACH: readonly Delivery[] = [
  dvbt,
  dvbt2,
  dvbc,
  dvbs2,
  { ...dvbs2, system: "dvbs" },
  { system: "dtmb", frequencyHz: 1, bandwidthHz: 8e6 },
  { system: "isdbt", frequencyHz: 1, bandwidthHz: 6e6 },
  { system: "atsc", frequencyHz: 1, modulation: "VSB/8" },
  { system: "atsc", frequencyHz: 1, modulation: "QAM/256" },
];

t.test("signal verdict: the same figure means another thing for each system", (t) => {
  const at12 = locked({ cnr: 12 });
  t.same(judgeSignal(at12, dvbt), {
    level: "poor",
    code: "too-weak",
    text: "weak: 12 dB, picture will break",
    margin: -6.6,
  });
  t.match(judgeSignal(at12, dvbs2), { level: "good", code: "strong", text: "good: 12 dB", margin: 4.4 });
  t.match(judgeSignal(locked({ cnr: 30 }), dvbt2), { level: "good" });
  t.match(judgeSignal(locked({ cnr: 30 }), dvbc), { level: "fair", text: /bad weather/ });
  t.match(judgeSignal(locked({ cnr: 7.8 }), dvbs2), { level: "poor", code: "barely-enough", margin: 0.2 });
  t.end();
});

t.test("signal verdict: what is known of modulation and code rate counts", (t) => {
  t.equal(neededCnr({ ...dvbt, modulation: "QPSK", codeRateHp: "1/2" }), 3.6);
  t.equal(neededCnr({ ...dvbt, modulation: "QAM/16" }), 13);
  t.equal(neededCnr({ ...dvbt, modulation: "QAM/AUTO", codeRateHp: "AUTO" }), 18.6);
  t.equal(neededCnr({ ...dvbc, modulation: "QAM/64" }), 23);
  t.equal(neededCnr({ ...dvbs2, modulation: "QPSK", innerFec: "9/10" }), 7.4);
  t.equal(neededCnr({ ...dvbs2, modulation: "PSK/8", innerFec: "1/2" }), 7.6);
  t.equal(neededCnr({ ...dvbs2, modulation: "APSK/32" }), 17.1);
  t.equal(neededCnr(http), null);
  t.end();
});

t.test(
  "signal verdict: without decibels the relative quality counts, then the strength, then the lock",
  (t) => {
    t.match(judgeSignal(locked({ quality: 0.3, strength: -50 }), dvbt), {
      level: "poor",
      text: "weak: quality 30 %, picture will break",
    });
    t.match(judgeSignal(locked({ quality: 0.5 }), http), { level: "fair", text: "enough: quality 50 %" });
    t.match(judgeSignal(locked({ quality: 0.9 }), dvbc), { level: "good", text: "good: quality 90 %" });
    t.match(judgeSignal(locked({ quality: 0, strength: -60 }), dvbt), { level: "good" }, "zero is not told");
    t.match(judgeSignal(locked({ strength: -85 }), dvbt), { level: "poor", text: /-85 dBm/ });
    t.match(judgeSignal(locked({ strength: -63 }), dvbs2), { level: "fair" });
    t.match(judgeSignal(locked({}), dvbs2), { level: "good", code: "received" });
    t.match(judgeSignal(locked({}), http), { level: "good", code: "received" });
    t.end();
  },
);

t.test("signal verdict: errors outweigh decibels", (t) => {
  t.match(judgeSignal(locked({ cnr: 30, bitErrorRatio: 1e-3 }), dvbt), {
    level: "poor",
    code: "errors",
    text: /strong but disturbed: bit errors 1e-3, .* amplifier/,
  });
  t.match(judgeSignal(locked({ cnr: 30, bitErrorRatio: 5e-5 }), dvbt), { level: "fair", code: "errors" });
  t.match(judgeSignal(locked({ cnr: 30, bitErrorRatio: 1e-7 }), dvbt), { level: "good" });
  t.match(judgeSignal(locked({ cnr: 12, bitErrorRatio: 1e-3 }), dvbt), { code: "too-weak" });
  t.end();
});

t.test("signal verdict: without a lock it says where to look", (t) => {
  const none = (signal: Partial<Signal>, delivery: Delivery): string => {
    const verdict = judgeSignal({ locked: false, strength: null, cnr: null, ...signal }, delivery);
    t.match(verdict, { level: "none", code: "no-signal", margin: null });
    return verdict.text;
  };
  t.match(none({}, dvbt), /^no signal: check aerial and cable/);
  t.match(none({ strength: -95 }, dvbs2), /\(-95 dBm\): check dish and cable/);
  t.match(none({ strength: -40, cnr: 3 }, dvbc), /something is there \(-40 dBm\)/);
  t.match(none({}, http), /nothing is received/);
  t.end();
});

t.test("signal verdict: more decibels never make it worse, and every figure has a verdict", (t) => {
  const RANK = { none: 0, poor: 1, fair: 2, good: 3 };
  fc.assert(
    fc.property(
      fc.constantFrom(...EACH),
      fc.double({ min: -20, max: 60, noNaN: true }),
      fc.double({ min: 0, max: 30, noNaN: true }),
      (delivery, cnr, more) => {
        const less = judgeSignal(locked({ cnr }), delivery);
        const better = judgeSignal(locked({ cnr: cnr + more }), delivery);
        if (RANK[better.level] < RANK[less.level]) throw new Error(`${less.text} < ${better.text}`);
        if ((less.margin ?? 0) < 0 !== (less.code === "too-weak")) throw new Error(less.text);
      },
    ),
    { numRuns: 300 },
  );
  const figure = fc.option(fc.double());
  fc.assert(
    fc.property(
      fc.constantFrom(...EACH, http),
      fc.record({
        locked: fc.boolean(),
        strength: figure,
        cnr: figure,
        quality: figure,
        bitErrorRatio: figure,
        uncorrectedBlocks: fc.option(fc.nat()),
      }),
      (delivery, signal) => {
        const { text, level } = judgeSignal(signal, delivery);
        if (text === "" || /NaN|Infinity/.test(text)) throw new Error(`"${text}"`);
        if (signal.locked === (level === "none")) throw new Error(`${level} with lock ${signal.locked}`);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});
