import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { generateCapture } from "../drivers/file/generated-capture.ts";
import { corpusOf, fuzz } from "./fuzzing.ts";

t.test("si fuzz: 200 000 packets and sections without a crash", (t) => {
  // Of our encoders' making, so that it runs everywhere; the long test takes real broadcasts.
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "made.ts");
  const services = [1, 2, 3].map((id) => ({ id, name: `Service ${id}` }));
  writeFileSync(path, generateCapture({ seconds: 2, transportStreamId: 7, services }));
  const report = fuzz(corpusOf([path]), { packets: 170_000, sections: 30_000 }, 20_261_121);
  t.ok(report.packets + report.sections >= 200_000);
  t.ok(report.assembled > 5_000, `${report.assembled} sections came through`);
  t.ok(report.pes > 20, `${report.pes} PES packets`);
  t.ok(report.characters > 10_000, `${report.characters} characters`);
  t.ok(report.slowestSection < 1000 && report.slowestBlock < 1000);
  t.end();
});
