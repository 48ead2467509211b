import t from "tap";
import { Broadcaster, TICKS_PER_SECOND } from "../../src/tuner/drivers/mock/broadcaster.ts";
import { LINEUP } from "../../src/tuner/drivers/mock/lineup.ts";
import { mockLoops } from "../tuner/drivers/mock/mock-fixtures.ts";
import { StreamCheck } from "../tuner/drivers/mock/stream-check.ts";

const HOURS = 27;
const STEP_SECONDS = 60;

for (const multiplex of LINEUP.filter((one) => one.dead !== true)) {
  t.test(
    `mock: ${HOURS} hours of ${multiplex.id} without an error, across a wrap of PTS`,
    { timeout: 1_800_000 },
    async (t) => {
      const source = new Broadcaster({ multiplex, loops: mockLoops(), startsAt: Date.UTC(2026, 10, 20, 12) });
      const check = new StreamCheck();
      const cpu = process.cpuUsage();
      let generating = 0;
      for (let seconds = STEP_SECONDS; seconds <= HOURS * 3600; seconds += STEP_SECONDS) {
        for (;;) {
          const from = performance.now();
          const chunk = source.generate(seconds * TICKS_PER_SECOND);
          generating += performance.now() - from;
          if (chunk.length === 0) break;
          check.push(chunk);
        }
        // The test runner's clock wants its turn.
        if (seconds % 3600 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const used = process.cpuUsage(cpu);
      const megabytes = (check.packets * 188) / 1e6;
      t.comment(
        `${multiplex.id}: ${megabytes.toFixed(0)} MB generated in ${(generating / 1000).toFixed(1)} s ` +
          `(${((megabytes / generating) * 1000).toFixed(0)} MB/s), with the checks ${((used.user + used.system) / 1e6).toFixed(0)} s of CPU`,
      );
      t.ok(Math.abs(check.elapsed - HOURS * 3600) < 1, `${check.elapsed} s`);
      t.equal(check.syncErrors, 0);
      t.equal(check.continuityErrors, 0);
      t.equal(check.crcErrors, 0);
      t.equal(check.sectionErrors, 0);
      t.equal(check.pcr.size, multiplex.services.length);
      for (const [pid, line] of check.pcr) {
        t.equal(line.backwards, 0, `PCR of ${pid}`);
        t.ok(line.wraps >= 1, `PCR of ${pid} wrapped`);
        t.ok(line.widest <= 40 * 90);
      }
      for (const [pid, line] of check.stamps) {
        t.equal(line.backwards, 0, `DTS of ${pid}`);
        t.ok(line.wraps >= 1, `DTS of ${pid} wrapped`);
        t.ok(line.leastLead >= 200 * 90 && line.mostLead <= 700 * 90, `${pid} is sent in time`);
      }
      t.ok(check.widestGap("18.78.") <= 2, "EIT present/following");
      t.ok(check.widestGap("20.112") <= 10, "TDT");
    },
  );
}
