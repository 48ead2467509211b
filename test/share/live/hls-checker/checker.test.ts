import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { PROJECT } from "../../../helpers/captures.ts";
import { checkHls } from "../../../helpers/hls-checker/check-hls.ts";
import { startOrigin } from "./fake-origin.ts";
import { FAULTS } from "./faults.ts";
import { hunt } from "./hunt.ts";

/** Long enough for every probe, for a discontinuity that comes and one that goes. */
const SECONDS = 8;

/** Faults of one playlist, of one change or between renditions are planted in what is written: `playlist.test.ts`, `media.test.ts`. */
const LITERAL_RULES = ["P-02", "P-03", "P-07", "P-09", "P-10", "P-11", "P-15", "CK-05", "L-01", "S-04"];

t.test(
  "hls-checker: a low-latency stream that is right gives no finding, and is looked at from all sides",
  async (t) => {
    const report = await checkHls(await startOrigin(t), { seconds: SECONDS, lowLatency: true });
    t.same(report.findings, []);
    t.equal(report.renditions, 3);
    t.ok(report.segments >= 20 && report.parts >= 50, `${report.segments} segments, ${report.parts} parts`);
    t.ok(report.hints >= 5 && report.deltas >= 3, `${report.hints} hints, ${report.deltas} delta updates`);
    t.ok(report.seconds < SECONDS + 1, `${report.seconds} s`);
    const wanted = [...new Set(FAULTS.filter(({ container }) => container !== "ts").map(({ rule }) => rule))];
    for (const rule of [...wanted, "P-02", "P-03", "P-07", "P-09", "P-10", "P-11", "P-15", "CK-05", "L-01"])
      t.ok((report.counts[rule] ?? 0) > 0, `${rule} was examined ${report.counts[rule]} times`);
  },
);

t.test("hls-checker: a stream of TS segments that is right gives no finding", async (t) => {
  const report = await checkHls(await startOrigin(t, { container: "ts" }), { seconds: 6 });
  t.same(report.findings, []);
  for (const rule of ["TS-01", "TS-02", "TS-03", "TS-04", "TS-05", "TS-06", "TS-07", "TS-08"])
    t.ok((report.counts[rule] ?? 0) > 0, `${rule} was examined ${report.counts[rule]} times`);
});

/** One in so many here; `scripts/test --long hls-checker` plants every one. */
const SAMPLE = 10;

t.test("hls-checker: a fault is found under its rule, and nothing else is", { timeout: 300_000 }, (t) =>
  hunt(
    t,
    FAULTS.filter((_, index) => index % SAMPLE === 0),
  ),
);

t.test("hls-checker: every rule of it is a row of docs/hls-conformance.md", (t) => {
  const text = readFileSync(join(PROJECT, "docs/hls-conformance.md"), "utf8");
  const rows = [...text.matchAll(/^\| ([A-Z]+-\d\d) \| (.+) \| (.+) \|$/gm)];
  const ids = rows.map((row) => row[1]);
  t.equal(new Set(ids).size, ids.length, "each has one row");
  for (const [, id = "", , proof = ""] of rows) {
    const checked = FAULTS.some(({ rule }) => rule === id) || LITERAL_RULES.includes(id);
    t.equal(/\bchecker\b/.test(proof), checked, `${id}: the checker has a fault for it`);
    for (const [, path = ""] of proof.matchAll(/`([a-z][\w/.-]*(?:\.ts|\/))`/g)) {
      const below = path.startsWith("src/")
        ? ""
        : /^(?:tuner|long|acceptance|http-server)\//.test(path)
          ? "test"
          : "test/share/live";
      t.ok(existsSync(join(PROJECT, below, path)), `${id}: ${path}`);
    }
  }
  for (const rule of [...FAULTS.map(({ rule }) => rule), ...LITERAL_RULES])
    t.ok(ids.includes(rule), `${rule} has a row`);
  t.end();
});

t.test("hls-checker: what is waived is not told, and who does not answer is", async (t) => {
  const url = await startOrigin(t, { text: (text) => text.replace('LANGUAGE="en",', "") });
  const waived = await checkHls(url, { seconds: 2, allow: ({ rule }) => rule === "P-14" });
  t.same(waived.findings, []);
  const nobody = await checkHls("http://127.0.0.1:9/index.m3u8", { seconds: 2 });
  t.equal(nobody.findings[0]?.rule, "P-06");
});
