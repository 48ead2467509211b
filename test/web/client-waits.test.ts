import t from "tap";
import { quantileOf, waitsIn } from "../browser/client-waits.ts";
import { readExposition } from "../tuner/exposition.ts";

const LINES = ["# HELP tellyport_client_zap_seconds Words.", "# TYPE tellyport_client_zap_seconds histogram"];
for (const [multiplex, counts] of Object.entries({ received: [2, 4, 4], tuned: [0, 2, 4] })) {
  const labels = `multiplex="${multiplex}",place="home"`;
  ["0.5", "1", "+Inf"].forEach((le, at) =>
    LINES.push(`tellyport_client_zap_seconds_bucket{${labels},le="${le}"} ${counts[at]}`),
  );
  LINES.push(`tellyport_client_zap_seconds_sum{${labels}} 3`);
  LINES.push(`tellyport_client_zap_seconds_count{${labels}} 4`);
}

t.test("client waits: one histogram of all labels, and its quantiles", (t) => {
  const waits = waitsIn(readExposition(LINES.join("\n") + "\n"), "zap");
  t.same(waits, {
    count: 8,
    sum: 6,
    upTo: [
      [0.5, 2],
      [1, 6],
      [Infinity, 8],
    ],
  });
  t.equal(quantileOf(waits, 0.25), 0.5);
  t.equal(quantileOf(waits, 0.5), 0.75);
  t.equal(quantileOf(waits, 0.95), 1, "above the last bound nothing is known");
  t.ok(Number.isNaN(quantileOf(waitsIn(new Map(), "start"), 0.5)));
  t.end();
});
