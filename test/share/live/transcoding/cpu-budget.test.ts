import t from "tap";
import { isTellyportError } from "../../../../src/kernel/errors.ts";
import { coresNeeded, CpuBudget } from "../../../../src/share/live/transcoding/cpu-budget.ts";

const reason = (call: () => unknown): unknown => {
  try {
    call();
    return null;
  } catch (error) {
    return isTellyportError(error) ? [error.code, error.retryAfterMs !== undefined] : error;
  }
};

t.test("cpu budget: what does not fit is refused, and says whether waiting helps", (t) => {
  const budget = new CpuBudget(1);
  const first = budget.take(0.6);
  t.same(
    reason(() => budget.take(0.6)),
    ["transcoder-busy", true],
  );
  t.same(
    reason(() => budget.take(1.2)),
    ["transcoder-missing", false],
    "never, on this box",
  );
  t.equal(
    reason(() => first.adjust(0.9)),
    null,
    "its own share is not in its way",
  );
  t.same(
    reason(() => budget.take(0.2)),
    ["transcoder-busy", true],
  );
  const second = budget.take(0.1);
  t.same(
    reason(() => first.adjust(0.95)),
    ["transcoder-busy", true],
  );
  first.release();
  first.release();
  t.equal(Math.round(budget.free * 10), 9);
  second.release();
  t.equal(budget.free, 1);
  t.end();
});

t.test("cpu budget: what costs how much", (t) => {
  const sd = {
    family: "mpeg2",
    width: 720,
    height: 576,
    sar: [64, 45],
    frameRate: 25,
    interlaced: true,
  } as const;
  const hd = {
    family: "avc",
    width: 1920,
    height: 1080,
    sar: [1, 1],
    frameRate: 25,
    interlaced: true,
  } as const;
  t.equal(coresNeeded(sd, "aac-audio", "libx264", 1), 0, "a picture that passes costs nothing");
  const cost = (...args: Parameters<typeof coresNeeded>): number =>
    Math.round(coresNeeded(...args) * 100) / 100;
  t.equal(cost(sd, "h264", "libx264", 1), 0.25);
  t.equal(cost(sd, "h264", "libx264", 4), 1, "on a machine of a quarter of the speed");
  t.equal(cost(hd, "h264", "libx264", 1), 1.53);
  t.ok(cost(hd, "h264", "h264_vaapi", 1) < 0.7, "hardware encodes, the processor decodes");
  t.ok(cost(hd, "low", "libx264", 1) < cost(hd, "medium", "libx264", 1));
  t.ok(cost(hd, "medium", "libx264", 1) < 0.7);
  t.end();
});
