import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { capture, skipWithout } from "../helpers/captures.ts";
import { corpusOf, fuzz } from "../tuner/si/fuzzing.ts";

const CAPTURES = [
  "dvbs-fr-canalsat-2svc-h264-ac3-eitpf-3s.ts",
  "dvbs2-fr-tnt5w-smr6-5svc-epg-10s.ts",
  "dvbt-fr-franceinfo-h264-eac3-dvbsub-7s.ts",
  "dvbt-it-rai-fullmux-mpeg2-hevc-8svc-1s.ts",
  "dvbt-tw-cts-si-epg-chinese.ts",
  "dvbt-uk-bbcnews-mpeg2-mp2-dvbsub-5s.ts",
  "dvbt2-cz-ct-mux21-radio-latm-epg-27s.ts",
];
const PACKETS = 8_500_000;
const SECTIONS = 1_500_000;
const MOST_GROWTH = 64e6;

t.test(
  `si fuzz: ${PACKETS} packets and ${SECTIONS} sections off the air, changed, without a crash`,
  { skip: skipWithout(...CAPTURES), timeout: 3_600_000 },
  (t) => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const used: number[] = [];
    const corpus = corpusOf(CAPTURES.map((file) => capture(file) ?? ""));
    const began = performance.now();
    const report = fuzz(corpus, { packets: PACKETS, sections: SECTIONS }, 20_261_121, () => {
      collect();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      used.push(heapUsed + external + arrayBuffers);
    });
    t.comment(`${((performance.now() - began) / 1000).toFixed(0)} s: ${JSON.stringify(report)}`);
    t.comment(
      `bytes held after each tenth: ${used.map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`).join(", ")}`,
    );
    t.ok(report.packets + report.sections >= 10_000_000);
    t.ok(report.assembled > 500_000 && report.pes > 10_000 && report.characters > 1_000_000);
    t.ok(report.slowestSection < 1000, `slowest section: ${report.slowestSection} ms`);
    t.ok(report.slowestBlock < 1000, `slowest block of packets: ${report.slowestBlock} ms`);
    t.equal(used.length, 10);
    t.ok((used.at(-1) ?? 0) - (used[0] ?? 0) < MOST_GROWTH, "memory is bounded");
    t.end();
  },
);
