import t from "tap";
import { Histogram } from "../../src/kernel/histogram.ts";
import { expose } from "../../src/kernel/prometheus.ts";

t.test("histogram: bounds are inclusive and cumulative, in Prometheus' own text", async (t) => {
  const histogram = new Histogram([0.5, 1]);
  for (const value of [0.5, 0.6, 7, NaN, Infinity]) histogram.observe(value, { place: "home" });
  const samples = histogram.samples();
  t.equal(
    expose([{ name: "zap_seconds", type: "histogram", help: "Zaps.", samples }]),
    [
      "# HELP zap_seconds Zaps.",
      "# TYPE zap_seconds histogram",
      'zap_seconds_bucket{place="home",le="0.5"} 1',
      'zap_seconds_bucket{place="home",le="1"} 2',
      'zap_seconds_bucket{place="home",le="+Inf"} 3',
      'zap_seconds_sum{place="home"} 8.1',
      'zap_seconds_count{place="home"} 3',
      "",
    ].join("\n"),
  );
});

t.test("histogram: nothing observed is nothing said, and label sets are bounded", async (t) => {
  const histogram = new Histogram([1]);
  t.same(histogram.samples(), []);
  for (let i = 0; i < 1000; i++) histogram.observe(1, { i: String(i) });
  t.ok(histogram.samples().length <= 64 * 4);
});
